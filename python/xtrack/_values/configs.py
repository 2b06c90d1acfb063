"""What is inside a config, and how a setting is written: told by their classes, whichever library made them.

Nothing is imported for it, and no serializer, `__str__` or `to_dict` of a user runs where the fields can be read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence
from itertools import islice
from types import ModuleType
from typing import Any, Callable, Dict, Iterable, Mapping, Optional

from .objects import MAX_FIELDS, attributes_of, holds_settings, is_plain, taken

__all__ = ["config_of", "fields_of", "items_of", "taken", "written"]

# (first part of the module, name of the class): what reads best as its `str`.
_AS_TEXT = {
    ("datetime", "timedelta"),
    ("decimal", "Decimal"),
    ("fractions", "Fraction"),
    ("numpy", "dtype"),
    ("torch", "device"),
    ("torch", "dtype"),
    ("torch", "layout"),
    ("torch", "memory_format"),
    ("uuid", "UUID"),
}
_BY_NAME = {("tensorflow", "DType")}
_NAMESPACES = {("argparse", "Namespace"), ("types", "SimpleNamespace")}


def fields_of(value: Any) -> Optional[Mapping[Any, Any]]:
    """Mappings, dataclass, attrs and pydantic objects, named tuples, namespaces, flags; None for anything else.

    Also objects of plain classes that hold settings and nothing else. A field that cannot be read is `???` where it is
    missing (OmegaConf), else the name of the error.
    """
    kind: Any = type(value)
    if kind is dict:
        found: Mapping[Any, Any] = value
        return found
    if isinstance(value, AnyMapping):
        return _picked(value, value.__getitem__)
    if isinstance(value, type):
        return None
    names = _field_names(value, kind)
    if names is not None:
        return _picked(names, lambda name: getattr(value, name))
    named = getattr(kind, "_fields", None)
    if named is not None and issubclass(kind, tuple):
        return dict(zip(named, value))
    if _is_one_of(kind, _NAMESPACES):
        return dict(islice(vars(value).items(), MAX_FIELDS))
    if hasattr(kind, "keys") and hasattr(kind, "__getitem__") and not hasattr(kind, "shape"):
        return _picked(value.keys(), value.__getitem__)  # like a mapping, but not declared as one
    if callable(getattr(kind, "flag_values_dict", None)):  # absl
        flags: Dict[Any, Any] = value.flag_values_dict()
        return flags
    shown = attributes_of(value) if is_plain(kind) else None
    return shown if shown is not None and holds_settings(shown, fields_of) else None


def config_of(value: Any) -> Optional[Mapping[Any, Any]]:
    """As `fields_of`, for what was given as a config: also classes, modules and objects that have more to say."""
    found = fields_of(value)
    if found is not None or isinstance(value, (str, bytes, int, float, list, tuple, set, frozenset)):
        return found
    return attributes_of(value)


def items_of(value: Any, most: int) -> Optional[Iterable[Any]]:
    """At most `most` items of a list, tuple, set, range or other sequence; None for anything else."""
    kind = type(value)
    if kind in (list, tuple):
        items: Iterable[Any] = value[:most]
        return items
    if isinstance(value, (set, frozenset)):
        if len(value) > most:
            return islice(value, most)
        try:
            return sorted(value)  # the order of a set changes from process to process
        except Exception:
            return value
    if isinstance(value, AnySequence) or (kind.__module__, kind.__name__) == ("collections", "deque"):
        return [taken(value.__getitem__, index) for index in range(min(len(value), most))]
    return None


def written(value: Any) -> Optional[str]:
    """Paths, dates, dtypes, devices, functions, classes and modules as text; None for anything else."""
    kind = type(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, ModuleType):
        return value.__name__
    if callable(getattr(kind, "isoformat", None)):
        return str(value.isoformat())
    if _is_one_of(kind, _AS_TEXT):
        return str(value)
    if _is_one_of(kind, _BY_NAME):
        return str(value.name)
    name = getattr(value, "__qualname__", None) if callable(value) else None
    if isinstance(name, str):
        module = getattr(value, "__module__", None)
        return name if module in (None, "builtins") else f"{module}.{name}"
    return None


def _field_names(value: Any, kind: Any) -> Optional[Iterable[str]]:
    if hasattr(kind, "__dataclass_fields__"):
        return (field.name for field in sys.modules["dataclasses"].fields(value))
    if hasattr(kind, "__attrs_attrs__"):
        return (field.name for field in kind.__attrs_attrs__)
    if hasattr(kind, "__pydantic_validator__"):  # pydantic 2
        fields = getattr(kind, "__pydantic_fields__", None) or kind.model_fields
        more = getattr(value, "__pydantic_extra__", None) or {}
        return [name for name, field in fields.items() if not getattr(field, "exclude", None)] + list(more)
    if hasattr(kind, "__fields__") and hasattr(kind, "__fields_set__"):  # pydantic 1
        return [name for name, field in kind.__fields__.items() if not getattr(field.field_info, "exclude", None)]
    return None


def _picked(keys: Iterable[Any], get: Callable[[Any], Any]) -> Dict[Any, Any]:
    return {key: taken(get, key) for key in islice(keys, MAX_FIELDS)}


def _is_one_of(kind: type, names: "set[tuple[str, str]]") -> bool:
    return any((base.__module__.partition(".")[0], base.__name__) in names for base in kind.__mro__)
