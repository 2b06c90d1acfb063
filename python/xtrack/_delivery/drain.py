"""The reading side of the spool: where the sender looks for frames, without ever taking the writers' lock."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, Generic, List, Tuple, TypeVar

__all__ = ["HEADER_BYTES", "MAX_FRAME", "Drain", "Stretch"]

HEADER_BYTES = 4096  # what stands before the first frame
MAX_FRAME = 1024 * 1024  # bytes


class Stretch:
    """Whole frames back to back, found by position or by seq without an index of every one.

    They begin at offset 4,096 of `memory`; `base` is the position of the first in the stream of all of them.
    """

    __slots__ = ("base", "end", "first_seq", "last_seq", "mark_at", "mark_seq", "memory", "size", "view")

    def __init__(self, memory: Any, size: int) -> None:
        """`memory` is a mapped file or a view of one."""
        self.memory = memory
        self.size = size
        self.view = memoryview(memory)
        self.base = 0
        self.end = HEADER_BYTES  # offset behind the last frame, once no more are written
        self.first_seq = 0
        self.last_seq = 0
        # (seq, offset) of every 64th record: seq counts up by one from each mark to the next.
        self.mark_seq: List[int] = []
        self.mark_at: List[int] = []

    def position_of(self, seq: int) -> int:
        """Position where record `seq` begins, or where the one after it does if it was dropped."""
        return self._walk(self.size + self.base, seq - 1)[0]

    def cut(self, position: int, seq: int) -> Tuple[int, int]:
        """The furthest (position, seq) between two frames that is behind neither limit."""
        return self._walk(position, seq)

    def _walk(self, position: int, seq: int) -> Tuple[int, int]:
        offset = position - self.base + HEADER_BYTES
        # A mark says where record `mark_seq` begins: it is of use when the one before may be included.
        mark = min(bisect_right(self.mark_seq, seq + 1), bisect_right(self.mark_at, offset)) - 1
        at, found = HEADER_BYTES, self.first_seq - 1
        if mark >= 0:
            at, found = self.mark_at[mark], self.mark_seq[mark] - 1
        memory = self.memory
        while found < seq:
            length = int.from_bytes(memory[at : at + 4], "big")
            if length == 0 or at + 4 + length > offset:
                break
            if mark + 1 < len(self.mark_at) and at >= self.mark_at[mark + 1]:
                break  # what lies between the two marks was dropped
            at += 4 + length
            found += 1
        return self.base + at - HEADER_BYTES, found


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
