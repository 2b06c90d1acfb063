"""`run.summary`: one value for each key, by default the last that was logged."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Tuple

from .._errors import warn_once
from .._values.values import key_of, number
from ._items import Items

__all__ = ["Summary", "flat", "split"]

FINAL_BYTES = 512 * 1024  # of JSON: the event that ends a run must fit a frame of 1 MiB


class Summary(Items):
    """What is assigned stays until the key is logged again."""


def split(summary: Summary) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """(numbers, everything else), nested keys joined with dots: what the end of the run records."""
    numbers: Dict[str, Any] = {}
    others: Dict[str, Any] = {}
    room = FINAL_BYTES
    for path, value in flat(summary):
        key = ".".join(path)
        try:
            number(value)  # refuses what is none
            numbers[key] = value
            room -= len(key_of(key).encode()) + 32
        except Exception:  # no number, or a hostile object
            others[key] = value
        if room < 0:
            warn_once("summary size", "the summary is over 512 KiB: its last values were not recorded")
            break
    return numbers, others


def flat(items: Any, above: Tuple[str, ...] = ()) -> Iterator[Tuple[Tuple[str, ...], Any]]:
    """(path, value) of nested dicts; an empty one is nothing."""
    for key, value in list(items.items()):
        path = (*above, str(key))
        if isinstance(value, dict) and len(path) < 16:
            yield from flat(value, path)
        else:
            yield path, value
