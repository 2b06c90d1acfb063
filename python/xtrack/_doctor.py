"""Where would events go from here, and would they arrive? Looks with the emitter's own eyes; makes no run."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from typing import Any, Dict, List, NamedTuple, Optional, Type

from ._delivery.probe import Answer, probe
from ._delivery.segment import HEADER_BYTES, is_gone
from ._delivery.transports import (
    Endpoint,
    FdEndpoint,
    FileEndpoint,
    LeftFileEndpoint,
    StdoutEndpoint,
    TcpEndpoint,
    UnixEndpoint,
)
from ._settings import REMOTE, Settings, file_system, spool_folder
from ._system.environment import platform_name
from ._values.values import text
from ._version import __version__

__all__ = ["ARRIVES", "KEPT", "LOST", "examine", "render"]

# Exit codes: events reach a collector; they end in a file; they go nowhere.
ARRIVES = 0
KEPT = 1
LOST = 2

MOST_FILES = 10_000

_KINDS: Dict[Type[Endpoint], str] = {
    FdEndpoint: "stdio",
    StdoutEndpoint: "stdio",
    UnixEndpoint: "unix",
    TcpEndpoint: "tcp",
    FileEndpoint: "file",
    LeftFileEndpoint: "file",
}


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
                else sorted({f"{os.path.dirname(path)}/*{os.path.splitext(path)[1]}" for path in self.left})
            )
            found["left"] = {
                "files": len(self.left),
                "bytes": self.left_bytes,
                "runs": self.runs,
                "import": f"npx xtrack replay {' '.join(files)}",
            }
        return found


def examine() -> Dict[str, Any]:
    """Everything that decides where events go, as JSON data; `exit_code` and `verdict` sum it up."""
    settings = Settings(environ=dict(os.environ))  # a copy: the real one gives its descriptor to the first run
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        endpoints = settings.endpoints("<run>")
    answers = [probe(endpoint, settings.token_for([endpoint])) for endpoint in endpoints if not _is_file(endpoint)]
    found = next((answer for answer in answers if answer.error is None), None)
    inventory = take_inventory(settings.data)
    code, verdict = _verdict(settings, endpoints, answers, inventory)
    return {
        "xtrack": __version__,
        "python": sys.version.split()[0],
        "executable": sys.executable,
        "platform": platform_name(),
        "run": {
            "run_id": os.environ.get("XTRACK_RUN_ID") or None,
            "worker": settings.worker_id,
            "experiment": os.environ.get("XTRACK_EXPERIMENT") or None,
            "parent_run_id": os.environ.get("XTRACK_PARENT_RUN_ID") or None,
        },
        "transports": _transports(settings, endpoints, answers),
        "notes": [line[len("xtrack: ") :] for line in said.getvalue().splitlines() if " no server answers" not in line],
        "collector": None if found is None else _described(found),
        "spool": inventory.describe(),
        "verdict": verdict,
        "exit_code": code,
    }


def _is_file(endpoint: Endpoint) -> bool:
    return isinstance(endpoint, (FileEndpoint, StdoutEndpoint))


def _described(answer: Answer) -> Dict[str, Any]:
    return {
        "at": answer.name,
        "server": answer.server,
        "caps": list(answer.capabilities),
        "round_trip_ms": round(answer.round_trip * 1000, 3),
    }


def _verdict(
    settings: Settings, endpoints: List[Endpoint], answers: List[Answer], inventory: Inventory
) -> "tuple[int, str]":
    for answer in answers:
        if answer.error is None:
            return ARRIVES, f"events reach the collector at {answer.name}"
    if settings.transport == "null":
        return LOST, "tracking is off (XTRACK_TRANSPORT=null): events go nowhere"
    for endpoint in endpoints:
        if isinstance(endpoint, StdoutEndpoint):
            return KEPT, "events go to stdout, and it is not known who reads there"
        if isinstance(endpoint, FileEndpoint):
            folder = os.path.dirname(endpoint.path)
            if os.access(endpoint.path if os.path.exists(endpoint.path) else folder, os.W_OK):
                return KEPT, f"events go to a file, to be imported later with: npx xtrack replay {endpoint.path}"
            return LOST, f"events go nowhere: {endpoint.path} cannot be written"
    if inventory.folder is not None:
        return KEPT, f"no collector answers: events wait in {inventory.folder} until one does"
    return LOST, "no collector answers and no folder can be written: events are lost at exit"


def _transports(settings: Settings, endpoints: List[Endpoint], answers: List[Answer]) -> List[Dict[str, Any]]:
    """Each transport in the order in which they are tried: whether it is used, and why or why not."""
    names = {_KINDS[type(endpoint)]: endpoint.name for endpoint in endpoints}
    errors = {answer.name: answer.error for answer in answers}
    found: List[Dict[str, Any]] = []
    for kind in ("stdio", "unix", "tcp", "file", "null"):
        name = names.get(kind)
        used = name is not None or (kind == "null" and settings.transport == "null")
        reason = _reason(kind, used, settings, names)
        if name is not None and errors.get(name):
            reason = f"{reason}, but {errors[name]}"
        found.append({"transport": kind, "used": used, "to": name, "reason": reason})
    return found


def _reason(kind: str, used: bool, settings: Settings, names: Dict[str, str]) -> str:
    asked = settings.transport
    if asked == kind and (used or kind != "stdio"):
        return f"XTRACK_TRANSPORT={kind} asks for it"
    if kind == "stdio":
        given = settings.environ.get("XTRACK_FD")
        if used:
            return f"XTRACK_FD={given} is a socket of the control plane that started this process"
        return (
            f"XTRACK_FD={given} cannot be used" if given else "XTRACK_FD is not set: XTrack did not start this process"
        )
    if kind == "unix":
        if used:
            return (
                "the way back to the control plane"
                if "stdio" in names
                else f"a server answers at {settings.local_socket}"
            )
        return "another transport is asked for" if asked else f"no server answers at {settings.local_socket}"
    if kind == "file":
        if used:
            return "nothing better can be used"
        return "another transport is asked for" if asked else "something better can be used"
    return f"only with XTRACK_TRANSPORT={kind}"


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


def _head(path: str) -> Optional[Dict[str, Any]]:
    """The payload of the hello at the head of a file; None where there is none."""
    try:
        with open(path, "rb") as file:
            page = file.read(HEADER_BYTES)
        found = json.loads(page[4 : 4 + int.from_bytes(page[:4], "big")])["p"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("spool", {}), dict) else None


def render(report: Dict[str, Any]) -> str:
    """The report for people."""
    run, collector = report["run"], report["collector"]
    lines = [
        f"xtrack {report['xtrack']}, Python {report['python']} ({report['executable']}), {report['platform']}",
        "",
        "run",
        f"  id          {run['run_id'] or 'a new one each time (XTRACK_RUN_ID is not set)'}",
        f"  worker      {run['worker'] or 'the only one'}",
    ]
    if run["experiment"]:
        lines.append(f"  experiment  {run['experiment']}")
    if run["parent_run_id"]:
        lines.append(f"  parent      {run['parent_run_id']}")
    lines += ["", "transports, in the order in which they are tried"]
    for each in report["transports"]:
        lines.append(f"  {'*' if each['used'] else ' '} {each['transport']:6} {each['reason']}")
    lines += [f"  note: {note}" for note in report["notes"]]
    lines += ["", "collector"]
    if collector is None:
        lines.append("  none answers; start one with: npx xtrack serve")
    else:
        lines += [
            f"  at          {collector['at']}",
            f"  server      {collector['server']} ({', '.join(collector['caps'])})",
            f"  round trip  {collector['round_trip_ms']:g} ms",
        ]
    lines += ["", "spool", *_spool_lines(report["spool"]), "", report["verdict"]]
    return "\n".join(lines)


def _spool_lines(spool: Dict[str, Any]) -> List[str]:
    lines: List[str] = [f"  {refusal}" for refusal in spool["refused"]]
    if spool["folder"] is None:
        return [*lines, "  no folder can be used: events that wait are kept in memory"]
    lines += [
        f"  folder      {spool['folder']} ({spool['file_system'] or 'unknown file system'})",
        f"  free        {_size(spool['free_bytes'])}",
    ]
    orphans: Optional[Dict[str, Any]] = spool["left"]
    if orphans:
        lines += [
            f"  left there  {orphans['files']} files, {_size(orphans['bytes'])}, "
            f"of runs that are over: {_some(orphans['runs'])}",
            f"  import with {orphans['import']}",
        ]
    if spool["live_files"]:
        lines.append(f"  in use      {spool['live_files']} files of runs that go on")
    return lines


def _some(names: List[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
