"""Whole frames back to back in one piece of memory, found by position or by seq without an index of every one."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, List, Tuple

__all__ = ["HEADER_BYTES", "Stretch"]

HEADER_BYTES = 4096  # what stands before the first frame


class Stretch:
    """Frames from offset 4,096 of `memory` on; `base` is the position of the first in the stream of all of them."""

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
