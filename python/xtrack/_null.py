"""Tracking switched off (`XTRACK_TRANSPORT=null`): every verb works and nothing is kept."""

from __future__ import annotations

from typing import Any, Dict

from ._session import Session
from ._settings import Settings

__all__ = ["NullSession"]


class NullSession(Session):
    """Takes every event and forgets it."""

    def __init__(self, settings: Settings, run_id: str, worker: str) -> None:
        self.settings = settings
        self.run_id = run_id
        self.worker = worker
        self.pid = 0
        self.identity = ""
        self.metric_heads: Dict[str, str] = {}
        self.spool = self  # type: ignore[assignment]

    def append(self, head: str, rest: str) -> int:
        return 1

    def emit(self, kind: str, fields: str) -> int:
        return 1

    def emit_start(self, payload: str) -> int:
        return 1

    def defer(self, key: str, value: Any, tail: str) -> None:
        pass

    def settle(self) -> None:
        pass

    def close(self, timeout: float) -> None:
        pass

    def disown(self) -> None:
        pass
