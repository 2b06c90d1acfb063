"""The checksums that lie beside a spool file, so that a flipped bit is found and never stored as a measurement.

The layout (docs/format/spool.md): a copy of the spool file's first page, then one CRC-32 for every 64 bytes of the
spool file: that of the record which begins there. Each record is longer, so no two share a place.
"""

from __future__ import annotations

import os
import sys
from typing import Dict, Optional

from .tally import read_tally

__all__ = ["CELL_SHIFT", "EMPTY", "Checksums", "sidecar_of", "table_bytes"]

PAGE = 4096
CELL_SHIFT = 6  # 64 bytes
EMPTY = 0xFFFFFFFF  # stands for a CRC of 0, since 0 means that there is none
# First in the table, where no record can begin: says in which byte order the rest is.
MAGIC = int.from_bytes(b"XCR1", sys.byteorder)


def sidecar_of(path: str) -> str:
    """`x.spool` -> `x.crc`."""
    return f"{os.path.splitext(path)[0]}.crc"


def table_bytes(size: int) -> int:
    """Bytes of the table for a spool file of `size` bytes."""
    return ((size + 63) >> CELL_SHIFT) * 4


class Checksums:
    """The sidecar of a spool file as it is read. Nothing in it is trusted but what agrees with itself."""

    def __init__(self, page: bytes, table: memoryview) -> None:
        self.page = page
        self._table = table
        self._used = _used(table)

    @classmethod
    def read(cls, path: str) -> "Optional[Checksums]":
        """Those of the spool file at `path`; None where there are none, or they are damaged themselves."""
        from binascii import crc32

        try:
            with open(sidecar_of(path), "rb") as file:
                data = file.read(PAGE + table_bytes(64 * 1024 * 1024))
        except OSError:
            return None
        page, table = data[:PAGE], data[PAGE : len(data) - len(data) % 4]
        if len(table) < 8:
            return None
        cells = memoryview(table).cast("I")
        if cells[0] != MAGIC or cells[1] != (crc32(page) or EMPTY):
            return None
        return cls(page, cells)

    def at(self, offset: int) -> int:
        """The CRC of the record that begins at `offset`; 0 for none."""
        cell = offset >> CELL_SHIFT
        return self._table[cell] if 0 <= cell < len(self._table) else 0

    def undeclared(self, last_seq: int) -> Dict[str, int]:
        """Counts by type of what was dropped and no record up to `last_seq` declares."""
        return read_tally(memoryview(self._table).cast("B"), last_seq)

    def next_cell(self, cell: int) -> int:
        """The first cell from `cell` on in which a record begins; -1 when there is none."""
        for found in range(cell, self._used):
            if self._table[found]:
                return found
        return -1


def _used(table: memoryview) -> int:
    """Cells up to the last one in which a record begins."""
    used = len(table)
    while used > 0 and table[used - 1] == 0:
        used -= 1
    return used
