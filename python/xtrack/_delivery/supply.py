"""Room for the spool: files while there are few enough, else a little memory; and what it still takes as they fill."""

from __future__ import annotations

from time import monotonic, time_ns
from typing import Any, Callable, Dict, List, Optional

from .._errors import warn_once
from .segment import HEADER_BYTES, Segment

__all__ = ["DEBUG_SHARE", "FULL", "MEMORY_SEGMENT", "Ration", "Supply"]

LEAST_SEGMENT = 64 * 1024
MEMORY_CAP = 8 * 1024 * 1024  # where no file can be made
MEMORY_SEGMENT = 1024 * 1024 + 64 * 1024
DISK_RETRY = 10.0  # seconds until the disk is tried again

FULL = "spool_full"

# Shares of the cap that may be full when an event of a kind is still taken.
DEBUG_SHARE = 0.70
LOG_SHARE = 0.80
METRIC_SHARE = 0.90  # the last tenth is for params, checkpoints, artifacts, answers and the end of the run
HALVING = 0.02  # past LOG_SHARE, each further fiftieth of the cap halves the metrics that are taken
_SPREAD = 0x9E3779B1  # 2^32 / golden ratio: picks one in k evenly, in step with no loop over metric names

FIRST_NOTICE = 1_000  # dropped events that are declared together, at first


class Supply:
    """Makes segments, and counts those that the spool has against the cap. The spool's lock is around all of it."""

    def __init__(
        self,
        held: List[Segment],
        identity: Dict[str, Any],
        path_of: Optional[Callable[[int], str]],
        cap: int,
        segment_bytes: int,
        elsewhere: Callable[[int], List[str]],
    ) -> None:
        """`held` is the spool's own list; `identity` heads each file; `path_of(n)` names the n-th.

        `elsewhere(n)`: where the n-th could be as well, should its place not take it at the end.
        """
        self.segment_bytes = max(LEAST_SEGMENT, min(segment_bytes, cap // 16)) & ~4095
        self.spare: Optional[Segment] = None  # made ahead by the sender thread
        self._held = held
        self._identity = identity
        self._path_of = path_of
        self._elsewhere: Callable[[int], List[str]] = elsewhere
        self._cap = cap
        self._made = 0
        self._on_disk = path_of is not None
        self._trouble = "" if path_of is not None else "no folder can be written"
        self._retry_at = 0.0

    def cap_of(self, segment: Segment) -> int:
        """Bytes of all segments of its kind: on disk, or in memory."""
        return MEMORY_CAP if segment.path is None else self._cap

    def beside(self, active: Segment) -> int:
        """Bytes of the other segments of its kind."""
        return self._bytes(active.path is not None) - active.size

    def _bytes(self, on_disk: bool) -> int:
        return sum(segment.size for segment in list(self._held) if (segment.path is not None) == on_disk)

    def take(self) -> Optional[Segment]:
        """The next segment; None when the cap is reached."""
        segment, self.spare = self.spare, None
        if segment is not None:
            return segment
        if self._on_disk:
            if self._bytes(True) + self.segment_bytes > self._cap:
                return None
            try:
                return self._file(self.next_number())
            except OSError as error:  # full, read-only, over a limit: memory is better than nothing
                self._fall_back(error)
        if self._bytes(False) + MEMORY_SEGMENT > MEMORY_CAP:
            return None
        try:
            return Segment(None, MEMORY_SEGMENT)
        except (OSError, MemoryError):  # a limit on memory, too: what does not fit is counted
            return None

    def wants_spare(self, soon: bool) -> bool:
        """True when a file should be made ahead: the active segment fills up, or memory could be left again."""
        if self.spare is not None or self._path_of is None or monotonic() < self._retry_at:
            return False
        return (soon or not self._on_disk) and self._bytes(True) + self.segment_bytes <= self._cap

    def next_number(self) -> int:
        """Of the next file."""
        self._made += 1
        return self._made

    def spare_file(self, number: int) -> Optional[Segment]:
        """A file made ahead, outside the lock; None when the disk does not take one."""
        try:
            made = self._file(number)
        except OSError as error:
            self._fall_back(error)
            return None
        self._on_disk = True
        return made

    def complain(self) -> None:
        """One line when events are kept in memory."""
        trouble, self._trouble = self._trouble, ""
        if trouble:
            warn_once("memory", f"no spool file can be made ({trouble}): up to 8 MiB of events wait in memory")

    def _fall_back(self, error: OSError) -> None:
        self._on_disk, self._trouble, self._retry_at = False, str(error), monotonic() + DISK_RETRY

    def rescue(self, frames: memoryview, first_seq: int) -> str:
        """At the end: a file of its own, no larger than need be, for frames that were in memory. OSError: nowhere."""
        error = OSError("there is no folder for spool files")
        number = self.next_number()
        for path in [*([self._path_of(number)] if self._path_of is not None else []), *self._elsewhere(number)]:
            try:
                made = self._file_at(path, number, HEADER_BYTES + len(frames))
            except OSError as refused:
                error = refused
                continue
            made.begin(0, first_seq)
            made.fill(frames)
            made.keep(HEADER_BYTES + len(frames))
            return path
        raise error

    def _file(self, number: int) -> Segment:
        if self._path_of is None:
            raise OSError("there is no folder for spool files")
        return self._file_at(self._path_of(number), number, self.segment_bytes)

    def _file_at(self, path: str, number: int, size: int) -> Segment:
        payload = dict(self._identity["p"], first_seq=0)
        payload["spool"] = {"closed": False, "acked": 0, **self._identity["spool"], "segment": number}
        meta = {"seq": 0, "ts": time_ns() // 1000, **self._identity["m"]}
        return Segment(path, size, {"v": 1, "t": "hello", "m": meta, "p": payload})


class Ration:
    """What a spool still takes as it fills up: the debug log goes first, the life of the run last.

    Decides, and counts what was refused until that is declared.
    """

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
