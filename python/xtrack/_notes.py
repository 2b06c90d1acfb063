"""What a run says of itself in words: tags, status, log lines."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from ._errors import XTrackError
from ._guard import guarded
from ._values.fields import Fields, message_parts, progress, tags_of
from ._values.values import dumps

__all__ = ["Notes"]

STATUSES = (
    *("initializing", "running", "training", "evaluating", "checkpointing", "paused"),
    *("resuming", "finishing", "completed", "failed", "killed"),
)
# The names of other libraries' levels, too.
LEVELS = {level: level for level in ("debug", "info", "warning", "error")}
LEVELS.update(trace="debug", notset="debug", notice="info", success="info", warn="warning")
LEVELS.update(err="error", exception="error", critical="error", fatal="error")


class Notes:
    """Part of `Run`."""

    _status: str

    @guarded
    def set_tag(self, key: str, value: Any) -> None:
        """Labels the run: a short text by which it is found again. A later value replaces an earlier one."""
        self.set_tags({key: value})

    @guarded
    def set_tags(self, tags: Mapping[str, Any]) -> None:
        """Labels the run with several tags (up to 200)."""
        self._emit("tags", Fields().add("tags", tags_of(tags)).text[1:])

    @guarded
    def set_status(
        self,
        status: str,
        message: Optional[str] = None,
        current: Optional[float] = None,
        total: Optional[float] = None,
        unit: Optional[str] = None,
    ) -> None:
        """Says what the run is doing (`training`, `evaluating`, …) and how far it is: `current` of `total` `unit`s."""
        if status not in STATUSES:
            raise XTrackError("XT_ARGUMENT", f"status {status!r} is not one of {', '.join(STATUSES)}", "status")
        self._status = status
        fields = Fields().add("status", status).add("msg", message).add("progress", progress(current, total, unit))
        self._emit("status", fields.text[1:])

    @guarded
    def log(
        self,
        message: str,
        level: str = "info",
        *,
        logger: Optional[str] = None,
        step: Optional[int] = None,
        **fields: Any,
    ) -> None:
        """Records a line of text; a long one is split. `level`: debug, info, warning or error (others: the nearest)."""
        level = LEVELS.get(str(level).lower(), "info")
        parts = message_parts(message)
        for number, part in enumerate(parts, 1):
            extra = dict(fields, part=number, parts=len(parts)) if len(parts) > 1 else fields
            line = Fields().add("level", level).raw("msg", dumps(part)).label("logger", logger).whole("step", step)
            self._emit("log", line.add("fields", extra or None).text[1:])

    def _emit(self, kind: str, fields: str) -> None:
        raise NotImplementedError
