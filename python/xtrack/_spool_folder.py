"""What lies in the spool folder, and whether it is a good place for one: for the doctor."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, NamedTuple, Optional

from ._settings import REMOTE, file_system, spool_folder
from ._values.values import text
from ._writer import is_gone

__all__ = ["Inventory", "take_inventory"]

MOST_FILES = 10_000
PAGE = 4096  # bytes of the hello at the head of a spool file


class Inventory(NamedTuple):
    """The folder that would be used, None where there is none, and what dead and living emitters have in it."""

    folder: Optional[str]
    refused: List[str]
    left: List[str]
    left_bytes: int
    runs: List[str]
    live_files: int

    def describe(self) -> Dict[str, Any]:
        """As JSON data."""
        found: Dict[str, Any] = {
            "folder": self.folder,
            "refused": self.refused,
            "live_files": self.live_files,
            "left": None,
        }
        if self.folder is not None:
            import shutil

            found.update(file_system=file_system(self.folder), free_bytes=shutil.disk_usage(self.folder).free)
        if self.left:
            # A pattern, where the names would not fit a line.
            files = (
                self.left
                if len(self.left) <= 3
                else sorted({f"{os.path.dirname(path)}/*{_suffix(path)}" for path in self.left})
            )
            found["left"] = {
                "files": len(self.left),
                "bytes": self.left_bytes,
                "runs": self.runs,
                "import": f"npx xtrack replay {' '.join(files)}",
            }
        return found


def take_inventory(data: str) -> Inventory:
    """Looks at the folder that an emitter with this data folder would use, and at the preferred one if they differ."""
    folder = spool_folder(data)
    wanted = os.path.join(data, "spool")
    refused = [] if folder == wanted else [f"{wanted} cannot be used: {_why_not(wanted)}"]
    left: List[str] = []
    runs: Dict[str, None] = {}
    size = live = 0
    for each in dict.fromkeys((wanted, folder or wanted)):
        for path in _files(each):
            head = _head(path)
            if head is None:
                continue
            if not _is_over(head.get("spool")):
                live += 1
                continue
            left.append(path)
            size += os.stat(path).st_size
            runs[text(head.get("run_id"), 128)] = None
    return Inventory(folder, refused, left, size, list(runs), live)


def _why_not(folder: str) -> str:
    if not os.path.isdir(folder):
        return "it cannot be made"
    if file_system(folder) in REMOTE:
        return f"it is on a network file system ({file_system(folder)})"
    if hasattr(os, "getuid") and os.stat(folder).st_uid != os.getuid():
        return "it belongs to another user"
    return "it cannot be written"


def _files(folder: str) -> List[str]:
    try:
        names = sorted(os.listdir(folder))[:MOST_FILES]
    except OSError:
        return []
    return [os.path.join(folder, name) for name in names if name.endswith((".spool", ".xtrack"))]


def _is_over(owner: Optional[Dict[str, Any]]) -> bool:
    """A file whose writer closed it or is dead; one that names no writer is a log to be imported."""
    return owner is None or owner.get("closed") is True or is_gone(owner)


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1]


def _head(path: str) -> Optional[Dict[str, Any]]:
    """The payload of the hello at the head of a file; None where there is none."""
    try:
        with open(path, "rb") as file:
            page = file.read(PAGE)
        found = json.loads(page[4 : 4 + int.from_bytes(page[:4], "big")])["p"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("spool", {}), dict) else None
