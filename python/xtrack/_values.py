"""Any Python value -> bounded, valid JSON text, without importing numpy, torch or dataclasses."""

from __future__ import annotations

import os
from json import JSONEncoder
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple, Union

__all__ = ["Json", "dumps", "json_text", "key_of", "key_text", "label", "number", "number_text", "plain", "text"]

Json = Union[None, bool, int, float, str, List[Any], Dict[str, Any]]

SAFE_INTEGER = 2**53
MAX_KEY = 512  # bytes of UTF-8
MAX_STRING = 256 * 1024  # characters
MAX_ITEMS = 1_000  # of one list
MAX_NODES = 20_000  # of one value
MAX_DEPTH = 24  # the wire allows 64, envelope included
MAX_REPR = 1_024  # characters

dumps: Callable[[Any], str] = JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def number_text(value: Any) -> str:
    """JSON text of a metric value; TypeError if it is no number.

    Non-finite values become the strings `"NaN"`, `"Infinity"`, `"-Infinity"`, and integers beyond
    2^53 decimal strings, as the protocol has it.
    """
    plain_number = number(value)
    if isinstance(plain_number, str):
        return f'"{plain_number}"'
    return repr(plain_number)


def number(value: Any) -> Union[int, float, str]:
    """A number as JSON carries it: int, finite float, or the protocol's string for the others."""
    found = _scalar(value)
    if isinstance(found, int):
        if -SAFE_INTEGER <= found <= SAFE_INTEGER:
            return found
        # Python refuses to print integers of more than 4300 digits; no float holds 1025 bits.
        return str(found) if found.bit_length() <= 1024 else ("Infinity" if found > 0 else "-Infinity")
    if found - found == 0.0:
        return found
    if found != found:
        return "NaN"
    return "Infinity" if found > 0 else "-Infinity"


def _scalar(value: Any) -> Union[int, float]:
    if isinstance(value, int):  # bool too: True is 1
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (str, bytes, bytearray)):
        raise TypeError(f"a metric value must be a number, not {type(value).__name__}")
    item = getattr(value, "item", None)
    if callable(item):  # numpy and torch scalars, arrays with one element
        inner = item()
        if isinstance(inner, (int, float)):
            return _scalar(inner)
    return float(value)  # Decimal, Fraction, anything with __float__


def text(value: Any, limit: int = MAX_STRING) -> str:
    """`str(value)`, cut to `limit` characters, with lone surrogates replaced (no UTF-8 has them)."""
    whole = value if type(value) is str else str(value)
    if len(whole) > limit:
        whole = f"{whole[:limit]}… ({len(whole)} characters)"
    return whole if whole.isascii() else whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def label(value: Any) -> str:
    """A name, type or unit: cut to the 512 bytes of UTF-8 that the protocol allows."""
    whole = text(value, MAX_KEY)
    return whole if len(whole) * 4 <= MAX_KEY else whole.encode()[:MAX_KEY].decode("utf-8", "ignore")


def key_of(key: Any) -> str:
    """A metric or param key: a label that is never empty."""
    return label(key) or "(empty)"


def key_text(key: Any) -> str:
    """JSON text of `key_of`."""
    return dumps(key_of(key))


def json_text(value: Any) -> str:
    """JSON text of any value; see `plain`."""
    return dumps(plain(value))


def plain(value: Any) -> Json:
    """Any value as bounded JSON data: containers by their items, the rest by a bounded `repr`."""
    return _Plainer().convert(value, 0)


class _Plainer:
    """One conversion: a budget of nodes, so that no cycle or huge value runs away."""

    def __init__(self) -> None:
        self._nodes = MAX_NODES

    def convert(self, value: Any, depth: int) -> Json:
        self._nodes -= 1
        if value is None or value is True or value is False:
            return value
        if isinstance(value, str):
            return text(value if type(value) is str else str.__str__(value))
        if type(value) in (int, float):
            return number(value)
        if depth >= MAX_DEPTH or self._nodes <= 0:
            return _short_repr(value)
        try:
            return self._container(value, depth)
        except Exception:  # a hostile __iter__, __getattr__ or property of a user's object
            return _short_repr(value)

    def _container(self, value: Any, depth: int) -> Json:
        fields = _named_fields(value)
        if fields is not None:
            return {text(key, MAX_KEY): self.convert(item, depth + 1) for key, item in self._first(fields.items())}
        if isinstance(value, (list, tuple, set, frozenset, range)):
            items = [self.convert(item, depth + 1) for item in self._first(value)]
            hidden = len(value) - len(items)
            return items + [f"… {hidden} more"] if hidden > 0 else items
        if isinstance(value, os.PathLike):
            return text(os.fsdecode(value))
        if isinstance(value, (int, float)):
            return number(value)
        return self._foreign(value, depth)

    def _foreign(self, value: Any, depth: int) -> Json:
        """Enums, dates, and arrays and scalars of numeric libraries, told by what they can do."""
        kind = type(value)
        if hasattr(kind, "__members__"):
            return self.convert(value.value, depth + 1)
        if callable(getattr(value, "isoformat", None)):
            return text(value.isoformat())
        if callable(getattr(value, "tolist", None)) and _size(value) <= MAX_ITEMS:
            return self.convert(value.tolist(), depth + 1)
        if callable(getattr(value, "__float__", None)) and kind.__module__ in ("decimal", "fractions"):
            return text(str(value))
        return _short_repr(value)

    def _first(self, items: Any) -> List[Any]:
        taken: List[Any] = []
        for item in items:
            if len(taken) >= MAX_ITEMS:
                break
            taken.append(item)
        return taken


def _named_fields(value: Any) -> Optional[Mapping[Any, Any]]:
    """Mappings, dataclass objects, named tuples and namespaces; None for anything else."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, type):
        return None
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name, None) for name in value.__dataclass_fields__}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        named: Mapping[Any, Any] = value._asdict()
        return named
    if type(value).__name__ in ("Namespace", "SimpleNamespace"):
        inside: Mapping[Any, Any] = vars(value)
        return inside
    return None


def _size(value: Any) -> int:
    """Elements of an array: numpy's `size` is a number, torch's a method beside `numel()`."""
    numel = getattr(value, "numel", None)
    size: Any = numel() if callable(numel) else getattr(value, "size", 1)
    return size if isinstance(size, int) else MAX_ITEMS + 1


def _short_repr(value: Any) -> str:
    try:
        shown = repr(value)
    except Exception:
        shown = f"<{type(value).__name__}>"
    return text(shown, MAX_REPR)


def flatten(params: Mapping[Any, Any], above: Tuple[str, ...] = ()) -> List[Tuple[Tuple[str, ...], Any]]:
    """Nested dicts as (path, leaf) pairs; at most 16 levels, as the protocol allows."""
    leaves: List[Tuple[Tuple[str, ...], Any]] = []
    for key, value in params.items():
        path = above + (text(key, MAX_KEY),)
        fields = _named_fields(value)
        if fields and len(path) < 16:
            leaves.extend(flatten(fields, path))
        else:
            leaves.append((path, value))
    return leaves
