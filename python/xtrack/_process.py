"""What the process does to its runs: fork, exit, uncaught exceptions, SIGTERM."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import Any, Dict, List, Optional, Protocol, Set, Type

from ._leaving import left_with, watch_exits

__all__ = ["ended_with", "enter", "forget", "is_terminated", "live", "supersede", "wait_for_death", "watch"]

LEAVING = 1.0  # seconds that a call of a daemon thread is held behind the end of all runs: exit handlers may wait for it
LAST_RESORT = 5.0  # seconds; the main thread may be deep in foreign code, where no handler runs


class Watched(Protocol):
    """What the process asks of a run."""

    def end(self, status: str = ..., error: Any = ...) -> None: ...

    def _close(self) -> None: ...

    def _disown(self) -> None: ...


_dying = threading.Event()
_terminating = threading.Event()
_forking = threading.local()
_held_until = 0.0  # monotonic time up to which calls of daemon threads do not return, once the interpreter exits
_live: List[Watched] = []  # oldest first: the last one is the active run
_scoped: Set[int] = set()  # ids of runs that a `with` block ends
_before: Dict[int, int] = {}  # id of a run -> id of the last error shown before it began
_hooked = False
_pid = 0
_uncaught: Optional[BaseException] = None


def watch(run: Watched) -> None:
    """Ends `run` with the process, whatever way that goes; makes it the active run."""
    global _hooked, _pid
    _live.append(run)
    _before[id(run)] = id(getattr(sys, "last_value", None))
    _pid = os.getpid()
    if not _hooked:
        _hooked = True
        atexit.register(_at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=_hold_signal, after_in_parent=_let_signal, after_in_child=_after_fork)
        _watch_exceptions()
        watch_exits()
    _watch_termination()


def forget(run: Watched) -> None:
    """The run has ended."""
    if run in _live:
        _live.remove(run)
    _scoped.discard(id(run))
    _before.pop(id(run), None)


def ended_with() -> Optional[BaseException]:
    """In an exit handler: what ended the script, where it was an exception or an exit code."""
    return _uncaught or left_with()


def enter(run: Watched) -> None:
    """The run is used as a context manager: its block ends it."""
    _scoped.add(id(run))


def supersede() -> None:
    """In a notebook, where a cell may be run again: ends the runs that an earlier cell left open.

    As what that cell came to: `killed` if it was interrupted, `failed` after another exception, else `completed`.
    """
    if not _in_notebook():
        return
    from ._ending import outcome

    for run in reversed(live()):
        if id(run) not in _scoped:
            error = getattr(sys, "last_value", None)
            status, shown = outcome(error if id(error) != _before.get(id(run)) else None)
            run.end(status, shown)


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    try:
        return shell is not None and shell.get_ipython() is not None
    except Exception:  # somebody else's module of that name
        return False


def live() -> List[Any]:
    """The open runs of this process, the active one last: each is a `Run`, which this module must not know."""
    return list(_live)


def _at_exit() -> None:
    """The threads that still run are daemons, and die behind this: their calls that return are recorded."""
    global _held_until
    from ._ending import outcome

    status, error = outcome(ended_with())
    _held_until = float("inf")
    try:
        for run in reversed(live()):
            run.end(status, error)
            # An interrupt may have cut a first `end` short.
            run._close()
    finally:
        _held_until = time.monotonic() + LEAVING


def _hold_signal() -> None:
    """Keeps SIGTERM back while forking: the interpreter forgets what arrives before the child has its hooks run."""
    _forking.mask = None
    if signal.getsignal(signal.SIGTERM) is _terminated:
        _forking.mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))


def _let_signal() -> None:
    if getattr(_forking, "mask", None) is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, _forking.mask)


def _after_fork() -> None:
    _terminating.clear()
    for run in live():
        try:
            run._disown()
        except Exception:  # nothing here may break a child
            pass
    try:
        if signal.getsignal(signal.SIGTERM) is _terminated:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
    except (OSError, ValueError):
        pass
    _let_signal()


def _watch_exceptions() -> None:
    before = sys.excepthook

    def hook(kind: Type[BaseException], error: BaseException, trace: Optional[TracebackType]) -> Any:
        global _uncaught
        _uncaught = error
        return before(kind, error, trace)

    sys.excepthook = hook


def _watch_termination() -> None:
    """Takes SIGTERM only where nobody else has, and only for as long as that stays so."""
    try:
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _terminated)
    except (OSError, ValueError):  # an embedded interpreter
        pass


def _terminated(number: int, frame: Optional[FrameType]) -> None:
    """Ends the runs as killed in a thread of its own, then dies of the signal after all.

    Not here: the interrupted code may hold the lock of the spool.
    """
    # A fork that is killed at once gets here before its hook has run.
    if _dying.is_set() or not live() or os.getpid() != _pid:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        return
    # First of all: a call of another thread must not return once the runs are ended.
    _terminating.set()
    try:
        threading.Thread(target=_die, args=(number,), name="xtrack-terminate", daemon=True).start()
    except RuntimeError:  # the interpreter is shutting down: its exit handlers have the word
        _terminating.clear()


def is_terminated() -> bool:
    """Whether SIGTERM is ending this process: seconds are left, for what is in hand already."""
    return _terminating.is_set()


def wait_for_death() -> None:
    """Where SIGTERM or the exit has ended the runs, a log call does not return any more: what returns is recorded.

    The process is about to die, and our own threads have to go on until then; so has the one that runs exit handlers.
    """
    here = threading.current_thread()
    if here.name.startswith("xtrack-"):
        return
    while _terminating.is_set() or (time.monotonic() < _held_until and here is not threading.main_thread()):
        time.sleep(0.05)


def _die(number: int) -> None:
    for run in reversed(live()):
        run.end("killed", f"the process received signal {number}")
    _dying.set()
    os.kill(os.getpid(), number)  # the handler again, in the main thread: only there can it be reset
    time.sleep(LAST_RESORT)
    os._exit(128 + number)
