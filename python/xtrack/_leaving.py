"""With which code the script leaves by `sys.exit`: no exit handler is told, and an exit that is caught is none."""

from __future__ import annotations

import builtins
import sys
import threading
from typing import Any, Optional, Tuple

__all__ = ["left_with", "watch_exits"]

_last: "Optional[_Ticket]" = None


class _Ticket:
    """The code of one call of `sys.exit`, for as long as it may be the one that ends the process."""

    def __init__(self, code: Any) -> None:
        self.code = code


class _Leaving(SystemExit):
    """What `sys.exit` raises in the main thread. When it goes while code still runs, somebody has caught it."""

    def __init__(self, code: Any, ticket: _Ticket) -> None:
        super().__init__(*(() if code is None else code if isinstance(code, tuple) else (code,)))
        self.code: Any = code
        self._ticket = ticket

    def __reduce__(self) -> "Tuple[Any, ...]":
        return SystemExit, self.args  # a worker of a pool hands it to its parent

    def __del__(self) -> None:
        global _last
        try:
            sys._getframe(1)
        except ValueError:  # nobody called us: the interpreter takes it, and leaves
            return
        except Exception:
            pass
        if _last is self._ticket:
            _last = None


_Leaving.__name__ = _Leaving.__qualname__ = "SystemExit"
_Leaving.__module__ = "builtins"


def watch_exits() -> None:
    """`sys.exit`, `exit` and `quit` are noted from now on. A bare `raise SystemExit` is not seen before Python has left."""
    plain = sys.exit

    def exit(status: Any = None) -> Any:
        """Exit the interpreter by raising SystemExit(status)."""
        if threading.current_thread() is not threading.main_thread():
            plain(status)  # ends the thread alone
        _leave(status)

    exit.__module__ = "sys"
    sys.exit = exit  # type: ignore[assignment]
    kind: Any = type(getattr(builtins, "exit", None))
    if kind.__name__ == "Quitter":
        call = kind.__call__

        def quitting(self: Any, code: Any = None) -> Any:
            try:
                call(self, code)
            except SystemExit:
                exit(code)

        kind.__call__ = quitting


def _leave(code: Any) -> None:
    global _last
    _last = ticket = _Ticket(code)
    raise _Leaving(code, ticket)


def left_with() -> Optional[SystemExit]:
    """In an exit handler: the SystemExit that ended the script, where it was one of these."""
    return None if _last is None else SystemExit(_last.code)
