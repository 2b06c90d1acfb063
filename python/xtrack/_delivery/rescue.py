"""At the end: what is in memory alone becomes a file after all, or is declared lost, or is at least counted."""

from __future__ import annotations

from time import time_ns
from typing import Callable, Dict, List

from .._values.values import dumps
from .supply import Supply
from .tally import kinds_of

__all__ = ["GAP", "Rescue"]

GAP = '{"v":1,"t":"gap","m":{"seq":'


class Rescue:
    """For one spool that takes no more records."""

    def __init__(self, supply: Supply, gap_rest: Callable[[str], str], last_seq: int) -> None:
        """`gap_rest(fields)` is a gap event behind its time; `last_seq` the last one used."""
        self.lost: Dict[str, int] = {}  # by type: what no file holds
        self._supply = supply
        self._gap_rest = gap_rest
        self._seq = last_seq

    def save(self, frames: memoryview, first: int, last: int) -> List[str]:
        """The path of a file with these frames, or with the declaration that they are lost; none, if not even that."""
        try:
            return [self._supply.rescue(frames, first)]
        except OSError:
            counts = kinds_of(frames)
        for kind, count in counts.items():
            self.lost[kind] = self.lost.get(kind, 0) + count
        self._seq += 1
        gap = dumps({"from": first, "to": last, "reason": "no_disk", "counts": counts})
        body = f"{GAP}{self._seq},\"ts\":{time_ns() // 1000}{self._gap_rest(gap[1:-1])}".encode()
        try:
            return [self._supply.rescue(memoryview(len(body).to_bytes(4, "big") + body), self._seq)]
        except OSError:
            return []
