"""The emitter's durable queue: what `log_metric` writes into, and what the sender thread drains.

A log call copies one frame into a mapped file under one lock and returns; it never touches a socket, and
makes a file only where the sender thread did not prepare one in time.
"""

from __future__ import annotations

import threading
from time import time_ns
from typing import Any, Callable, Dict, List, Optional

from ._drain import Drain
from ._segment import HEADER_BYTES, SEGMENT_BYTES, Segment
from ._values import dumps

__all__ = ["CLOSED", "ORPHANED", "TOO_LARGE", "Spool"]

# What `append` answers instead of a seq.
CLOSED = 0
ORPHANED = -1  # this process is a fork of the one that owns the spool
TOO_LARGE = -2

SPOOL_CAP = 1024 * 1024 * 1024  # bytes of all segments of one emitter
MEMORY_CAP = 8 * 1024 * 1024  # where no file can be made
MEMORY_SEGMENT = 1024 * 1024 + 64 * 1024
MAX_FRAME = 1024 * 1024

# Dropped first when the spool is full; everything else may use the last tenth of the cap.
_EXPENDABLE = ("metric", "metric_batch", "log", "status")
_PREFIX = [length.to_bytes(4, "big") for length in range(4096)]


class Spool(Drain):
    """Frames in order, from the oldest that is not yet acknowledged to the newest."""

    def __init__(
        self,
        identity: Dict[str, Any],
        gap_rest: Callable[[str], str],
        path_of: Optional[Callable[[int], str]],
        cap: int = SPOOL_CAP,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        """`identity` is the hello that heads each file; `path_of(n)` names the n-th, None keeps all in memory."""
        self.max_frame = MAX_FRAME
        self.dropped = 0
        self.waiting: Optional[Callable[[], None]] = None  # set by an idle sender: call it once on new data
        self._identity = identity
        self._gap_rest = gap_rest
        self._path_of = path_of
        self._cap = cap
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        self._spare: Optional[Segment] = None
        self._made = 0
        self._open = True
        self._orphaned = False
        self._reserved = False  # the active segment is for lifecycle events alone
        self._drops: Dict[str, int] = {}
        self._drop_from = 0
        self._limit = 0
        super().__init__(self._memory_segment())

    # -- writing ---------------------------------------------------------------------------------------

    def append(self, head: str, rest: str) -> int:
        """Commits the frame `head` + seq + `,"ts":` + now + `rest` and returns its seq (> 0)."""
        with self._lock:
            at, seq, active = self._cursor
            seq += 1
            body = f'{head}{seq},"ts":{time_ns() // 1000}{rest}'.encode()
            size = len(body)
            start = at + 4
            end = start + size
            if end > self._limit or size > self.max_frame:
                return self._append_slowly(head, rest, size)
            memory = active.memory
            memory[start:end] = body
            memory[at:start] = _PREFIX[size] if size < 4096 else size.to_bytes(4, "big")
            if not seq & 63:
                active.mark_seq.append(seq)
                active.mark_at.append(at)
            self._cursor = (end, seq, active)
            if self.waiting is None:
                return seq
            wake, self.waiting = self.waiting, None
        wake()
        return seq

    def _append_slowly(self, head: str, rest: str, size: int) -> int:
        """The segment is full, or something is the matter. Holds the lock."""
        if self._orphaned:
            return ORPHANED
        if not self._open:
            return CLOSED
        if size > self.max_frame:
            return TOO_LARGE
        kind = head.split('"', 6)[5]
        expendable = kind in _EXPENDABLE
        if not self._room(size, expendable):
            return self._drop(kind)
        if self._drops:
            self._declare_drops()
        return self._put(head, rest)

    def _put(self, head: str, rest: str) -> int:
        at, seq, active = self._cursor
        seq += 1
        body = f'{head}{seq},"ts":{time_ns() // 1000}{rest}'.encode()
        end = at + 4 + len(body)
        active.memory[at + 4 : end] = body
        active.memory[at : at + 4] = len(body).to_bytes(4, "big")
        # Marked always: the seqs before may have been dropped.
        active.mark_seq.append(seq)
        active.mark_at.append(at)
        self._cursor = (end, seq, active)
        wake, self.waiting = self.waiting, None
        if wake is not None:
            wake()
        return seq

    def _room(self, size: int, expendable: bool) -> bool:
        """True when the active segment takes `size` bytes and a gap frame more, if need be after a change."""
        at, _, active = self._cursor
        fits = at + 4 + size + 512 <= active.size and bool(self._segments)
        if fits and not (self._reserved and expendable):
            return True
        in_memory = self._path_of is None
        cap = MEMORY_CAP if in_memory else self._cap
        used = sum(segment.size for segment in self._segments if (segment.path is None) == in_memory)
        enough = used + self._next_size() <= (cap * 9 // 10 if expendable else cap)
        if fits:  # a reserved segment: it turns ordinary once the sender has freed others
            if enough:
                self._reserved = False
                self._limit = active.size - 512
            return enough
        if not enough and self._segments:
            return False
        self._change(reserved=used + self._next_size() > cap * 9 // 10)
        return True

    def _next_size(self) -> int:
        return self._segment_bytes if self._path_of is not None else MEMORY_SEGMENT

    def _change(self, reserved: bool) -> None:
        at, seq, full = self._cursor
        full.end, full.last_seq = at, seq
        base = full.base + at - HEADER_BYTES
        segment, self._spare = self._spare or self._new_segment(), None
        segment.begin(self._header(seq + 1), base, seq + 1)
        self._segments.append(segment)
        self._cursor = (HEADER_BYTES, seq, segment)
        self._reserved = reserved
        # Room for a gap frame stays free; a reserved segment takes every record through the slow path.
        self._limit = 0 if reserved else segment.size - 512

    def _header(self, first_seq: int) -> Dict[str, Any]:
        payload = dict(self._identity["p"], first_seq=first_seq)
        state = {"closed": False, "acked": 0}
        payload["spool"] = dict(state, **self._identity["spool"], segment=self._made)
        meta = {"seq": 0, "ts": time_ns() // 1000, **self._identity["m"]}
        return {"v": 1, "t": "hello", "m": meta, "p": payload}

    def _new_segment(self) -> Segment:
        self._made += 1
        if self._path_of is not None:
            try:
                return Segment(self._path_of(self._made), self._segment_bytes)
            except OSError:  # full, read-only, over a limit: memory is better than nothing
                self._path_of = None
        return self._memory_segment()

    def _memory_segment(self) -> Segment:
        return Segment(None, MEMORY_SEGMENT)

    def _drop(self, kind: str) -> int:
        """A dropped event uses up its seq and is declared: the loss is exact, never silent."""
        at, seq, active = self._cursor
        seq += 1
        if not self._drops:
            self._drop_from = seq
        self._drops[kind] = self._drops.get(kind, 0) + 1
        self.dropped += 1
        self._limit = 0
        self._cursor = (at, seq, active)
        return seq

    def _declare_drops(self) -> None:
        lost = {"from": self._drop_from, "to": self._cursor[1], "reason": "spool_full", "counts": self._drops}
        self._drops = {}
        self._put('{"v":1,"t":"gap","m":{"seq":', self._gap_rest(dumps(lost)[1:-1]))
        if not self._reserved:
            self._limit = self._cursor[2].size - 512

    # -- for the sender thread ---------------------------------------------------------------------------

    def wake_me(self, wake: Callable[[], None], position: int) -> bool:
        """Arranges one call of `wake` at the next append; False when there is data behind `position` already."""
        self.waiting = wake
        if self.tip()[0] <= position:
            return True
        self.waiting = None
        return False

    def prepare(self) -> None:
        """Makes the next segment ready while the active one still has room."""
        at, _, active = self._cursor
        if self._spare is not None or self._path_of is None or at < active.size // 8 or not self._open:
            return
        if sum(segment.size for segment in list(self._segments)) + self._segment_bytes > self._cap * 9 // 10:
            return
        with self._lock:
            self._made += 1
            path = self._path_of(self._made)
        try:
            spare = Segment(path, self._segment_bytes)
        except OSError:
            return  # the next change tries again and falls back to memory
        with self._lock:
            if self._open and self._spare is None:
                self._spare = spare
                return
        spare.discard()

    def sync(self) -> None:
        """Forces the newest records to disk: against power loss while the collector is away."""
        self._cursor[2].sync()

    # -- the end ---------------------------------------------------------------------------------------

    def seal(self) -> None:
        """No record is taken from now on."""
        with self._lock:
            self._open = False
            self._limit = 0

    def close(self, acked: int) -> List[str]:
        """Seals; removes the files when all of it is acknowledged, else keeps them and returns their paths."""
        self.seal()
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.discard()
        kept: List[str] = []
        for segment, end, last in self.stretches():
            if last <= acked:
                segment.discard()
                continue
            segment.note_acked(acked)
            segment.keep(end)
            if segment.path is not None:
                kept.append(segment.path)
        return kept

    def disown(self) -> None:
        """In a forked child: forget the parent's files, and say so to whoever appends."""
        self._lock = threading.Lock()
        self._orphaned = True
        self.waiting = None
        self._limit = 0
        for segment in self._segments:
            segment.close()
