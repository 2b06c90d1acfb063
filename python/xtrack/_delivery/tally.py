"""What was dropped and not yet declared, kept beside the spool so that a kill does not make it silent.

Two slots in the table of checksums, where no record can begin, written in turn: one cut short leaves the other.
"""

from __future__ import annotations

import json
import re
import struct
from binascii import crc32
from typing import Any, Dict, Optional, Tuple

__all__ = ["KINDS", "kinds_of", "read_tally", "write_tally"]

# The order is part of the format (docs/format/spool.md): new ones only go behind the last.
KINDS = (
    *("other", "metric", "metric_batch", "log", "status", "param", "artifact", "checkpoint", "tags", "knob", "change"),
    *("command_result", "run_start", "run_end"),
)
_SLOT = struct.Struct(f"=IQ{len(KINDS)}I")  # number of the entry, seq of the gap that declares it, counts by type
_SUM = struct.Struct("=I")
SLOT_AT = (8, 80)  # bytes from the beginning of the table
_TYPE = re.compile(rb'\{"v":1,"t":"([a-z_]{1,64})"')
_INDEX = {kind: index for index, kind in enumerate(KINDS)}
_MOST = 0xFFFFFFFF


def write_tally(table: Any, at: int, number: int, counts: Dict[str, int], declared_by: int = 0) -> None:
    """Entry `number` into the table of bytes that begins at `at`. `declared_by`: void once there is such a record."""
    cells = [0] * len(KINDS)
    for kind, count in counts.items():
        index = _INDEX.get(kind, 0)
        cells[index] = min(_MOST, cells[index] + count)
    entry = _SLOT.pack(number & _MOST, declared_by, *cells)
    start = at + SLOT_AT[number & 1]
    table[start + _SLOT.size : start + _SLOT.size + 4] = b"\0\0\0\0"
    table[start : start + _SLOT.size] = entry
    table[start + _SLOT.size : start + _SLOT.size + 4] = _SUM.pack(crc32(entry) or _MOST)


def read_tally(table: Any, last_seq: int) -> Dict[str, int]:
    """Counts by type that nothing declares, in a table of bytes beside a file whose last record is `last_seq`."""
    newest: Optional[Tuple[int, int, Tuple[int, ...]]] = None
    for start in SLOT_AT:
        entry = bytes(table[start : start + _SLOT.size])
        stored = bytes(table[start + _SLOT.size : start + _SLOT.size + 4])
        if len(stored) < 4 or _SUM.unpack(stored)[0] != (crc32(entry) or _MOST):
            continue
        number, declared_by, *cells = _SLOT.unpack(entry)
        if newest is None or number > newest[0]:
            newest = (number, declared_by, tuple(cells))
    if newest is None or 0 < newest[1] <= last_seq:
        return {}
    return {kind: count for kind, count in zip(KINDS, newest[2]) if count}


def kinds_of(frames: memoryview) -> Dict[str, int]:
    """How many events of each type there are in whole frames; of a gap, those that it declares."""
    counts: Dict[str, int] = {}
    at = 0
    while at < len(frames):
        end = at + 4 + int.from_bytes(frames[at : at + 4], "big")
        found = _TYPE.match(frames, at + 4)
        kind = found.group(1).decode() if found is not None else "other"
        held: Dict[str, int] = {kind: 1}
        if kind == "gap":
            held = json.loads(bytes(frames[at + 4 : end]))["p"]["counts"]
        for each, count in held.items():
            counts[each] = counts.get(each, 0) + count
        at = end
    return counts
