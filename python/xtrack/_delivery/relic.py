"""What a dead emitter left in a spool file: the records that match their checksums, readable as a spool of its own."""

from __future__ import annotations

import json
import re
from time import sleep
from typing import TYPE_CHECKING

from .._values.values import dumps
from .checksums import CELL_SHIFT, EMPTY, Checksums
from .drain import HEADER_BYTES, Drain, Stretch

if TYPE_CHECKING:
    from mmap import mmap

__all__ = ["Relic"]

PAUSE_EVERY = 256  # records checked, then a pause: training in this process goes first
PAUSE = 0.002  # seconds

_ANCHOR = b'{"v":'
_SEQ = re.compile(rb'\{"v":1,"t":"[a-z_]{1,64}","m":\{"seq":([0-9]{1,16})[,}]')


class Relic(Drain[Stretch]):
    """The whole records of one file, to be sent as the sender sends the spool's."""

    def __init__(self, memory: mmap, sums: Checksums) -> None:
        super().__init__(Stretch(b"", 0))
        self.damaged = 0  # places where a record does not match its checksum
        self._whole = memoryview(memory)
        self._sums = sums
        self._checked = 0
        self._work = 8 * len(self._whole) + self.max_frame  # bytes that may be checked: a crafted file gets no more
        self._origin = 0
        self._read()
        self._declare()
        if self._segments:
            last = self._segments[-1]
            self._cursor = (last.end, last.last_seq, last)

    def free(self, acked: int) -> None:
        """The file goes as a whole, once all of it is acknowledged."""

    @property
    def first(self) -> int:
        """The first seq in it; 0 when there is none."""
        return self._segments[0].first_seq if self._segments else 0

    def _read(self) -> None:
        at, size = HEADER_BYTES, len(self._whole)
        while at + 4 <= size:
            seq = self._seq_at(at)
            if seq > 0:
                self._add(at, seq)
                at += 4 + int.from_bytes(self._whole[at : at + 4], "big")
                continue
            found = self._next(at)
            if found < 0:
                # A body and its checksum without a length: the call was killed before it returned.
                self.damaged += any(self._whole[at : at + 4])
                return
            self.damaged += 1
            at = found

    def _declare(self) -> None:
        """What was dropped and not declared when the emitter was killed follows as a gap, as it would have written it."""
        last = self._segments[-1].last_seq if self._segments else _first_seq(self._whole) - 1
        counts = self._sums.undeclared(last)
        dropped = sum(counts.values())
        if dropped == 0:
            return
        head = json.loads(self._sums.page[4 : 4 + int.from_bytes(self._sums.page[:4], "big")])
        named = {key: head["m"][key] for key in ("wid", "inc") if key in head["m"]}
        lost = {"from": last + 1, "to": last + dropped, "reason": "killed", "counts": counts}
        meta = {"seq": last + dropped + 1, "ts": head["m"].get("ts", 0), **named}
        body = dumps({"v": 1, "t": "gap", "m": meta, "p": {"run_id": head["p"].get("run_id"), **lost}}).encode()
        frame = len(body).to_bytes(4, "big") + body
        piece = Stretch(bytes(HEADER_BYTES) + frame, HEADER_BYTES + len(frame))
        above = self._segments[-1] if self._segments else None
        piece.base = above.base + above.end - HEADER_BYTES if above is not None else 0
        piece.first_seq = piece.last_seq = last + dropped + 1
        piece.mark_seq, piece.mark_at, piece.end = [piece.first_seq], [HEADER_BYTES], piece.size
        self._segments.append(piece)

    def _seq_at(self, at: int) -> int:
        """Seq of the record at `at`; 0 when it does not match its checksum."""
        from binascii import crc32

        expected = self._sums.at(at)
        length = int.from_bytes(self._whole[at : at + 4], "big")
        if expected == 0 or not 2 <= length <= min(self.max_frame, len(self._whole) - at - 4, self._work):
            return 0
        self._work -= length
        self._checked += 1
        if self._checked % PAUSE_EVERY == 0:
            sleep(PAUSE)
        if (crc32(self._whole[at + 4 : at + 4 + length]) or EMPTY) != expected:
            return 0
        found = _SEQ.match(self._whole, at + 4, at + 4 + length)
        return int(found.group(1)) if found else 0

    def _next(self, damaged: int) -> int:
        """Where the first whole record behind a damaged one begins; -1 when there is none."""
        cell = (damaged >> CELL_SHIFT) + 1
        while True:
            cell = self._sums.next_cell(cell)
            if cell < 0:
                return -1
            start = cell << CELL_SHIFT
            for at in range(start, min(start + 64, len(self._whole) - 8)):
                anchored = self._whole[at + 4 : at + 9] == _ANCHOR  # pyright: ignore[reportUnnecessaryComparison]
                if anchored and self._seq_at(at) > 0:
                    return at
            cell += 1

    def _add(self, at: int, seq: int) -> None:
        """Notes a whole record; one that does not follow the last begins a stretch of its own."""
        piece = self._segments[-1] if self._segments else None
        if piece is None or at != self._origin + piece.end or seq <= piece.last_seq:
            if piece is not None and seq <= piece.last_seq:
                return
            base = piece.base + piece.end - HEADER_BYTES if piece is not None else 0
            self._origin = at - HEADER_BYTES
            piece = Stretch(self._whole[self._origin :], len(self._whole) - self._origin)
            piece.base, piece.first_seq, piece.last_seq = base, seq, seq - 1
            self._segments.append(piece)
        offset = at - self._origin
        if not seq & 63 or seq != piece.last_seq + 1 or not piece.mark_seq:
            piece.mark_seq.append(seq)
            piece.mark_at.append(offset)
        piece.last_seq = seq
        piece.end = offset + 4 + int.from_bytes(self._whole[at : at + 4], "big")


def _first_seq(whole: memoryview) -> int:
    """Where a file without records goes on counting."""
    try:
        found = json.loads(bytes(whole[4 : 4 + int.from_bytes(whole[:4], "big")]))["p"]["first_seq"]
    except (ValueError, KeyError, TypeError):
        return 1
    return found if isinstance(found, int) and found > 0 else 1
