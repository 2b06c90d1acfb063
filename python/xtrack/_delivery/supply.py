"""Where the spool's segments come from: files while there is room under the cap, else a little memory."""

from __future__ import annotations

from time import monotonic, time_ns
from typing import Any, Callable, Dict, List, Optional

from .._errors import warn_once
from .segment import HEADER_BYTES, Segment

__all__ = ["MEMORY_SEGMENT", "Supply"]

LEAST_SEGMENT = 64 * 1024
MEMORY_CAP = 8 * 1024 * 1024  # where no file can be made
MEMORY_SEGMENT = 1024 * 1024 + 64 * 1024
DISK_RETRY = 10.0  # seconds until the disk is tried again


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
