"""What every callback needs: the run it logs to, and the commands that reach the training through it."""

from __future__ import annotations

from typing import Any, Callable, List, Optional, Tuple

from .._active import active_run, start_run
from .._ending import outcome
from .._errors import warn_once
from .._run import Run

__all__ = ["Steering", "Tracked", "run_of"]


_left: List[Run] = []  # runs of trainings that are over, open for what may follow; at most one


def run_of(run: Optional[Run] = None, name: Optional[str] = None, **start: Any) -> Tuple[Run, bool]:
    """The given run, else the active one, else a new one (`start`: of start_run); True when it was started here.

    Who starts a run ends it: a callback ends that one, and no other.
    """
    if run is None:
        _end_left()
    found = run if run is not None else active_run()
    if found is not None:
        return found, False
    return start_run(name, **start), True


class Steering:
    """Remote control of one training: learning rate, checkpoint, pause and stop, all at its safe points."""

    def __init__(
        self,
        run: Run,
        *,
        lr: Optional[Tuple[Callable[[], float], Callable[[float], Any]]] = None,
        checkpoint: Optional[Callable[[], Any]] = None,
    ) -> None:
        """`lr` is (read, apply) of the present learning rate: `adjust_lr` calls `apply(new)`.

        `checkpoint()` writes a checkpoint and logs it with `run.log_checkpoint`: `checkpoint_now` calls it. Both are
        called by the training's own thread, inside `safe_point`; what they raise is the answer to the command.
        """
        self.run = run
        self.stopped = False
        run._commands.poll("pause", "resume", "stop")  # from now on, not only from the first safe point
        if lr is not None:
            read, apply = lr
            run.knob("lr", float(read()), min=0.0, scale="log", apply=apply, read=lambda: float(read()))
        if checkpoint is not None:
            save = checkpoint
            run.on_command("checkpoint_now", lambda payload: _nothing(save()), at="safe_point")

    def safe_point(self, step: Optional[int] = None) -> bool:
        """Once a step. Blocks while the run is paused; False, from then on, when the training is to stop."""
        if not self.run.safe_point(step):
            self.stopped = True
        return not self.stopped


class Tracked:
    """Part of a callback: `run`, opened on use, and faults of tracking that never fail a training.

    Decorate hooks with `guarded`: it calls `_fault`, which warns once, or raises where the run is `strict`.
    """

    run: Optional[Run] = None
    _started_here = False

    def _open(self, name: Optional[str] = None, **start: Any) -> Run:
        """The run to log to: `self.run`, else the active one, else a new one that `_close` ends."""
        if self.run is None:
            self.run, self._started_here = run_of(None, name, **start)
        return self.run

    def _close(self, error: Optional[BaseException] = None) -> None:
        """The training is over, by `error` where given: ends a run that `_open` started."""
        run = self.run
        if run is not None and self._started_here:
            self.run, self._started_here = None, False
            run.end(*outcome(error))

    def _leave(self) -> None:
        """The training is over; a test or an evaluation may follow, and belongs to its run.

        One that `_open` started stays open until another training begins, or the process ends.
        """
        if self.run is not None and self._started_here and self.run not in _left:
            _end_left()
            _left.append(self.run)

    def _fault(self, call: str, error: Exception) -> None:
        where = f"{type(self).__module__.rpartition('.')[2]} {call}"
        if self.run is not None:
            self.run._fault(where, error)
        else:
            warn_once(f"{where} {type(error).__name__}", f"{where} failed and was ignored: {error} (said once)")


def _end_left() -> None:
    while _left:
        _left.pop().end()


def _nothing(result: Any) -> None:
    """The answer to `checkpoint_now` is the checkpoint that was logged, whatever its handler returns."""
