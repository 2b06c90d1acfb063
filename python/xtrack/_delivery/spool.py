"""The emitter's durable queue: what `log_metric` writes into, and what the sender thread drains.

A log call copies one frame into a mapped file under one lock and returns; it never touches a socket, and
makes a file only where the sender thread did not prepare one in time.
"""

from __future__ import annotations

import sys
import threading
from binascii import crc32
from time import time_ns
from typing import Any, Callable, Dict, List, Optional

from .._values.values import dumps
from .checksums import CELL_SHIFT, EMPTY
from .deferred import Turns
from .drain import MAX_FRAME, Drain
from .rescue import GAP, Rescue
from .segment import HEADER_BYTES, SEGMENT_BYTES, Segment
from .supply import DEBUG_SHARE, FULL, MEMORY_SEGMENT, Ration, Supply

__all__ = ["CLOSED", "ORPHANED", "SPOOL_CAP", "TOO_LARGE", "Spool"]

# What `append` answers instead of a seq.
CLOSED = 0
ORPHANED = -1  # this process is a fork of the one that owns the spool
TOO_LARGE = -2

SPOOL_CAP = 1024 * 1024 * 1024  # bytes of all segments of one emitter

_PREFIX = [length.to_bytes(4, "big") for length in range(4096)]


class Spool(Drain[Segment]):
    """Frames in order, from the oldest that is not yet acknowledged to the newest."""

    def __init__(
        self,
        identity: Dict[str, Any],
        gap_rest: Callable[[str], str],
        path_of: Optional[Callable[[int], str]],
        cap: int = SPOOL_CAP,
        segment_bytes: int = SEGMENT_BYTES,
        elsewhere: Callable[[int], List[str]] = lambda number: [],
    ) -> None:
        """`identity` is the hello that heads each file; `path_of(n)` names the n-th, None keeps all in memory.

        `elsewhere(n)`: other places for it, for what is still in memory at the end.
        """
        super().__init__(Segment(None, MEMORY_SEGMENT))
        self.waiting: Optional[Callable[[], None]] = None  # set by an idle sender: call it once on new data
        self.late = Turns()  # records of signal handlers that interrupted `append`
        self.lost: Dict[str, int] = {}  # at the end, by type: what could be neither delivered nor kept
        self._supply = Supply(self._segments, identity, path_of, cap, segment_bytes, elsewhere)
        self._gap_rest = gap_rest
        # A gap frame must still fit behind the last record of a segment.
        self._reserve = 700 + len(gap_rest("").encode())
        self.max_frame = min(MAX_FRAME, self._supply.segment_bytes - HEADER_BYTES - 4 - self._reserve)
        self._lock: Any = threading.RLock()
        self._open = True
        self._orphaned = False
        self._ration = Ration()
        self._limit = 0  # offset up to which the active segment takes records without a thought

    @property
    def dropped(self) -> int:
        """Events that were not taken, declared or not."""
        return self._ration.total

    @property
    def undeclared(self) -> Dict[str, int]:
        """Of them, by type, those that no gap event names."""
        return self._ration.pending

    # -- writing ---------------------------------------------------------------------------------------

    def append(self, head: str, rest: str) -> int:
        """Commits the frame `head` + seq + `,"ts":` + now + `rest` and returns its seq (> 0)."""
        lock = self._lock
        if lock._is_owned() and self.interrupted():
            return self._later(head, rest)
        with lock:
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
            active.sums[at >> CELL_SHIFT] = crc32(body) or EMPTY
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

    def append_last(self, head: str, rest: str) -> int:
        """`append`, and seals in the same breath: no other thread gets a record in behind the end of the run."""
        if self.interrupted():
            return self._later(head, rest)
        with self._lock:
            answer = self._append_slowly(head, rest, len(head) + len(rest.encode()) + 40)
            if answer != TOO_LARGE:  # a shorter one is to follow
                self.seal()
            return answer

    def refuse(self, kind: str, reason: str, count: int = 1) -> None:
        """Events that cannot be taken, for another reason than room: they are declared like those."""
        if self.interrupted():
            self.late.take(lambda: self.refuse(kind, reason, count))
            return
        with self._lock:
            if self._open and not self._orphaned:
                self._drop(kind, reason, count)

    def interrupted(self) -> bool:
        """True in a signal handler that runs in the middle of an `append` of the same thread."""
        lock, here = self._lock, globals()
        if not lock._is_owned():
            return False
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_globals is here:
            frame = frame.f_back
        while frame is not None:
            if frame.f_globals is here:
                return True
            frame = frame.f_back
        # Before Python 3.10 an exception out of a handler can leave a `with` block without its end.
        lock.release()
        return self.interrupted()

    def _later(self, head: str, rest: str) -> int:
        self.late.take(lambda: self.append(head, rest))
        return self._cursor[1] + 1

    def _append_slowly(self, head: str, rest: str, size: int) -> int:
        """The segment is full, or something is the matter. Holds the lock."""
        if self._orphaned:
            return ORPHANED
        if not self._open:
            return CLOSED
        if size > self.max_frame:
            return TOO_LARGE
        kind = head.split('"', 6)[5]
        ration = self._ration
        notice = bool(ration.pending) and (ration.due or kind == "run_end" or self._fill() < DEBUG_SHARE)
        notice = notice and self._room(size + self._reserve)
        if not ration.takes(kind, rest, self._fill()) or not self._room(size):
            self._drop(kind, FULL, 1)
            return self._cursor[1] + sum(ration.pending.values())
        if notice:
            self._declare_drops()
        return self._put(head, rest, 0)

    def _drop(self, kind: str, reason: str, count: int) -> None:
        self._limit = 0
        self._ration.refuse(kind, reason, count)
        self._ration.note(self._cursor[2])

    def _put(self, head: str, rest: str, dropped: int) -> int:
        """Writes a record that fits; the `dropped` seqs before it stand for events that were not kept."""
        at, seq, active = self._cursor
        seq += dropped + 1
        body = f'{head}{seq},"ts":{time_ns() // 1000}{rest}'.encode()
        end = active.add(at, body)
        # Marked always: the seqs before may have been dropped.
        active.mark_seq.append(seq)
        active.mark_at.append(at)
        self._cursor = (end, seq, active)
        calm = DEBUG_SHARE * self._supply.cap_of(active) - self._supply.beside(active)
        self._limit = 0 if self._ration.pending else min(active.size - self._reserve, int(calm))
        wake, self.waiting = self.waiting, None
        if wake is not None:
            wake()
        return seq

    def _declare_drops(self) -> None:
        """A dropped event uses up a seq, and a gap event says which and of what type: the loss is exact."""
        ration, (_, seq, active) = self._ration, self._cursor
        if ration.pending:
            dropped = sum(ration.pending.values())
            ration.note(active, seq + dropped + 1)
            lost = {"from": seq + 1, "to": seq + dropped, "reason": ration.reason, "counts": ration.pending}
            self._put(GAP, self._gap_rest(dumps(lost)[1:-1]), dropped)
            ration.declared()

    def _fill(self) -> float:
        """The share of the cap in use."""
        at, _, active = self._cursor
        return (self._supply.beside(active) + at) / self._supply.cap_of(active) if self._segments else 0.0

    def _room(self, size: int) -> bool:
        """True when the active segment takes `size` bytes and a gap frame more, if need be after a change."""
        while True:
            at, seq, full = self._cursor
            if self._segments and at + 4 + size + self._reserve <= full.size:
                return True
            segment = self._supply.take()
            if segment is None:  # the cap is reached
                return False
            full.end, full.last_seq = at, seq
            segment.begin(full.base + at - HEADER_BYTES, seq + 1)
            self._segments.append(segment)
            self._cursor = (HEADER_BYTES, seq, segment)
            # What is undeclared is noted beside the segment that is left: a later one begins with the declaration.
            self._declare_drops()

    # -- for the sender thread ---------------------------------------------------------------------------

    def wake_me(self, wake: Callable[[], None], position: int) -> bool:
        """Arranges one call of `wake` at the next append; False when there is data behind `position` already."""
        self.waiting = wake
        if self.tip()[0] <= position:
            return True
        self.waiting = None
        return False

    def prepare(self) -> None:
        """Makes the next segment ready while the active one still has room, and says so when that is in memory."""
        self._supply.complain()
        at, _, active = self._cursor
        if not self._open or not self._supply.wants_spare(at >= active.size // 8):
            return
        with self._lock:
            number = self._supply.next_number()
        spare = self._supply.spare_file(number)
        with self._lock:
            if self._open and self._supply.spare is None:
                self._supply.spare, spare = spare, None
        if spare is not None:
            spare.discard()

    def free(self, acked: int) -> None:
        """Removes segments of which all is acknowledged, and notes `acked` in the oldest one left."""
        kept = self.stretches()
        while len(kept) > 1 and kept[0][2] <= acked:
            del self._segments[0]
            kept.pop(0)[0].discard()
        if kept:
            kept[0][0].note_acked(acked)

    def sync(self) -> None:
        """Forces the newest records to disk: against power loss while the collector is away."""
        self._cursor[2].sync()

    # -- the end ---------------------------------------------------------------------------------------

    def seal(self) -> None:
        """No record is taken from now on."""
        with self._lock:
            at, _, active = self._cursor
            if self._open and self._ration.pending and not self._orphaned and at + self._reserve <= active.size:
                self._declare_drops()
            self._open = False
            self._limit = 0

    def close(self, acked: int) -> List[str]:
        """Seals; removes the files when all of it is acknowledged, else keeps them and returns their paths."""
        self.seal()
        self._supply.complain()
        with self._lock:
            spare, self._supply.spare = self._supply.spare, None
        if spare is not None:
            spare.discard()
        rescue = Rescue(self._supply, self._gap_rest, self._cursor[1])
        kept: List[str] = []
        for segment, end, last in self.stretches():
            if last <= acked:
                segment.discard()
            elif segment.path is None:
                after = max(acked, segment.first_seq - 1)
                start = segment.position_of(after + 1) - segment.base + HEADER_BYTES
                kept += rescue.save(segment.view[start:end], after + 1, last)
            else:
                segment.note_acked(acked)
                segment.keep(end)
                kept.append(segment.path)
        self.lost = rescue.lost
        return kept

    def disown(self) -> None:
        """In a forked child: forget the parent's files, and say so to whoever appends."""
        self._lock = threading.RLock()
        self._orphaned = True
        self.waiting = None
        self._limit = 0
        for segment in filter(None, (*self._segments, self._supply.spare)):
            segment.abandon()
            segment.unmap()
