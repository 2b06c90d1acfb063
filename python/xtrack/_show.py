"""The live page of a run inside a notebook, and its address everywhere else."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, Mapping, Optional, Tuple, Union

from ._active import active_run
from ._errors import XTrackError
from ._run import Run

__all__ = ["Shown", "show"]

TIMEOUT = 5.0  # seconds that the server has to answer
MAX_ANSWER = 64 * 1024  # bytes
LOWEST, HIGHEST = 100, 10_000  # pixels
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Shown:
    """A run as a notebook shows it: its live page in a frame, or a word on why there is none."""

    def __init__(self, run_id: str, url: Optional[str], frame: Optional[str], height: int, problem: Optional[str]) -> None:
        self.run_id = run_id
        self.url = url
        self._frame = frame
        self._height = height
        self._problem = problem

    def __repr__(self) -> str:
        return f"xtrack: {self._problem}" if self.url is None else f"xtrack: run {self.run_id} is at {self.url}"

    def _repr_html_(self) -> str:
        from html import escape

        if self._frame is None:
            return f"<p>{escape(repr(self))}</p>"
        return (
            f'<iframe src="{escape(self._frame)}" title="XTrack run {escape(self.run_id)}" width="100%" '
            f'height="{self._height}" sandbox="allow-scripts allow-same-origin allow-downloads" '
            'referrerpolicy="no-referrer" style="border: 0; color-scheme: normal"></iframe>'
        )


def show(run: Union[Run, str, None] = None, *, height: int = 480, server: Optional[str] = None) -> Shown:
    """Shows a run (default: the one that is open) live below the cell of a notebook; elsewhere its address is printed.

    The server is `server`, else `XTRACK_HTTP`, else what the data directory names. It is asked for a link that shows
    this run alone, for twelve hours: with `XTRACK_KEY`, or on this machine with the data directory's own key.
    """
    if type(height) is not int or not LOWEST <= height <= HIGHEST:
        raise XTrackError("XT_ARGUMENT", f"the height is {LOWEST} to {HIGHEST} pixels", "height")
    run_id = _run_id(run)
    shown = _shown(run_id, height, server, os.environ)
    if not in_notebook():
        print(shown)
    return shown


def in_notebook() -> bool:
    """True below a cell of Jupyter, JupyterLab, VS Code or Colab: a shell with a front end, not `ipython` on a terminal."""
    ipython = sys.modules.get("IPython")
    shell: Any = None if ipython is None else getattr(ipython, "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


def _run_id(run: Union[Run, str, None]) -> str:
    found = active_run() if run is None else run
    if found is None:
        raise XTrackError("XT_ARGUMENT", "no run is open; name one: xtrack.show(run_id)", "run")
    return found if isinstance(found, str) else found.run_id


def _shown(run_id: str, height: int, server: Optional[str], environ: Mapping[str, str]) -> Shown:
    from urllib.parse import quote, urlsplit

    data = os.path.expanduser(environ.get("XTRACK_DATA") or os.path.join("~", ".xtrack"))
    base = (server or environ.get("XTRACK_HTTP") or _announced(data) or "").rstrip("/")
    if not base:
        return Shown(run_id, None, None, height, f"run {run_id}: no page is served; start one with `npx xtrack serve`")
    url = f"{base}/runs/{quote(run_id, safe='')}"
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise XTrackError("XT_ARGUMENT", "the address of a server begins with http:// or https://", "server")
    key = environ.get("XTRACK_KEY") or (_own_key(data) if parts.hostname in LOOPBACK else "")
    try:
        status, answer = _ask(base, f"/api/v1/runs/{quote(run_id, safe='')}/embed", key)
    except (OSError, ValueError) as error:
        return Shown(run_id, None, None, height, f"run {run_id}: the server at {base} does not answer ({error})")
    if status == 200 and isinstance(answer.get("url"), str):
        return Shown(run_id, url, answer["url"], height, None)
    said = answer.get("detail") or f"status {status}"
    return Shown(run_id, None, None, height, f"run {run_id}: the server at {base} does not show it: {said}")


def _announced(data: str) -> str:
    """Where the server of the data directory says that it is."""
    try:
        with open(os.path.join(data, "http.json"), encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return ""
    url = found.get("url") if isinstance(found, dict) else None
    return url if isinstance(url, str) else ""


def _own_key(data: str) -> str:
    """The key that whoever may read the data directory has anyway. It never leaves this machine."""
    try:
        with open(os.path.join(data, "token"), encoding="utf-8") as file:
            return file.read(512).strip()
    except (OSError, ValueError):
        return ""


def _ask(base: str, path: str, key: str) -> Tuple[int, Dict[str, Any]]:
    """POST. A redirect is not followed: the key is for this server alone."""
    from http.client import HTTPConnection, HTTPException, HTTPSConnection
    from urllib.parse import urlsplit

    parts = urlsplit(base)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    try:
        connection.request("POST", parts.path + path, b"{}", headers)
        response = connection.getresponse()
        answer = json.loads(response.read(MAX_ANSWER))
    except HTTPException as error:
        raise ValueError(f"it is no HTTP server: {error!r}") from None
    finally:
        connection.close()
    return response.status, answer if isinstance(answer, dict) else {}
