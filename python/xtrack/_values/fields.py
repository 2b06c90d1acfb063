"""The JSON of a payload, field by field, in the order of the wire; what is None is left out."""

from __future__ import annotations

import math
from collections.abc import Mapping as AnyMapping
from typing import Any, Dict, List, Optional, Tuple

from .._errors import warn_once
from .configs import fields_of
from .secrets import masked
from .values import SAFE_INTEGER, dumps, json_text, key_of, label, number, text

MAX_MESSAGE = 48 * 1024  # characters of one log event; the wire allows 64 KiB of UTF-8
MAX_TAGS = 200
MAX_TAG = 4096  # characters of a tag's value
MAX_PARTS = 16  # log events that one message is split into

PHASES = {"train": "train", "val": "val", "test": "test"}
PHASES.update(dict.fromkeys(("training", "fit", "fitting", "learn"), "train"))
PHASES.update(dict.fromkeys(("eval", "evaluate", "evaluating", "evaluation", "valid", "validate", "validating"), "val"))
PHASES.update(dict.fromkeys(("validation", "dev", "development", "sanity_check", "sanity_checking"), "val"))
PHASES.update(dict.fromkeys(("testing", "tests"), "test"))
AGGREGATIONS = {"mean": "mean", "avg": "mean", "average": "mean", "sum": "sum", "total": "sum", "last": "last"}

__all__ = [
    "Fields",
    "context_field",
    "epoch_field",
    "message_parts",
    "phase_of",
    "progress_of",
    "step_field",
    "step_of",
    "tags_of",
    "whole",
]


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

    def whole(self, key: str, value: Any) -> "Fields":
        """A whole number, or nothing where it is none: that is said once."""
        self.text += _whole_field(key, value)
        return self

    def epoch(self, value: Any) -> "Fields":
        self.text += epoch_field(value)
        return self

    def raw(self, key: str, shown: str) -> "Fields":
        self.text += f',"{key}":{shown}'
        return self


def whole(value: Any) -> int:
    """A step that must be one: a whole number that JSON carries exactly. TypeError or ValueError otherwise."""
    found = number(value)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if not isinstance(found, int):
        raise ValueError(f"{value!r} is not a whole number below 2^53")
    return found


def step_field(value: Any) -> str:
    """`,"step":…` of whatever was given as a step: it never costs the point. A fraction is cut, and that is said once."""
    return _whole_field("step", value)


def epoch_field(value: Any) -> str:
    """An epoch may be a fraction: 0.5 is half of the first one. What is no finite number is left out."""
    found = None if value is None else _finite("epoch", value)
    return "" if found is None else f',"epoch":{found!r}'


def step_of(value: Any, name: str = "step") -> Optional[int]:
    """A whole number of whatever was given as one; None where it is none, which is said once. A fraction is cut."""
    found = None if value is None else _finite(name, value)
    if found is None:
        return None
    cut = math.floor(found)
    if cut != found:
        warn_once(f"{name} fraction", f"{name} {found!r} is no whole number and was recorded as {cut} (said once)")
    if abs(cut) > SAFE_INTEGER:
        warn_once(f"{name} range", f"{name} {cut} is beyond 2^53 and was left out (said once)")
        return None
    return cut


def _whole_field(name: str, value: Any) -> str:
    found = step_of(value, name)
    return "" if found is None else f',"{name}":{found}'


def _finite(name: str, value: Any) -> "Optional[float]":
    try:
        found = float(value) if isinstance(value, (str, bytes)) else number(value)
        if isinstance(found, str):
            found = float(found)
        if math.isfinite(found):
            return found
        why = "is no finite number"
    except Exception as error:
        why = f"cannot be read ({error})"
    shown = text(repr(value), 100)
    warn_once(f"{name} unread", f"{name} {shown} {why}: what was logged with it is recorded without (said once)")
    return None


def phase_of(phase: Any) -> "Tuple[Optional[str], str]":
    """The phase meant by any usual spelling, and a prefix for the key where it is none of them: no series are mixed."""
    if phase is None:
        return None, ""
    if phase in ("train", "val", "test") and type(phase) is str:
        return phase, ""
    named = getattr(phase, "value", phase)
    shown = label(named if isinstance(named, str) else getattr(phase, "name", named)).strip()
    known = PHASES.get(shown) or PHASES.get(shown.lower().replace("-", "_"))
    if known is not None or not shown:
        return known, ""
    warn_once(f"phase {shown}", f"phase {shown!r} is not train, val or test: recorded as {shown}/KEY (said once)")
    return None, f"{shown}/"


def context_field(phase: Optional[str], batch_size: Any, dataset_size: Any, agg: Any) -> str:
    """`,"ctx":{…}`, or nothing. `phase` as `phase_of` has it; what cannot be read is left out, and said once."""
    fields = Fields().add("phase", phase).whole("batch_size", batch_size).whole("dataset_size", dataset_size)
    if agg is not None:
        known = AGGREGATIONS.get(str(agg).lower())
        if known is None:
            warn_once(f"agg {agg}", f"agg {text(agg, 100)!r} is not mean, sum or last, and was left out (said once)")
        fields.add("agg", known)
    return f',"ctx":{{{fields.text[1:]}}}' if fields.text else ""


def progress_of(current: Any, total: Optional[float], unit: Optional[str]) -> Optional[Dict[str, Any]]:
    """`progress` of a status event, or None. `current` may be all of it: (current, total, unit), or a mapping."""
    if isinstance(current, AnyMapping):
        unit, total = current.get("unit", unit), current.get("total", total)
        current = current.get("current", current.get("cur"))
    elif isinstance(current, (tuple, list)):
        given = [*current, *(None, None, None)][:3]
        current, total, unit = given[0], given[1] if total is None else total, given[2] if unit is None else unit
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


def tags_of(tags: Any) -> Dict[str, str]:
    """Tags as the wire carries them: text by text, at most 200. Words without values (a list, one text) are set to `true`."""
    found: Dict[str, str] = {}
    for key, value in _named(tags):
        if len(found) >= MAX_TAGS:
            warn_once("tags", f"more than {MAX_TAGS} tags at once: the rest was not recorded")
            break
        try:
            found[key_of(key)] = text(value, MAX_TAG)
        except Exception as error:
            warn_once(f"tag {key!r}", f"tag {key!r} was not recorded: {error!r}")
    return found


def _named(tags: Any) -> "List[Tuple[Any, Any]]":
    if isinstance(tags, (str, bytes)) or not hasattr(tags, "__iter__"):
        fields = None if isinstance(tags, (str, bytes)) else fields_of(tags)
        return [(tags, "true")] if fields is None else list(fields.items())
    if isinstance(tags, AnyMapping):
        return list(tags.items())
    fields = fields_of(tags)
    if fields is not None:
        return list(fields.items())
    return [(tag, "true") for tag in (sorted(tags, key=str) if isinstance(tags, (set, frozenset)) else tags)]
