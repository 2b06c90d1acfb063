"""What the training itself uses: this process and all that it started, from /proc, else what the system tells."""

from __future__ import annotations

import os
from time import monotonic
from typing import Dict, List, Mapping, NamedTuple

from .host import Counters, read_text

__all__ = ["Family", "Own"]

MAX_SCAN = 512  # processes of the machine that are looked at one by one: about 10 ms
MAX_FAMILY = 4096


class Stat(NamedTuple):
    """A process in /proc/<pid>/stat."""

    pid: int
    parent: int
    ticks: int
    """Of CPU time, its own."""
    reaped: int
    """Ticks of the children that it has waited for, theirs included."""
    threads: int
    started: int
    """Ticks since boot: with the pid, which process it is."""
    pages: int
    """Of memory that are resident."""


class Family:
    """Metrics of the process `pid` and all its descendants, wherever they are now.

    `system/process_cpu_percent`: 100 is one core. `system/process_memory_bytes`: resident; a page that forked workers
    share counts for each of them. `system/process_threads`.
    """

    def __init__(self, pid: int, root: str = "/") -> None:
        self._pid = pid
        self._root = root
        self._tick = float(os.sysconf("SC_CLK_TCK"))
        self._page = os.sysconf("SC_PAGE_SIZE")
        self._at = monotonic()
        self._before = self._look()

    def read(self) -> Dict[str, float]:
        now, members = monotonic(), self._look()
        seconds = max(now - self._at, 1e-3)
        used = ticks_used(self._before, members) / self._tick
        self._at, self._before = now, members
        return {
            "system/process_cpu_percent": 100.0 * used / seconds,
            "system/process_memory_bytes": float(sum(one.pages for one in members) * self._page),
            "system/process_threads": float(sum(one.threads for one in members)),
        }

    def _look(self) -> List[Stat]:
        own = self._stat(self._pid)
        others = [int(name) for name in os.listdir(os.path.join(self._root, "proc")) if name.isdigit()]
        if len(others) > MAX_SCAN:
            others = self._listed()
        table = {own.pid: own}
        for pid in others:
            try:
                table.setdefault(pid, self._stat(pid))
            except (OSError, ValueError):  # it has ended since
                continue
        return descendants(own.pid, table)

    def _stat(self, pid: int) -> Stat:
        return parse_stat(read_text(self._root, f"proc/{pid}/stat"))

    def _listed(self) -> List[int]:
        """The descendants as most kernels list them, thread by thread; on the others, none."""
        found = [self._pid]
        for pid in found:  # grows while it is walked
            folder = f"proc/{pid}/task"
            try:
                for thread in os.listdir(os.path.join(self._root, folder)):
                    found.extend(map(int, read_text(self._root, f"{folder}/{thread}/children").split()))
            except (OSError, ValueError):  # it has ended since, or there is no such list
                continue
            if len(found) > MAX_FAMILY:
                break
        return found[:MAX_FAMILY]


class Own:
    """`system/process_cpu_percent` of this process and the children it has waited for, on a system without /proc."""

    def __init__(self) -> None:
        self._counters = Counters([self._seconds()])

    def read(self) -> Dict[str, float]:
        return {"system/process_cpu_percent": 100.0 * self._counters.per_second([self._seconds()])[0]}

    def _seconds(self) -> float:
        return sum(os.times()[:4])


def parse_stat(text: str) -> Stat:
    """The name of a program may hold anything, blanks and parentheses too: fields count from its last parenthesis."""
    fields = text[text.rindex(")") + 2 :].split()
    return Stat(
        pid=int(text[: text.index(" ")]),
        parent=int(fields[1]),
        ticks=int(fields[11]) + int(fields[12]),
        reaped=int(fields[13]) + int(fields[14]),
        threads=int(fields[17]),
        started=int(fields[19]),
        pages=int(fields[21]),
    )


def descendants(pid: int, table: Mapping[int, Stat]) -> List[Stat]:
    """The process and everything below it."""
    children: Dict[int, List[Stat]] = {}
    for one in table.values():
        children.setdefault(one.parent, []).append(one)
    found = [table[pid]]
    for one in found:  # grows while it is walked
        found.extend(child for child in children.get(one.pid, ()) if child.pid != pid)
    return found


def ticks_used(before: List[Stat], after: List[Stat]) -> int:
    """CPU ticks that a family used between two looks, those of members that came and went in between included."""
    known = {(one.pid, one.started): one for one in before}
    alive = {(one.pid, one.started) for one in after}
    own = everything = 0
    for one in after:
        old = known.get((one.pid, one.started))
        own += one.ticks - (old.ticks if old else 0)
        everything += one.ticks + one.reaped - (old.ticks + old.reaped if old else 0)
    # Whoever has ended is in what its parent reaped, with what it had used before the first look too.
    everything -= sum(one.ticks + one.reaped for key, one in known.items() if key not in alive)
    # Unless nobody in the family waited for it: then what the living used is all there is.
    return max(own, everything, 0)
