"""What the whole machine is doing: CPU, memory, disks and network, as Linux tells it in /proc and /sys.

Each reader takes its first counts when it is made and raises OSError where the system does not tell.
"""

from __future__ import annotations

import os
from time import monotonic
from typing import Collection, Dict, Iterator, List, Optional, Sequence, Tuple

__all__ = ["Counters", "Cpu", "Disks", "Memory", "Network", "Volume"]

MAX_TEXT = 1024 * 1024  # bytes of any of these files; they are a few kilobytes
SECTOR = 512  # bytes: the unit of /proc/diskstats whatever the disk's own sectors are
NO_LIMIT = 1 << 60  # bytes; control groups without a limit name a number near 2**63

# Made of other devices, so that they would count twice, or not a disk at all.
VIRTUAL_DISKS = ("loop", "ram", "zram", "dm-", "md", "sr", "fd")
VIRTUAL_LINKS = ("lo", "veth", "docker", "br-", "virbr", "ifb", "dummy", "bond", "cni", "flannel", "cali", "tun", "wg")


def read_text(root: str, path: str) -> str:
    """A file of the kernel's, bounded."""
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read(MAX_TEXT)


class Counters:
    """How fast counters grow from one reading to the next."""

    def __init__(self, values: Sequence[float]) -> None:
        self._at = monotonic()
        self._values = values

    def per_second(self, values: Sequence[float]) -> List[float]:
        """Growth per second since the last call. A counter that fell (a device is gone) has grown by nothing."""
        now = monotonic()
        seconds = max(now - self._at, 1e-3)
        grown = [max(0.0, new - old) / seconds for new, old in zip(values, self._values)]
        self._at, self._values = now, values
        return grown


class Cpu:
    """`system/cpu_percent`: 100 is every core of the machine busy."""

    def __init__(self, root: str = "/") -> None:
        self._root = root
        self._before = cpu_ticks(read_text(root, "proc/stat"))

    def read(self) -> Dict[str, float]:
        busy, total = now = cpu_ticks(read_text(self._root, "proc/stat"))
        busy, total = busy - self._before[0], total - self._before[1]
        self._before = now
        return {"system/cpu_percent": min(100.0, max(0.0, 100.0 * busy / total))} if total > 0 else {}


class Memory:
    """`system/memory_used_bytes` and `_percent`: of the machine, or of the control group where that may use less."""

    def __init__(self, root: str = "/") -> None:
        self._root = root
        self.read()

    def read(self) -> Dict[str, float]:
        used, total = memory_bytes(read_text(self._root, "proc/meminfo"))
        group = group_memory(self._root)
        if group is not None and group[1] < total:
            used, total = group
        return {"system/memory_used_bytes": float(used), "system/memory_percent": 100.0 * used / total}


class Disks:
    """`system/disk_read_bytes_per_s` and `system/disk_write_bytes_per_s`: all disks together."""

    def __init__(self, root: str = "/") -> None:
        self._root = root
        self._counters = Counters(self._bytes())

    def read(self) -> Dict[str, float]:
        read, written = self._counters.per_second(self._bytes())
        return {"system/disk_read_bytes_per_s": read, "system/disk_write_bytes_per_s": written}

    def _bytes(self) -> Tuple[int, int]:
        # Partitions have no entry of their own there: their traffic is in that of their disk.
        disks = os.listdir(os.path.join(self._root, "sys/block"))
        return disk_bytes(read_text(self._root, "proc/diskstats"), disks)


class Network:
    """`system/net_sent_bytes_per_s` and `system/net_received_bytes_per_s`: all links but loopback and virtual ones."""

    def __init__(self, root: str = "/") -> None:
        self._root = root
        self._counters = Counters(self._bytes())

    def read(self) -> Dict[str, float]:
        sent, received = self._counters.per_second(self._bytes())
        return {"system/net_sent_bytes_per_s": sent, "system/net_received_bytes_per_s": received}

    def _bytes(self) -> Tuple[int, int]:
        return net_bytes(read_text(self._root, "proc/net/dev"))


class Volume:
    """`system/disk_used_percent`: of the file system that holds the working folder, as `df` shows it."""

    def __init__(self) -> None:
        if not hasattr(os, "statvfs"):
            raise OSError("no statvfs")
        self._folder = os.getcwd()
        self.read()

    def read(self) -> Dict[str, float]:
        state = os.statvfs(self._folder)
        used = state.f_blocks - state.f_bfree
        usable = used + state.f_bavail
        return {"system/disk_used_percent": 100.0 * used / usable} if usable > 0 else {}


def cpu_ticks(text: str) -> Tuple[int, int]:
    """(busy, all) ticks of all cores since boot, from /proc/stat."""
    # user nice system idle iowait irq softirq steal; what guests used is in user and nice already.
    ticks = [int(field) for field in text.split("\n", 1)[0].split()[1:9]]
    return sum(ticks) - sum(ticks[3:5]), sum(ticks)


def memory_bytes(text: str) -> Tuple[int, int]:
    """(used, all) bytes of the machine, from /proc/meminfo. What can be reclaimed at once does not count as used."""
    found = dict(numbers(text.replace(":", "")))
    total = found["MemTotal"]
    free = found.get("MemAvailable", found.get("MemFree", 0))
    return (total - free) * 1024, total * 1024


def disk_bytes(text: str, disks: Collection[str]) -> Tuple[int, int]:
    """(read, written) bytes of those `disks` that are real, from /proc/diskstats."""
    read = written = 0
    for line in text.splitlines():
        fields = line.split()
        if len(fields) >= 10 and fields[2] in disks and not fields[2].startswith(VIRTUAL_DISKS):
            read += int(fields[5]) * SECTOR
            written += int(fields[9]) * SECTOR
    return read, written


def net_bytes(text: str) -> Tuple[int, int]:
    """(sent, received) bytes, from /proc/net/dev."""
    sent = received = 0
    for line in text.splitlines()[2:]:
        link, _, rest = line.partition(":")
        fields = rest.split()
        if len(fields) >= 9 and not link.strip().startswith(VIRTUAL_LINKS):
            received += int(fields[0])
            sent += int(fields[8])
    return sent, received


def group_memory(root: str) -> Optional[Tuple[int, int]]:
    """(used, limit) bytes of the control group with the tightest limit around this process; None where none is set."""
    try:
        folders, limit_file, used_file, idle = group_folders(read_text(root, "proc/self/cgroup"))
    except OSError:
        return None
    tightest: Optional[Tuple[int, str]] = None
    for folder in folders:
        try:
            text = read_text(root, f"{folder}/{limit_file}").strip()
        except OSError:  # the root group has none; in a container the path is that of the host
            continue
        if text.isdigit() and 0 < int(text) < (NO_LIMIT if tightest is None else tightest[0]):
            tightest = int(text), folder
    if tightest is None:
        return None
    limit, folder = tightest
    used = int(read_text(root, f"{folder}/{used_file}"))
    cached = dict(numbers(read_text(root, f"{folder}/memory.stat"))).get(idle, 0)
    return max(0, used - cached), limit


def group_folders(text: str) -> Tuple[List[str], str, str, str]:
    """From /proc/self/cgroup: the group's folder and those above it, and how that version names its files.

    The last name is the part of memory.stat that the kernel gives back before it runs short: cached file pages.
    """
    base, path, names = "", "", ("", "", "")
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if "memory" in controllers.split(","):
            base, path = "sys/fs/cgroup/memory", group
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            break
        if controllers == "":
            base, path = "sys/fs/cgroup", group
            names = ("memory.max", "memory.current", "inactive_file")
    parts = [part for part in path.split("/") if part not in ("", "..")][:64]
    folders = ["/".join([base, *parts[:count]]) for count in range(len(parts), -1, -1)] if base else []
    return folders, names[0], names[1], names[2]


def numbers(text: str) -> Iterator[Tuple[str, int]]:
    """Lines of a name and a number."""
    for line in text.splitlines():
        fields = line.split()
        if len(fields) >= 2 and fields[1].isdigit():
            yield fields[0], int(fields[1])
