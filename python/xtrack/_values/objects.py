"""Objects of plain classes as configs: what was set on them, and whether that is settings and nothing else."""

from __future__ import annotations

import os
import sys
from enum import Enum
from itertools import islice
from types import FunctionType, ModuleType
from typing import Any, Callable, Dict, FrozenSet, Mapping, Optional

__all__ = ["MAX_FIELDS", "attributes_of", "holds_settings", "is_plain", "portable", "taken"]

MAX_FIELDS = 10_000  # of one object
_MAX_WAY = 16  # objects within one another
_SCALARS = (str, bytes, int, float, complex, bool, type(None), Enum, os.PathLike, type, range, FunctionType)
_OF_ONE = ("datetime", "decimal", "fractions", "uuid")  # modules whose values are one setting each

Fields = Callable[[Any], Optional[Mapping[Any, Any]]]


def taken(get: Callable[[Any], Any], key: Any) -> Any:
    """`get(key)`, or a mark in its place: one bad field does not take the others with it."""
    try:
        return get(key)
    except Exception as error:
        return "???" if type(error).__name__ == "MissingMandatoryValue" else f"<{type(error).__name__}>"


def is_plain(kind: Any) -> bool:
    """An object of it shows its address and no more, does nothing when it is called, and is no container."""
    if kind.__module__ in ("builtins", "types") or kind.__repr__ is not object.__repr__:
        return False
    does = ("__call__", "__len__", "__iter__", "__next__", "__enter__", "__await__", "__get__", "__array__", "__float__")
    does += ("shape", "dtype", "tolist", "item")  # arrays, whichever library made them
    return not any(name in vars(base) for base in kind.__mro__[:-1] for name in does)


def attributes_of(value: Any) -> Optional[Dict[Any, Any]]:
    """What was set on an object, a class or a module, and on the classes above it; None where there is nothing of it."""
    kind = value if isinstance(value, type) else type(value)
    found: Dict[Any, Any] = {}
    for each in reversed(kind.__mro__ if not isinstance(value, ModuleType) else ()):
        if each.__module__ in ("builtins", "typing", "abc"):
            continue
        slots = getattr(each, "__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if not isinstance(value, type) and hasattr(value, name):
                found[name] = taken(lambda key: getattr(value, key), name)
        found.update((name, item) for name, item in vars(each).items() if not _is_method(item))
    if not isinstance(value, type):
        found.update(getattr(value, "__dict__", {}))
    shown = {name: item for name, item in islice(found.items(), MAX_FIELDS) if _is_setting(name, item)}
    return shown or None


def _is_setting(name: Any, item: Any) -> bool:
    return not str(name).startswith("_") and not isinstance(item, ModuleType) and not _is_method(item)


def _is_method(item: Any) -> bool:
    kind = type(item)
    if kind in (property, staticmethod, classmethod, FunctionType):
        return True
    return kind.__name__ in ("member_descriptor", "cached_property")


def holds_settings(fields: Mapping[Any, Any], fields_of: Fields) -> bool:
    """Numbers, words, paths, classes, and containers of them, at most 10,000 in all: then an object is a config.

    Anything else (a model, a loader, an array, a file, an object that holds itself) makes it what it was: a leaf.
    """
    return _Look(fields_of).into(fields.values(), frozenset((id(fields),)))


class _Look:
    """One look into an object; the way down is remembered, so that a circle ends it."""

    def __init__(self, fields_of: Fields) -> None:
        self._fields_of = fields_of
        self._left = MAX_FIELDS

    def into(self, items: Any, way: "FrozenSet[int]") -> bool:
        for item in items:
            self._left -= 1
            if self._left < 0 or not (isinstance(item, _SCALARS) or self._is_setting(item, way)):
                return False
        return True

    def _is_setting(self, item: Any, way: "FrozenSet[int]") -> bool:
        if id(item) in way or len(way) > _MAX_WAY:
            return False
        way = way | {id(item)}
        kind = type(item)
        if isinstance(item, (list, tuple, set, frozenset)):
            return self.into(item, way)
        if isinstance(item, dict):
            return self.into(item.values(), way)
        home = kind.__module__.partition(".")[0]
        if home in _OF_ONE or (home in ("numpy", "torch") and getattr(item, "shape", ()) == ()):
            return True  # also a scalar, a dtype, a device
        if is_plain(kind):
            inside = attributes_of(item)
            return inside is not None and self.into(inside.values(), way)
        fields = self._fields_of(item)
        return fields is not None and self.into(fields.values(), way)


def portable(value: Any, fields_of: Fields, shown: Callable[[Any], Any], depth: int = 0) -> Any:
    """What another process can be sent: data, and configs whose class it can find too; anything else as `shown` has it."""
    kind = type(value)
    if value is None or kind in (str, bytes, int, float, bool, complex):
        return value
    if depth > _MAX_WAY:
        return shown(value)
    if kind is dict:
        return {key: portable(item, fields_of, shown, depth + 1) for key, item in value.items()}
    if kind in (list, tuple, set, frozenset):
        return kind(portable(item, fields_of, shown, depth + 1) for item in value)
    known: Any = sys.modules.get(kind.__module__)
    for part in kind.__qualname__.split("."):
        known = getattr(known, part, None)
    if known is not kind:
        return shown(value)
    if isinstance(value, (Enum, os.PathLike)) or kind.__module__ in _OF_ONE:
        return value
    fields = fields_of(value)
    return value if fields is not None and holds_settings(fields, fields_of) else shown(value)
