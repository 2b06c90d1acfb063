"""Any Python value -> bounded, valid JSON text, without importing the library that it comes from."""

from __future__ import annotations

import math
import re
from json import JSONEncoder
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple, Union

from .._errors import warn_once
from .configs import config_of, fields_of, items_of, written
from .device import OnDevice, on_device
from .secrets import masked

__all__ = [
    "Json",
    "dumps",
    "flatten",
    "json_text",
    "key_of",
    "key_text",
    "label",
    "number",
    "number_text",
    "plain",
    "text",
]

Json = Union[None, bool, int, float, str, List[Any], Dict[str, Any]]

SAFE_INTEGER = 2**53
MAX_KEY = 512  # bytes of UTF-8
MAX_STRING = 256 * 1024  # characters
MAX_ITEMS = 1_000  # of one list
MAX_NODES = 20_000  # of one value
MAX_DEPTH = 24  # the wire allows 64, envelope included
MAX_REPR = 1_024  # characters
MAX_TEXT = 512 * 1024  # characters of all strings of one value
MAX_JSON = 900 * 1024  # bytes: what is over it would not fit a frame of 1 MiB
MAX_PATH = 16  # levels of a nested param, as the protocol has it
MAX_LEAVES = 10_000  # params of one call

# What libraries call a number that is not there.
MISSING = ("MaskedConstant", "NAType", "NaTType")

_ADDRESS = re.compile(" at 0x[0-9a-fA-F]+")

dumps: Callable[[Any], str] = JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def number_text(value: Any) -> str:
    """JSON text of a metric value. TypeError if it is no number; OnDevice where reading it could wait for a device.

    Non-finite values become the strings `"NaN"`, `"Infinity"`, `"-Infinity"`, and integers beyond
    2^53 decimal strings, as the protocol has it.
    """
    if not isinstance(value, (int, float)) and on_device(value):
        raise OnDevice
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
    if type(value).__name__ in MISSING or _is_masked(value):
        return math.nan
    if isinstance(value, (str, bytes, bytearray)):
        raise TypeError(f"a metric value must be a number, not {type(value).__name__}")
    item = getattr(value, "item", None)
    if item is None and hasattr(type(value), "numpy"):  # tensorflow
        item = getattr(value.numpy(), "item", None)
    if callable(item):  # scalars of numpy, torch and jax, arrays with one element
        inner = item()
        if isinstance(inner, (int, float)):
            return _scalar(inner)
        if isinstance(inner, complex):
            raise TypeError("a metric value must be a real number, not complex")
    try:
        return float(value)  # Decimal, Fraction, anything with __float__
    except OverflowError:  # a Fraction that no float holds
        return math.inf if value > 0 else -math.inf


def _is_masked(value: Any) -> bool:
    """A masked array of numpy with one element, which is hidden: its data say nothing."""
    mask = getattr(value, "mask", None)
    if mask is None or type(value).__module__.partition(".")[0] != "numpy":
        return False
    return bool(mask.all()) if hasattr(mask, "all") else bool(mask)


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
    """A metric or param key: a label that is never empty. Enums by value or name, tuples by their parts."""
    return label(key if type(key) is str else _key_words(key, 0)) or "(empty)"


def _key_words(key: Any, depth: int) -> str:
    kind: Any = type(key)
    if hasattr(kind, "__members__"):
        key = key.value if isinstance(key.value, (str, int)) else key.name
    elif hasattr(kind, "__index__") and kind is not bool:
        key = int(key)  # numpy's integers show their type
    if isinstance(key, str):
        return str.__str__(key)
    if isinstance(key, tuple) and depth < 4:
        return f"({', '.join(_key_words(part, depth + 1) for part in key[:MAX_KEY])})"
    return written(key) or _short_repr(key)


def key_text(key: Any) -> str:
    """JSON text of `key_of`."""
    return dumps(key_of(key))


def json_text(value: Any, name: str = "") -> str:
    """JSON text of any value, short enough for an event, see `plain`; without the secrets in it, told by `name` too."""
    shown = dumps(masked(plain(value), name))
    if len(shown) <= MAX_JSON:
        return shown
    return dumps(f"{shown[:MAX_REPR]}… ({len(shown)} characters)")


def plain(value: Any) -> Json:
    """Any value as bounded JSON data: configs by their fields, containers by their items, else a bounded `repr`."""
    return _Plainer().convert(value, 0)


class _Plainer:
    """One conversion: a budget of nodes and of text, so that no cycle or huge value runs away."""

    def __init__(self) -> None:
        self._nodes = MAX_NODES
        self._text = MAX_TEXT

    def convert(self, value: Any, depth: int) -> Json:
        self._nodes -= 1
        if value is None or value is True or value is False:
            return value
        if isinstance(value, str):
            return self._cut(str.__str__(value), MAX_STRING)
        if type(value) in (int, float):
            return number(value)
        if depth >= MAX_DEPTH or self._nodes <= 0 or self._text <= 0:
            return self._cut(_outline(value), MAX_REPR)
        try:
            return self._container(value, depth)
        except Exception:  # a hostile __iter__, __getattr__ or property of a user's object
            return self._cut(_short_repr(value), MAX_REPR)

    def _container(self, value: Any, depth: int) -> Json:
        if hasattr(type(value), "__members__"):  # an enum: its value where that says something, else its name
            inner = value.value
            return self.convert(inner if isinstance(inner, (str, int, float, type(None))) else value.name, depth + 1)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._cut(repr(bytes(value[:MAX_REPR])), MAX_REPR)
        fields = fields_of(value)
        if fields is not None:
            return self._object(fields, depth)
        items = items_of(value, MAX_ITEMS)
        if items is not None:
            return self._array(items, len(value), depth)
        if isinstance(value, (int, float)):
            return number(value)
        shown = written(value)
        return self._cut(shown, MAX_STRING) if shown is not None else self._foreign(value, depth)

    def _object(self, fields: Mapping[Any, Any], depth: int) -> Json:
        found: Dict[str, Json] = {}
        for key, item in fields.items():
            if len(found) >= MAX_ITEMS:
                found["…"] = f"{len(fields) - len(found)} more"
                break
            found[self._cut(key_of(key), MAX_KEY)] = self.convert(item, depth + 1)
        return found

    def _array(self, items: Iterable[Any], length: int, depth: int) -> Json:
        found: List[Json] = [self.convert(item, depth + 1) for item in items]
        hidden = length - len(found)
        if hidden > 0:
            found.append(f"… {hidden} more")
        return found

    def _foreign(self, value: Any, depth: int) -> Json:
        """Arrays and scalars of numeric libraries, told by what they can do: small ones by their items."""
        kind = type(value)
        if hasattr(kind, "shape") and hasattr(kind, "dtype") and _size(value) > MAX_ITEMS:
            return f"{kind.__name__}(shape={tuple(value.shape)}, dtype={written(value.dtype) or value.dtype})"
        if not hasattr(kind, "tolist") and hasattr(kind, "numpy") and hasattr(kind, "dtype"):
            value = value.numpy()  # tensorflow
        if callable(getattr(value, "tolist", None)) and _size(value) <= MAX_ITEMS:
            inner = value.tolist()
            return number(value) if type(inner) is type(value) else self.convert(inner, depth + 1)  # numpy.longdouble
        return self._cut(_short_repr(value), MAX_REPR)

    def _cut(self, whole: str, limit: int) -> str:
        shown = text(whole, min(limit, max(self._text, MAX_KEY)))
        self._text -= len(shown)
        return shown


def _size(value: Any) -> int:
    """Elements of an array. By its shape where it has one: what `size` means differs from library to library."""
    shape = getattr(value, "shape", None)
    if shape is None:
        return len(value) if hasattr(type(value), "__len__") else 1
    size = 1
    for extent in shape:
        size *= int(extent)
    return size


def _short_repr(value: Any) -> str:
    """`repr` without addresses, which differ from run to run."""
    try:
        shown = repr(value)
    except Exception:
        shown = f"<{type(value).__name__}>"
    return _ADDRESS.sub("", text(shown, MAX_REPR))


def _outline(value: Any) -> str:
    """For what lies too deep: containers are not walked any more, not even by `repr`."""
    kind = type(value)
    if hasattr(kind, "__len__"):
        return f"<{kind.__name__}>"
    return _short_repr(value)


def flatten(params: Any) -> List[Tuple[Tuple[str, ...], Any]]:
    """The fields of a config as (path, leaf) pairs, nested ones with longer paths: at most 16 levels, 10,000 leaves.

    TypeError when it has no fields.
    """
    fields = config_of(params)
    if fields is None:
        raise TypeError(f"params must be a mapping or a config object, not {type(params).__name__}")
    leaves: List[Tuple[Tuple[str, ...], Any]] = []
    _flatten(fields, (), leaves)
    if len(leaves) >= MAX_LEAVES:
        warn_once("params", f"more than {MAX_LEAVES} params at once: the rest was not recorded")
    return leaves


def _flatten(fields: Mapping[Any, Any], above: Tuple[str, ...], leaves: List[Tuple[Tuple[str, ...], Any]]) -> None:
    for key, value in fields.items():
        if len(leaves) >= MAX_LEAVES:
            return
        path = above + (key_of(key),)
        inside = _fields_or_none(value) if len(path) < MAX_PATH else None
        if inside:
            _flatten(inside, path, leaves)
        else:
            leaves.append((path, value))


def _fields_or_none(value: Any) -> Optional[Mapping[Any, Any]]:
    try:
        return None if hasattr(type(value), "__members__") else fields_of(value)
    except Exception:  # a hostile object: a leaf, shown by its repr
        return None
