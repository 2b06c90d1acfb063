"""The reading side of the spool: where the sender looks for frames, without ever taking the writers' lock."""

from __future__ import annotations

from typing import Generic, List, Tuple, TypeVar

from .._stretch import HEADER_BYTES, Stretch

__all__ = ["MAX_FRAME", "Drain"]

MAX_FRAME = 1024 * 1024  # bytes

Piece = TypeVar("Piece", bound=Stretch)


class Drain(Generic[Piece]):
    """Segments in order, the oldest first; positions count the bytes of all frames since the beginning."""

    def __init__(self, empty: Piece) -> None:
        """`empty` stands for the active segment until there is one."""
        self.max_frame = MAX_FRAME
        self._segments: List[Piece] = []
        # (offset, seq) behind the last committed record, and the segment it is in. One name, so that an exception
        # raised by a signal handler in the middle of an append leaves all or none, and the sender needs no lock to
        # read it: a thread that is put to sleep while it holds the lock would make a log call wait.
        self._cursor: Tuple[int, int, Piece] = (HEADER_BYTES, 0, empty)

    def tip(self) -> Tuple[int, int]:
        """(absolute position, seq) behind the newest record."""
        at, seq, active = self._cursor
        return active.base + at - HEADER_BYTES, seq

    def stretches(self) -> List[Tuple[Piece, int, int]]:
        """(segment, offset of its end, its last seq), oldest first."""
        at, seq, active = self._cursor
        found: List[Tuple[Piece, int, int]] = []
        for segment in list(self._segments):
            if segment is active:
                found.append((segment, at, seq))
                break  # one behind it is being begun
            found.append((segment, segment.end, segment.last_seq))
        return found

    def oldest(self) -> int:
        """The first seq that is still kept."""
        kept = self.stretches()
        return kept[0][0].first_seq if kept else 1

    def position_of(self, seq: int) -> int:
        """Absolute position of record `seq`, or of the first one kept after it."""
        kept = self.stretches()
        for segment, end, last in reversed(kept):
            if seq > last:
                return segment.base + end - HEADER_BYTES
            if seq >= segment.first_seq:
                return segment.position_of(seq)
        return kept[0][0].base if kept else 0

    def cut(self, position: int, seq: int) -> Tuple[int, int]:
        """The furthest (position, seq) between two frames that is behind neither limit."""
        for segment, end, last in reversed(self.stretches()):
            if segment.base + end - HEADER_BYTES <= position and last <= seq:
                return segment.base + end - HEADER_BYTES, last
            if segment.base <= position and segment.first_seq - 1 <= seq:
                return segment.cut(position, seq)
        return 0, 0

    def view(self, start: int, stop: int) -> memoryview:
        """The frames' own bytes from absolute position `start`, at most to `stop` or the segment's end."""
        for segment, end, _ in self.stretches():
            first = start - segment.base + HEADER_BYTES
            if first < end:
                return segment.view[first : min(end, stop - segment.base + HEADER_BYTES)]
        return memoryview(b"")

    def free(self, acked: int) -> None:
        """Every record up to `acked` is durable elsewhere: what holds nothing else can go."""
        raise NotImplementedError
