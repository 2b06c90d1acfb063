"""Steering of a torch training, also one of many processes: what rank 0 is told, all ranks do at the same step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Callable, Optional, Tuple

import torch
import torch.distributed as dist

from ..._run import Run
from .._rates import Rates
from .._steering import Steering

__all__ = ["TorchSteering", "is_main"]

GO, STOP, LR, CHECKPOINT = range(4)
# While rank 0 is paused the others wait for its word, as long as that takes.
PATIENCE = timedelta(days=365)


def is_main() -> bool:
    """True in rank 0 of a distributed training, and where there is only one process."""
    return not _distributed() or dist.get_rank() == 0


class TorchSteering:
    """Make it and call `safe_point` in every rank. The commands arrive in rank 0, which hands each to the others.

    The word is passed over the CPU (gloo), so that no step waits for a GPU.
    """

    def __init__(self, run: Optional[Run], rates: Rates, checkpoint: Optional[Callable[[], Any]] = None) -> None:
        """`run` is needed in rank 0. `checkpoint()` writes and logs one, in every rank, inside `safe_point`.

        Without it, `checkpoint_due` says after a `safe_point` that one is wanted; `log_checkpoint` answers it.
        """
        self.stopped = False
        self.checkpoint_due = False
        self._rates = rates
        self._checkpoint = checkpoint
        self._group: Any = dist.new_group(backend="gloo", timeout=PATIENCE) if _distributed() else None
        self._main: Optional[Steering] = None
        if run is not None and is_main():
            lr = (rates.read, self._apply)
            self._main = Steering(run, lr=lr, checkpoint=None if checkpoint is None else self._save)
            self._poll_checkpoint(run)

    def safe_point(self, step: Optional[int] = None) -> bool:
        """Once a step. Blocks while the run is paused; False, from then on, when the training is to stop."""
        if self._main is not None:
            self.stopped = not self._main.safe_point(step)
            self._poll_checkpoint(self._main.run)
            self._tell(STOP if self.stopped else GO, float(self.checkpoint_due))
        elif self._group is not None:
            self._follow()
        return not self.stopped

    def close(self) -> None:
        """The training is over. A group that is left to the end of the interpreter may abort the process there."""
        group, self._group = self._group, None
        if group is not None and dist.is_initialized():
            try:
                dist.destroy_process_group(group)
            except Exception:  # the script was faster, with all of its groups
                pass

    def agree(self, choice: Optional[str]) -> Optional[str]:
        """What rank 0 chose, in every rank."""
        chosen = [choice]
        if self._group is not None:
            dist.broadcast_object_list(chosen, 0, group=self._group)
        return chosen[0]

    def _poll_checkpoint(self, run: Run) -> None:
        if self._checkpoint is None:
            self.checkpoint_due = run.checkpoint_requested

    # -- rank 0 ----------------------------------------------------------------------------------------

    def _apply(self, new: float) -> None:
        self._rates.check(new)
        self._tell(LR, new)
        self._rates.apply(new)

    def _save(self) -> None:
        self._tell(CHECKPOINT)
        if self._checkpoint is not None:
            self._checkpoint()

    def _tell(self, order: int, value: float = 0.0) -> None:
        if self._group is not None:
            dist.broadcast(torch.tensor([order, value], dtype=torch.float64), 0, group=self._group)

    # -- the others ------------------------------------------------------------------------------------

    def _follow(self) -> None:
        order, value = self._hear()
        while order in (LR, CHECKPOINT):
            if order == LR:
                self._rates.apply(value)
            elif self._checkpoint is not None:
                self._checkpoint()
            order, value = self._hear()
        self.stopped = order == STOP
        self.checkpoint_due = bool(value)

    def _hear(self) -> Tuple[int, float]:
        word = torch.zeros(2, dtype=torch.float64)
        dist.broadcast(word, 0, group=self._group)
        return int(word[0]), float(word[1])


def _distributed() -> bool:
    return bool(dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1)
