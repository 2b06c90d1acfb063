"""Work of signal handlers that came in the middle of a log call: one after the other, once that call is over."""

from __future__ import annotations

import threading
from typing import Any, Callable, List

__all__ = ["Turns"]


class Turns(List[threading.Thread]):
    """A thread each, since it must wait for what the handler interrupted, and the handler must not."""

    def take(self, work: Callable[[], Any]) -> None:
        before = self[-1] if self else None

        def late() -> None:
            if before is not None:
                before.join()
            work()

        thread = threading.Thread(target=late, name="xtrack-late")
        self.append(thread)
        thread.start()
