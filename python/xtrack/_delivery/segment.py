"""One spool file: a pre-allocated, memory-mapped stretch of exact wire frames, and the checksums beside it.

The layout (docs/format/spool.md): the first 4,096 bytes are a `hello` frame padded to that size, then frames
back to back, then zeros. A frame's length is written after its body and checksum: a zero length is the end, so
that a process killed at any instruction leaves only whole frames behind.
"""

from __future__ import annotations

import mmap
import os
from time import time_ns
from typing import Any, Dict, Optional, Tuple

from .._values.values import dumps
from .checksums import CELL_SHIFT, EMPTY, MAGIC, sidecar_of, table_bytes
from .drain import HEADER_BYTES, Stretch
from .tally import write_tally

__all__ = ["HEADER_BYTES", "SEGMENT_BYTES", "Segment", "is_gone", "writer"]

SEGMENT_BYTES = 16 * 1024 * 1024

# The fields of the first page that change: of fixed width, so that each is one copy of a few bytes.
_MADE = b'"first_seq":0,"spool":{"closed":false,"acked":0,'
_FIXED = b'"first_seq":0               ,"spool":{"closed":false,"acked":0               ,'
_FIRST_SEQ_AT = 12  # offsets of the values within the text above
_CLOSED_AT = 47
_ACKED_AT = 61


class Segment(Stretch):
    """A mapped file (or, where no file can be made, anonymous memory) of `size` bytes."""

    __slots__ = ("file", "path", "sums", "_kept_at", "_sums_file", "_table")

    def __init__(self, path: Optional[str], size: int, head: Optional[Dict[str, Any]] = None) -> None:
        """Makes and allocates the file with `head` as its first page, readable by its owner alone, and its sidecar.

        OSError when it cannot. No path: memory, and no head.
        """
        self.path = path
        self.file = self._sums_file = -1
        self._kept_at = 0
        if path is None or head is None:
            super().__init__(mmap.mmap(-1, size), size)
            self._table: Any = bytearray(table_bytes(size))
        else:
            page = _page(head)
            self._kept_at = page.index(_FIXED)
            try:
                self.file = _make(path, page, size)
                _hold(self.file)
                super().__init__(mmap.mmap(self.file, size), size)
                self._sums_file = _make(sidecar_of(path), page, HEADER_BYTES + table_bytes(size))
                self._table = mmap.mmap(self._sums_file, HEADER_BYTES + table_bytes(size))
            except BaseException:
                if self.file >= 0:  # else it is not ours
                    self.discard()
                raise
        # One CRC-32 for every 64 bytes: of the record that begins there.
        self.sums = memoryview(self._table)[len(self._table) - table_bytes(size) :].cast("I")
        if path is not None:
            from binascii import crc32

            self.sums[0], self.sums[1] = MAGIC, crc32(self.view[:HEADER_BYTES]) or EMPTY

    def begin(self, base: int, first_seq: int) -> None:
        """From now on records are written here, the first of them `first_seq`."""
        self.base = base
        self.first_seq = first_seq
        self.last_seq = first_seq - 1
        if self.path is not None:
            self._set(_FIRST_SEQ_AT, first_seq)

    def note_acked(self, seq: int) -> None:
        """A hint for whoever imports the file: everything up to `seq` is known to be durable elsewhere."""
        if self.path is not None:
            self._set(_ACKED_AT, seq)

    def _set(self, field: int, value: int) -> None:
        at = self._kept_at + field
        self.memory[at : at + 16] = b"%-16d" % value

    def note_dropped(self, number: int, counts: Dict[str, int], declared_by: int = 0) -> None:
        """Entry `number` of what was dropped and is not declared yet; see `write_tally`."""
        write_tally(self._table, len(self._table) - table_bytes(self.size), number, counts, declared_by)

    def fill(self, frames: memoryview) -> None:
        """Writes whole frames into an empty segment."""
        at = HEADER_BYTES
        while at - HEADER_BYTES < len(frames):
            start = at - HEADER_BYTES
            length = 4 + int.from_bytes(frames[start : start + 4], "big")
            self.add(at, frames[start + 4 : start + length])
            at += length

    def add(self, at: int, body: "bytes | memoryview") -> int:
        """Writes one frame at `at`, as a log call does: its length last. The offset behind it."""
        from binascii import crc32

        end = at + 4 + len(body)
        self.memory[at + 4 : end] = body
        self.sums[at >> CELL_SHIFT] = crc32(body) or EMPTY
        self.memory[at : at + 4] = len(body).to_bytes(4, "big")
        return end

    def sync(self) -> None:
        """Forces the pages to disk. Through the descriptor, since msync would hold the interpreter's lock."""
        force = getattr(os, "fdatasync", os.fsync)
        for file in (self._sums_file, self.file):
            if file >= 0:
                force(file)

    def keep(self, end: int) -> None:
        """Cuts the zeros off behind offset `end` and marks the file as closed by its writer."""
        if self.file < 0:
            return
        os.ftruncate(self.file, end)
        os.ftruncate(self._sums_file, HEADER_BYTES + ((end - 1) >> CELL_SHIFT) * 4 + 4)
        at = self._kept_at + _CLOSED_AT
        self.memory[at : at + 5] = b"true "
        self.close()

    def discard(self) -> None:
        """Removes the file: everything in it is durable elsewhere."""
        if self.path is not None:
            # The sidecar first: a spool file without one can be read, one without the other is litter.
            for path in (sidecar_of(self.path), self.path):
                try:
                    os.unlink(path)
                except OSError:
                    pass
        self.close()

    def close(self) -> None:
        """Releases the descriptors. The mapping goes with the object: the sender may still look at it."""
        if self.file >= 0:
            _let_go(self.file)
        self.abandon()

    def abandon(self) -> None:
        """In a forked child: closes what it inherited, and leaves the claim on the file to the process that has it."""
        for file in (self.file, self._sums_file):
            if file >= 0:
                os.close(file)
        self.file = self._sums_file = -1

    def unmap(self) -> None:
        """In a forked child: the mapping holds the file, and so the parent's claim on it, open."""
        try:
            self.view.release()
            self.memory.close()
        except (BufferError, ValueError):  # the parent's sender was reading a piece of it
            pass


def _page(head: Dict[str, Any]) -> bytes:
    """`head` as a hello frame of exactly 4,096 bytes, the state fields of fixed width inside."""
    before, after = dumps(head).encode().split(_MADE)
    body = before + _FIXED + after
    padding = HEADER_BYTES - 4 - len(body) - len(b',"pad":""')
    if padding < 0:
        raise OSError("the spool header does not fit its page")
    # Inside the two closing braces of `p` and of the frame.
    body = body[:-2] + b',"pad":"' + b" " * padding + b'"' + body[-2:]
    return len(body).to_bytes(4, "big") + body


def _make(path: str, page: bytes, size: int) -> int:
    """A new file that begins with `page` and has `size` bytes of real disk under it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        # Before the rest, so that a kill leaves a file that says whose it is.
        if os.write(file, page) < len(page):
            raise OSError("the disk is full")
        _allocate(file, size)
    except BaseException:
        os.close(file)
        os.unlink(path)
        raise
    return file


def _allocate(file: int, size: int) -> None:
    """Reserves real disk blocks, since writing to a mapped hole on a full disk is a fatal SIGBUS."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
        return
    block = bytes(64 * 1024)
    at = HEADER_BYTES
    while at < size:
        at += os.write(file, block[: size - at])


def _hold(file: int) -> None:
    """Marks the file as its writer's: in another container the process itself cannot be seen."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        pass


def _let_go(file: int) -> None:
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)
    except (ImportError, OSError):
        pass


def writer() -> Dict[str, Any]:
    """Which process writes a spool file, as its first page says it: a pid alone is used again by another one."""
    pid = os.getpid()
    return {
        "pid": pid,
        "pid_start": _started(pid)[0],
        "boot_id": _boot_id(),
        "pid_ns": _namespace(),
        "started": time_ns() // 1000,
    }


def is_gone(found: Dict[str, Any]) -> bool:
    """True when the process that `found` names is dead; of one in another container only its lock on the file tells."""
    pid, boot = found.get("pid"), found.get("boot_id")
    if not isinstance(pid, int) or not isinstance(boot, str) or pid <= 0:
        return False
    if boot != _boot_id():
        return True
    if found.get("pid_ns") != _namespace():
        return True
    start, state = _started(pid)
    if start:
        return start != found.get("pid_start") or state in "ZX"
    if boot:
        return True  # Linux, and there is no such process
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False


def _started(pid: int) -> Tuple[int, str]:
    """Clock ticks between boot and the start of a process (0 where unknown), and its state (Linux)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
            return int(fields[19]), fields[0].decode()
    except (OSError, ValueError, IndexError):
        return 0, ""


def _boot_id() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _namespace() -> str:
    """Of the process ids: the same pid is another process in another container."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
