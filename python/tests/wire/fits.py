"""How untrusted JSON is read: small readers, one a kind of field, that return the canonical value or raise Problem.

Lenient as the protocol says: null counts as absent where a field is optional, a malformed optional field is left
out with a warning, unknown fields vanish.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

__all__ = [
    "LABEL_BYTES",
    "MAX_ENTRIES",
    "Problem",
    "Reader",
    "Warnings",
    "anything",
    "array",
    "double",
    "either",
    "finite",
    "flag",
    "integer",
    "label",
    "mapping",
    "number",
    "one_of",
    "record",
    "run_id",
    "text",
]

LABEL_BYTES = 512
MAX_ENTRIES = 10_000
MAX_WARNINGS = 16

Warnings = List[Tuple[str, str]]
Reader = Callable[[Any, str, Warnings], Any]

_RUN_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._:][A-Za-z0-9._:-]{0,127}")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,308})")
_NON_FINITE = ("NaN", "Infinity", "-Infinity")


class Problem(Exception):
    """Why a value does not fit."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(f"{code}: {field}")
        self.code = code
        self.field = field


def double(value: Any) -> Optional[float]:
    """The number behind a JSON number, a decimal string or a non-finite string; None for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and (value in _NON_FINITE or _DECIMAL.fullmatch(value)):
        return float(value)
    return None


def number(value: Any, path: str, warnings: Warnings) -> Union[float, str]:
    """May be non-finite: then its string."""
    found = double(value)
    if found is None:
        raise Problem("XT_FIELD_TYPE", path)
    if found - found == 0:
        return found
    return "NaN" if found != found else ("Infinity" if found > 0 else "-Infinity")


def finite(value: Any, path: str, warnings: Warnings) -> float:
    found = double(value)
    if found is None or found - found != 0:
        raise Problem("XT_FIELD_TYPE", path)
    return found


def integer(value: Any, path: str, warnings: Warnings) -> Union[int, str]:
    """Beyond 2^53 the decimal string of the nearest double."""
    found = finite(value, path, warnings)
    if int(found) != found:
        raise Problem("XT_FIELD_TYPE", path)
    whole = int(found)
    return whole if abs(whole) < 2**53 else str(whole)


def string(most: Optional[int], empty: bool) -> Reader:
    def read(value: Any, path: str, warnings: Warnings) -> str:
        if not isinstance(value, str) or (not empty and value == ""):
            raise Problem("XT_FIELD_TYPE", path)
        if most is not None and over_bytes(value, most):
            raise Problem("XT_FIELD_LIMIT", path)
        return value

    return read


text = string(None, True)
label = string(LABEL_BYTES, False)


def run_id(value: Any, path: str, warnings: Warnings) -> str:
    if not isinstance(value, str):
        raise Problem("XT_FIELD_TYPE", path)
    if not _RUN_ID.fullmatch(value):
        raise Problem("XT_RUN_ID", path)
    return value


def flag(value: Any, path: str, warnings: Warnings) -> bool:
    if not isinstance(value, bool):
        raise Problem("XT_FIELD_TYPE", path)
    return value


def anything(value: Any, path: str, warnings: Warnings) -> Any:
    return value


def one_of(*values: str) -> Reader:
    def read(value: Any, path: str, warnings: Warnings) -> Any:
        if not isinstance(value, str) or value not in values:
            raise Problem("XT_FIELD_TYPE", path)
        return value

    return read


def either(kind: type, first: Reader, other: Reader) -> Reader:
    """`first` for values of this Python type, else `other`, which also words the problem."""

    def read(value: Any, path: str, warnings: Warnings) -> Any:
        return (first if isinstance(value, kind) else other)(value, path, warnings)

    return read


def array(items: Reader, most: int = MAX_ENTRIES) -> Reader:
    """A bad item spoils the list."""

    def read(value: Any, path: str, warnings: Warnings) -> List[Any]:
        if not isinstance(value, list):
            raise Problem("XT_FIELD_TYPE", path)
        if len(value) > most:
            raise Problem("XT_FIELD_LIMIT", path)
        return [items(item, f"{path}.{index}", warnings) for index, item in enumerate(value)]

    return read


def mapping(values: Optional[Reader], all_or_nothing: bool = False) -> Reader:
    """A bad entry is dropped alone, or spoils everything. Without `values`, any JSON object, kept as it is."""

    def read(value: Any, path: str, warnings: Warnings) -> Dict[str, Any]:
        if not isinstance(value, dict):
            raise Problem("XT_FIELD_TYPE", path)
        if values is None:
            return value
        if len(value) > MAX_ENTRIES:
            raise Problem("XT_FIELD_LIMIT", path)
        found: Dict[str, Any] = {}
        for key, item in value.items():
            try:
                found[key] = values(item, _checked(key, f"{path}.{key[:128]}"), warnings)
            except Problem as problem:
                if all_or_nothing:
                    raise
                warn(warnings, problem)
        return found

    return read


def record(required: Dict[str, Reader], optional: Dict[str, Reader], order: Tuple[str, ...] = ()) -> Reader:
    """An object with these fields, read in the order of `order` (the required ones first where there is none)."""
    names = order or (*required, *optional)

    def read(value: Any, path: str, warnings: Warnings) -> Dict[str, Any]:
        if not isinstance(value, dict):
            raise Problem("XT_FIELD_TYPE", path)
        found: Dict[str, Any] = {}
        for name in names:
            field = f"{path}.{name}"
            if name in required:
                if name not in value:
                    raise Problem("XT_FIELD_REQUIRED", field)
                found[name] = required[name](value[name], field, warnings)
            elif value.get(name) is not None:
                try:
                    found[name] = optional[name](value[name], field, warnings)
                except Problem as problem:
                    warn(warnings, problem)
        return found

    return read


def warn(warnings: Warnings, problem: Problem) -> None:
    if len(warnings) < MAX_WARNINGS:
        warnings.append((problem.code, problem.field))


def over_bytes(value: str, most: int) -> bool:
    return len(value) * 4 > most and len(value.encode("utf-8", "surrogatepass")) > most


def _checked(key: str, field: str) -> str:
    if key == "":
        raise Problem("XT_FIELD_TYPE", field)
    if over_bytes(key, LABEL_BYTES):
        raise Problem("XT_FIELD_LIMIT", field)
    return field
