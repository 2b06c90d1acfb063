"""The learning rates of torch optimizers, changed so that a schedule goes on from the change and does not undo it."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Sequence

from .._steering.commands import Refused

__all__ = ["Rates"]

# What the schedulers of torch compute their next rate from, beside the present one. `min_lrs` of ReduceLROnPlateau
# is left alone: it is a floor that the user chose, not a part of a curve.
SCHEDULED = ("base_lrs", "max_lrs", "eta_min", "_last_lr")
# OneCycleLR keeps its curve in the groups; `initial_lr` is where a scheduler made later starts.
GROUPED = ("initial_lr", "max_lr", "min_lr")


class Rates:
    """All learning rates of a training, set together: `apply(new)` scales each by new / present main rate.

    So layers that learn at a tenth of the rate still do. With a scheduler the rest of its curve is scaled by the same
    ratio, whichever way it computes it: from its base (LambdaLR, OneCycleLR), from the present rate (StepLR,
    ReduceLROnPlateau) or from both (CosineAnnealingLR).
    """

    def __init__(self, optimizers: Sequence[Any], schedulers: Sequence[Any] = ()) -> None:
        self._optimizers = list(optimizers)
        self._schedulers = list(schedulers)

    def read(self) -> float:
        """The main rate: of the first group that learns at all."""
        rates = [float(group["lr"]) for group in self._groups()]
        return next((rate for rate in rates if rate), 0.0)

    def check(self, new: float) -> None:
        """Refuses what a schedule could not go on from."""
        if not any(self._groups()):
            raise Refused("lr: this training has no optimizer")
        if self._schedulers and not self.read():
            raise Refused("lr: the schedule is at 0 now, so there is nothing to scale; ask again when it has moved")
        if self._schedulers and not new:
            raise Refused("lr: a schedule that is scaled to 0 could never be scaled back")

    def apply(self, new: float) -> None:
        """Sets the main rate to `new`, and the others in proportion; see `check`."""
        self.check(new)
        present = self.read()
        ratio = new / present if present else 1.0
        for group in self._groups():
            rate = float(group["lr"])
            _set(group, "lr", new if rate == present else rate * ratio)
        if self._schedulers:
            for scheduler in self._every(self._schedulers):
                _scale(vars(scheduler), SCHEDULED, ratio)
            for group in self._groups():
                _scale(group, GROUPED, ratio)

    def named(self) -> Dict[str, Any]:
        """Each present rate by the key that it is logged under: `lr`, or `lr/<name or number>` of several groups."""
        groups = list(self._groups())
        if len(groups) == 1:
            return {"lr": groups[0]["lr"]}
        return {f"lr/{group.get('name', number)}": group["lr"] for number, group in enumerate(groups)}

    def _groups(self) -> Iterator[Dict[str, Any]]:
        for optimizer in self._optimizers:
            yield from optimizer.param_groups

    def _every(self, schedulers: Sequence[Any]) -> Iterator[Any]:
        """Schedulers and those inside them (SequentialLR, ChainedScheduler, a wrapper's own), each once."""
        for scheduler in schedulers:
            yield scheduler
            yield from self._every(getattr(scheduler, "_schedulers", ()))
            inner = getattr(scheduler, "scheduler", None)
            if inner is not None:
                yield from self._every([inner])


def _scale(holder: Dict[str, Any], names: Sequence[str], ratio: float) -> None:
    for name in names:
        value = holder.get(name)
        if isinstance(value, list):
            holder[name] = [each * ratio for each in value]
        elif value is not None:
            _set(holder, name, value * ratio)


def _set(holder: Dict[str, Any], name: str, value: Any) -> None:
    """A rate kept in a tensor (a compiled or capturable optimizer reads it there) changes in place."""
    if hasattr(holder[name], "fill_"):
        holder[name].fill_(value)
    else:
        holder[name] = value
