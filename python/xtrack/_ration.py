"""What a spool still takes as it fills up: the debug log goes first, the life of the run last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Optional

if TYPE_CHECKING:
    from ._delivery.segment import Segment

__all__ = ["DEBUG_SHARE", "FULL", "Ration"]

FULL = "spool_full"

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
        self.reason = ""
        self._entries = 0  # notes written
        self._noted: Optional[Segment] = None  # beside which one the pending counts are
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

    def refuse(self, kind: str, reason: str, count: int = 1) -> None:
        """More events are dropped. Of several reasons the common one is told: there is one for all that is pending."""
        self.pending[kind] = self.pending.get(kind, 0) + count
        self.total += count
        self.reason = reason if self.reason in ("", reason) else FULL

    def note(self, active: Segment, declared_by: int = 0) -> None:
        """Beside the active segment, so that a kill does not make it silent; void once record `declared_by` is there.

        A segment that is begun while counts are pending begins with their declaration: the note stays where it was.
        """
        if self._noted is None or (self._noted is not active and not declared_by):
            self._clear()
            self._noted = active
        self._entries += 1
        if self._noted is active:
            active.note_dropped(self._entries, self.pending, declared_by)

    def _clear(self) -> None:
        if self._noted is not None:
            self._entries += 1
            self._noted.note_dropped(self._entries, {})
            self._noted = None

    @property
    def due(self) -> bool:
        """True when the drops so far should be declared: ever more of them at a time, so that the notices stay few."""
        waiting = self.total - self._declared
        return waiting >= FIRST_NOTICE and waiting * 8 >= self._declared

    def declared(self) -> None:
        """What was pending is written down."""
        self.pending, self.reason = {}, ""
        self._declared = self.total
        self._clear()
