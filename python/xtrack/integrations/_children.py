"""Child runs: the candidates of a search and the trials of a study, beside the run that they belong to."""

from __future__ import annotations

import copy
from time import monotonic
from typing import Any, Mapping, Optional, Union

from .._delivery.transports import FdEndpoint, FileEndpoint
from .._run import Run
from .._settings import Settings
from .._tracker import Tracker

__all__ = ["Children"]


class Children:
    """Starts and ends runs whose parent is `parent`; they go where its events go. Threads may share it."""

    def __init__(self, parent: Run) -> None:
        self.parent = parent
        self._tracker = Tracker(strict=parent.strict)
        self._tracker.settings = self._settings = _settings_for(parent)

    def start(
        self, name: str, params: Optional[Mapping[str, Any]] = None, tags: Optional[Mapping[str, Any]] = None
    ) -> Run:
        """A child run, which becomes the active one."""
        return self._tracker.start_run(name, params=params, tags=tags, parent_run_id=self.parent.run_id)

    def end(self, run: Run, status: str = "completed", error: Union[BaseException, str, None] = None) -> None:
        """Ends it. Where one has waited for its last ack in vain, those after it do not wait."""
        patience = self._settings.flush_timeout
        began = monotonic()
        run.end(status, error)
        if monotonic() - began >= patience:
            self._settings.flush_timeout = 0.0


def _settings_for(parent: Run) -> Settings:
    """The parent's, but never its descriptor: two runs on one socket would take each other's answers."""
    session = parent._session
    settings = copy.copy(session.settings)
    endpoints = getattr(session, "endpoints", [])
    if any(isinstance(endpoint, FdEndpoint) for endpoint in endpoints) and settings.socket:
        settings.transport = "unix"
    elif len(endpoints) == 1 and isinstance(endpoints[0], FileEndpoint):  # one file, and one line that says where
        settings.transport, settings.file = "file", endpoints[0].path
    return settings
