"""What a run says of itself in words: tags, status, log lines."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from typing import Any, Iterable, Mapping, Optional, Union

from ._errors import XTrackError
from ._guard import guarded, passed_over
from ._values.fields import Fields, message_parts, progress_of, tags_of
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
    def set_tags(self, tags: "Union[Mapping[str, Any], Iterable[str]]") -> None:
        """Labels the run with several tags (up to 200). Words alone (`["baseline", "fp16"]`) have the value `true`."""
        self._emit("tags", Fields().add("tags", tags_of(tags)).text[1:])

    @guarded
    def set_status(
        self,
        status: str,
        message: Optional[str] = None,
        current: Any = None,
        total: Optional[float] = None,
        unit: Optional[str] = None,
        *,
        progress: Any = None,
        **unknown: Any,
    ) -> None:
        """Says what the run is doing (`training`, `evaluating`, …) and how far it is: `current` of `total` `unit`s.

        The same as `progress`: a tuple `(current, total)` or `(current, total, unit)`, or a mapping.
        """
        passed_over("set_status", unknown)
        named = str(getattr(status, "value", status)).lower()
        if named not in STATUSES:
            raise XTrackError("XT_ARGUMENT", f"status {status!r} is not one of {', '.join(STATUSES)}", "status")
        self._status = named
        fields = Fields().add("status", named).add("msg", message)
        try:
            fields.add("progress", progress_of(current if progress is None else progress, total, unit))
        except Exception as error:
            self._fault("set_status", error, "progress")
        self._emit("status", fields.text[1:])

    @guarded
    def log(
        self,
        message: Any = None,
        level: Any = "info",
        step: Optional[int] = None,
        *,
        logger: Optional[str] = None,
        **fields: Any,
    ) -> None:
        """A line of text, or metrics: `run.log("warming up")`, `run.log(loss=0.5, step=3)`, `run.log({"loss": 0.5}, step=3)`.

        Of a text, `level` is debug, info, warning or error (others: the nearest) and `fields` are kept with it; a long
        one is split. Of metrics, `step`, `epoch` and `phase` are as in `log_metrics`, and so is the second argument
        of a mapping, where it is a number: its step.
        """
        if isinstance(message, AnyMapping) or (message is None and fields):
            if step is None and not isinstance(level, (str, bool)):
                step = level
            context = {name: fields.pop(name, None) for name in ("epoch", "phase")}
            self.log_metrics({**(message or {}), **fields}, step, **context)
            return
        self._line(message, LEVELS.get(str(level).lower(), "info"), logger, step, fields)

    def _line(self, message: Any, level: str, logger: Optional[str], step: Any, fields: Mapping[str, Any]) -> None:
        parts = message_parts(message)
        for number, part in enumerate(parts, 1):
            extra = dict(fields, part=number, parts=len(parts)) if len(parts) > 1 else fields
            line = Fields().add("level", level).raw("msg", dumps(part)).label("logger", logger).whole("step", step)
            self._emit("log", line.add("fields", extra or None).text[1:])

    def log_metrics(self, metrics: Mapping[str, Any], step: Optional[int] = None, **context: Any) -> None:
        raise NotImplementedError

    def _fault(self, call: str, error: Exception, key: Any = None) -> None:
        raise NotImplementedError

    def _emit(self, kind: str, fields: str) -> None:
        raise NotImplementedError
