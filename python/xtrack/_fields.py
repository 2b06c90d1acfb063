"""The JSON of a payload, field by field, in the order of the wire; what is None is left out."""

from __future__ import annotations

from typing import Any, Dict, Optional, Union

from ._values import json_text, number, text

__all__ = ["Fields", "context_field", "error_field", "whole"]

MAX_TRACEBACK = 64 * 1024  # characters, from its end: the innermost frames matter


class Fields:
    """`.text` is `,"key":value` for each field that was given."""

    def __init__(self) -> None:
        self.text = ""

    def add(self, key: str, value: Any) -> "Fields":
        if value is not None:
            self.text += f',"{key}":{json_text(value)}'
        return self

    def whole(self, key: str, value: Optional[int]) -> "Fields":
        if value is not None:
            self.text += f',"{key}":{whole(value)}'
        return self

    def raw(self, key: str, shown: str) -> "Fields":
        self.text += f',"{key}":{shown}'
        return self


def whole(value: Any) -> int:
    """A step or epoch: a whole number that JSON carries exactly. TypeError or ValueError otherwise."""
    found = number(value)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if not isinstance(found, int):
        raise ValueError(f"{value!r} is not a whole number below 2^53")
    return found


def context_field(phase: Optional[str], batch_size: Optional[int], dataset_size: Optional[int], agg: Optional[str]) -> str:
    """`,"ctx":{…}`, or nothing."""
    fields = Fields().add("phase", phase).whole("batch_size", batch_size).whole("dataset_size", dataset_size)
    inside = fields.add("agg", agg).text
    return f',"ctx":{{{inside[1:]}}}' if inside else ""


def error_field(error: Union[BaseException, str, None]) -> Dict[str, str]:
    """`error` of run_end."""
    if not isinstance(error, BaseException):
        return {"type": "Error", "message": text(error or "the run failed", 64 * 1024)}
    import traceback

    shown = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {"type": type(error).__name__, "message": text(error, 64 * 1024), "traceback": text(shown[-MAX_TRACEBACK:])}
