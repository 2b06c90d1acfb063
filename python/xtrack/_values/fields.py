"""The JSON of a payload, field by field, in the order of the wire; what is None is left out."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from .._errors import warn_once
from .secrets import masked
from .values import dumps, json_text, key_of, label, number, text

MAX_MESSAGE = 48 * 1024  # characters of one log event; the wire allows 64 KiB of UTF-8
MAX_TAGS = 200
MAX_TAG = 4096  # characters of a tag's value
MAX_PARTS = 16  # log events that one message is split into

__all__ = ["Fields", "context_field", "epoch_text", "message_parts", "progress", "tags_of", "whole"]


class Fields:
    """`.text` is `,"key":value` for each field that was given."""

    def __init__(self) -> None:
        self.text = ""

    def add(self, key: str, value: Any, name: str = "") -> "Fields":
        """`name`: what the user calls the value, where `key` does not say it."""
        if value is not None:
            self.text += f',"{key}":{json_text(value, name)}'
        return self

    def label(self, key: str, value: Any) -> "Fields":
        """A name: at most 512 bytes, and an empty one is none."""
        if value is not None and value != "":
            self.text += f',"{key}":{dumps(masked(label(value)))}'
        return self

    def whole(self, key: str, value: Optional[int]) -> "Fields":
        if value is not None:
            self.text += f',"{key}":{whole(value)}'
        return self

    def epoch(self, value: Optional[float]) -> "Fields":
        if value is not None:
            self.text += f',"epoch":{epoch_text(value)}'
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


def context_field(
    phase: Optional[str], batch_size: Optional[int], dataset_size: Optional[int], agg: Optional[str]
) -> str:
    """`,"ctx":{…}`, or nothing."""
    fields = Fields().add("phase", phase).whole("batch_size", batch_size).whole("dataset_size", dataset_size)
    inside = fields.add("agg", agg).text
    return f',"ctx":{{{inside[1:]}}}' if inside else ""


def epoch_text(value: Any) -> str:
    """An epoch may be a fraction: 0.5 is half of the first one."""
    found = number(value)
    if isinstance(found, str):
        raise ValueError(f"{value!r} is not a finite epoch")
    return repr(found)


def progress(current: Optional[float], total: Optional[float], unit: Optional[str]) -> Optional[Dict[str, Any]]:
    """`progress` of a status event, or None."""
    if current is None:
        return None
    found: Dict[str, Any] = {"cur": number(current)}
    if total is not None:
        found["total"] = number(total)
    if unit is not None:
        found["unit"] = label(unit)
    return found


def message_parts(message: Any) -> List[str]:
    """A log message in pieces that fit one event each; what is over 16 of them is cut, and says so."""
    whole_text = masked(text(message, MAX_MESSAGE * MAX_PARTS))
    return [whole_text[at : at + MAX_MESSAGE] for at in range(0, len(whole_text), MAX_MESSAGE)] or [""]


def tags_of(tags: Mapping[str, Any]) -> Dict[str, str]:
    """Tags as the wire carries them: text by text, at most 200."""
    if len(tags) > MAX_TAGS:
        warn_once("tags", f"more than {MAX_TAGS} tags at once: the rest was not recorded")
    return {key_of(key): text(value, MAX_TAG) for key, value in list(tags.items())[:MAX_TAGS]}
