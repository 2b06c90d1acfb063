"""Which process writes a spool file, and whether it still lives: a pid alone is used again by another one."""

from __future__ import annotations

import os
from time import time_ns
from typing import Any, Dict, Tuple

__all__ = ["is_gone", "writer"]


def writer() -> Dict[str, Any]:
    """What this process says of itself in the first page of its spool files."""
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
