"""What the callbacks of boosting libraries share: what is logged after a round, and how a model gets into a file."""

from __future__ import annotations

from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional, Tuple, Type, TypeVar, Union

from .._run import Run
from ._checkpoint_files import CheckpointFiles
from ._phases import by_phase
from ._steering import Steering, Tracked

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Boosting"]

Self = TypeVar("Self", bound="Boosting")

SAY_EVERY = 1.0  # seconds between two reports of progress
MAX_FEATURES = 1_000  # rows of the table of importances


class Boosting(Tracked):
    """Part of a callback. Checkpoints go to `checkpoint_dir`/RUN_ID, every `checkpoint_every` rounds and on request."""

    def __init__(
        self, run: Optional[Run], checkpoint_dir: "Union[str, PathLike[str]]", checkpoint_every: Optional[int]
    ) -> None:
        self.run = run
        self.checkpoint_dir = checkpoint_dir
        self.checkpoint_every = checkpoint_every
        self._steering: Optional[Steering] = None
        self._save: Callable[[str], Any] = _no_file
        self._step = 0
        self._said = 0.0

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close(error)

    def close(self, error: Optional[BaseException] = None) -> None:
        """The training is over: ends the run if it was started here."""
        self._close(error)

    def _begin(
        self,
        name: str,
        params: Mapping[str, Any],
        lr: Optional[Tuple[Callable[[], float], Callable[[float], Any]]],
        save: Callable[[str], Any],
    ) -> None:
        """A training begins; `save(path)` writes the model as it is then."""
        run = self._open(name)
        run.log_params(params)
        self._save, self._said = save, 0.0
        self._steering = Steering(run, lr=lr, checkpoint=self._checkpoint)

    def _round(self, step: int, metrics: Mapping[str, Any], done: int, total: Optional[int]) -> bool:
        """After a round: records, and does what the control plane asks for. False when the training is to stop."""
        run, steering = self.run, self._steering
        if run is None or steering is None:
            return True
        self._step = step
        for phase, found in by_phase(metrics).items():
            run.log_metrics(found, step=step, phase=phase)
        now = monotonic()
        if now - self._said >= SAY_EVERY:
            self._said = now
            run.set_status("training", None, done, total, "round")
        if self.checkpoint_every and done % self.checkpoint_every == 0:
            self._checkpoint()
        return steering.safe_point(step)

    def _checkpoint(self) -> None:
        run = self._open()
        files = CheckpointFiles(self.checkpoint_dir, run.run_id)
        path = files.write(f"round-{self._step:06d}{self._ending}", self._save)
        run.log_checkpoint(self._step, path)

    def _importances(self, found: Mapping[str, Mapping[str, float]], by: str) -> None:
        """`found` is feature -> {kind: importance}; the first 1,000 by one kind become a table."""
        run = self.run
        if run is not None and found:
            first = sorted(found.items(), key=lambda item: -item[1].get(by, 0.0))[:MAX_FEATURES]
            run.log_table("feature_importance", [{"feature": name, **kinds} for name, kinds in first], step=self._step)

    _ending = ".model"


def _no_file(path: str) -> None:
    raise RuntimeError("there is no model to save now")
