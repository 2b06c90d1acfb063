"""What waits its turn: metric values for their device, signal handlers for the call that they interrupted."""

from __future__ import annotations

import threading
from collections import deque
from time import monotonic, sleep
from typing import Any, Callable, Deque, List, Tuple

from .._errors import warn_once
from .._values.device import Snapshot
from .._values.values import number

__all__ = ["Deferred", "Turns"]

MOST = 10_000  # values that wait; what comes on top of them is dropped, and declared
TURN = 1_000  # values read in one turn of the sender
LOOK = 0.002  # seconds between looks at the end of a run


class Deferred:
    """Metric values that wait for their device: queued by training, read by the sender thread, in order.

    Any thread puts, one thread reads. No lock: a signal handler may end the run in the middle of a `put`.
    """

    def __init__(self, write: Callable[[str, str, str], None]) -> None:
        """`write(key, value as JSON, what follows it)` appends a metric."""
        self.dropped = 0
        self._write = write
        self._waiting: Deque[Tuple[str, Snapshot, str]] = deque()
        self._closed = False

    def __bool__(self) -> bool:
        return bool(self._waiting) and not self._closed

    def put(self, key: str, value: Snapshot, tail: str) -> bool:
        """Queues a value. True when the queue was empty, so that the reading thread may be asleep."""
        if self._closed or len(self._waiting) >= MOST:
            self.dropped += 1
            warn_once("deferred", f"over {MOST} metric values wait for their device: newer ones are dropped")
            return False
        self._waiting.append((key, value, tail))
        return len(self._waiting) == 1

    def read(self) -> None:
        """In the reading thread: writes the values that are there by now, up to the first that is not."""
        for _ in range(TURN):
            if not self:
                return
            key, value, tail = self._waiting[0]
            try:
                if not value.ready():
                    return
                shown = number(value.read())
                self._write(key, f'"{shown}"' if isinstance(shown, str) else repr(shown), tail)
            except Exception as error:
                self.dropped += 1
                warn_once("device", f"a metric value could not be read from its device: {error} (said once)")
            # Only now: `settle` in another thread sees an empty queue when all is written.
            self._waiting.popleft()

    def settle(self, timeout: float, reads: bool) -> int:
        """Waits until all is written, for at most `timeout` seconds. How many values are lost then, in all.

        `reads`: the caller is the reading thread.
        """
        deadline = monotonic() + timeout
        while self and monotonic() < deadline:
            if reads:
                self.read()
            if self:
                sleep(LOOK)
        self._closed = True
        return self.dropped + len(self._waiting)


class Turns(List[threading.Thread]):
    """Work of signal handlers that came in the middle of a log call: one after the other, once that call is over.

    A thread each, since it must wait for what the handler interrupted, and the handler must not.
    """

    def take(self, work: Callable[[], Any]) -> None:
        before = self[-1] if self else None

        def late() -> None:
            if before is not None:
                before.join()
            work()

        thread = threading.Thread(target=late, name="xtrack-late")
        self.append(thread)
        thread.start()
