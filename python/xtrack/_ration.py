"""What a spool still takes as it fills up: the debug log goes first, the life of the run last."""

from __future__ import annotations

from typing import Dict

__all__ = ["DEBUG_SHARE", "Ration"]

# Shares of the cap that may be full when an event of a kind is still taken.
DEBUG_SHARE = 0.70
LOG_SHARE = 0.80
METRIC_SHARE = 0.90  # the last tenth is for params, checkpoints, artifacts, answers and the end of the run
HALVING = 0.02  # past LOG_SHARE, each further fiftieth of the cap halves the metrics that are taken
_SPREAD = 0x9E3779B1  # 2^32 / golden ratio: picks one in k evenly, in step with no loop over metric names

FIRST_NOTICE = 1_000  # dropped events that are declared together, at first


class Ration:
    """Decides, and counts what was refused until that is declared."""

    def __init__(self) -> None:
        self.total = 0  # dropped events, declared or not
        self.pending: Dict[str, int] = {}  # by type
        self._asked = 0
        self._declared = 0

    def takes(self, kind: str, rest: str, fill: float) -> bool:
        """`fill` is the share of the cap in use; `rest` is the frame's text behind its time."""
        if fill < DEBUG_SHARE or kind not in ("metric", "metric_batch", "log", "status"):
            return True
        if kind == "log" and '"level":"debug"' in rest:
            return False
        if fill < LOG_SHARE:
            return True
        if kind in ("log", "status") or fill >= METRIC_SHARE:
            return False
        self._asked += 1
        return (self._asked * _SPREAD & 0xFFFFFFFF) >> (31 - int((fill - LOG_SHARE) / HALVING)) == 0

    def refuse(self, kind: str) -> None:
        """One more event is dropped."""
        self.pending[kind] = self.pending.get(kind, 0) + 1
        self.total += 1

    @property
    def due(self) -> bool:
        """True when the drops so far should be declared: ever more of them at a time, so that the notices stay few."""
        waiting = self.total - self._declared
        return waiting >= FIRST_NOTICE and waiting * 8 >= self._declared

    def declared(self) -> None:
        """What was pending is written down."""
        self.pending = {}
        self._declared = self.total
