"""One spool file: a pre-allocated, memory-mapped stretch of exact wire frames.

The layout (docs/format/spool.md): the first 4,096 bytes are a `hello` frame padded to that size, then frames
back to back, then zeros. A frame's length is written after its body: a zero length is the end, so that a
process killed at any instruction leaves only whole frames behind.
"""

from __future__ import annotations

import mmap
import os
from bisect import bisect_right
from typing import Any, Dict, List, Optional, Tuple

from ._values import dumps

__all__ = ["HEADER_BYTES", "SEGMENT_BYTES", "Segment"]

HEADER_BYTES = 4096
SEGMENT_BYTES = 16 * 1024 * 1024

_CLOSED_OPEN = b'"closed":false,"acked":0               ,'
_CLOSED_AT = 9  # offset of the value within the text above
_ACKED_AT = 23


class Segment:
    """A mapped file (or, where no file can be made, anonymous memory) of `size` bytes."""

    __slots__ = (
        "base",
        "end",
        "file",
        "first_seq",
        "last_seq",
        "mark_at",
        "mark_seq",
        "memory",
        "path",
        "size",
        "view",
        "_state_at",
    )

    def __init__(self, path: Optional[str], size: int = SEGMENT_BYTES) -> None:
        """Creates and allocates the file, readable by its owner alone. OSError when it cannot."""
        self.path = path
        self.size = size
        self.file = -1
        if path is None:
            self.memory = mmap.mmap(-1, size)
        else:
            self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
            try:
                _allocate(self.file, size)
                self.memory = mmap.mmap(self.file, size)
            except BaseException:
                os.close(self.file)
                os.unlink(path)
                raise
        self.view = memoryview(self.memory)
        self.base = 0  # absolute position of the first frame in the spool's whole stream
        self.end = HEADER_BYTES  # offset behind the last frame, once the segment is full
        self.first_seq = 0
        self.last_seq = 0
        # (seq, offset) of every 64th record: seq counts up by one from each mark to the next.
        self.mark_seq: List[int] = []
        self.mark_at: List[int] = []
        self._state_at = 0

    def begin(self, head: Dict[str, Any], base: int, first_seq: int) -> None:
        """Writes the header page: a hello frame of exactly 4,096 bytes, state fields of fixed width inside."""
        self.base = base
        self.first_seq = first_seq
        self.last_seq = first_seq - 1
        before, after = dumps(head).encode().split(b'"closed":false,"acked":0,')
        body = before + _CLOSED_OPEN + after
        padding = HEADER_BYTES - 4 - len(body) - len(b',"pad":""')
        if padding < 0:
            raise OSError("the spool header does not fit its page")
        # Inside the two closing braces of `p` and of the frame.
        body = body[:-2] + b',"pad":"' + b" " * padding + b'"' + body[-2:]
        self.memory[4:HEADER_BYTES] = body
        self.memory[0:4] = len(body).to_bytes(4, "big")
        self._state_at = 4 + len(before)

    def note_acked(self, seq: int) -> None:
        """A hint for whoever imports the file: everything up to `seq` is known to be durable elsewhere."""
        at = self._state_at + _ACKED_AT
        self.memory[at : at + 16] = b"%-16d" % seq

    def position_of(self, seq: int) -> int:
        """Absolute position where record `seq` begins, or where the one after it does if it was dropped."""
        return self._walk(self.size + self.base, seq - 1)[0]

    def cut(self, position: int, seq: int) -> Tuple[int, int]:
        """The furthest (absolute position, seq) between two frames that is behind neither limit."""
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

    def sync(self) -> None:
        """Forces the pages to disk. Through the descriptor, since msync would hold the interpreter's lock."""
        if self.file >= 0:
            getattr(os, "fdatasync", os.fsync)(self.file)

    def keep(self, end: int) -> None:
        """Cuts the zeros off behind offset `end` and marks the file as closed by its writer."""
        if self.file < 0:
            return
        at = self._state_at + _CLOSED_AT
        self.memory[at : at + 5] = b"true "
        os.ftruncate(self.file, end)
        self.close()

    def discard(self) -> None:
        """Removes the file: everything in it is durable elsewhere."""
        if self.path is not None:
            try:
                os.unlink(self.path)
            except OSError:
                pass
        self.close()

    def close(self) -> None:
        """Releases the descriptor. The mapping goes with the object: the sender may still look at it."""
        if self.file >= 0:
            os.close(self.file)
            self.file = -1


def _allocate(file: int, size: int) -> None:
    """Reserves real disk blocks, since writing to a mapped hole on a full disk is a fatal SIGBUS."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
        return
    block = bytes(1024 * 1024)
    for _ in range(size // len(block)):
        os.write(file, block)
