"""Rows of anything -> a table: typed columns, bounded rows, cells as JSON."""

from __future__ import annotations

import base64
from itertools import islice, zip_longest
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._errors import XTrackError
from .._values.arrays import as_array
from .._values.configs import fields_of
from .._values.values import Json, dumps, key_of, number, plain, text
from .content import Content

__all__ = ["MAX_CELLS", "MAX_COLUMNS", "MAX_ROWS", "table"]

MAX_ROWS = 10_000
MAX_COLUMNS = 1_000
MAX_CELLS = 500_000
MAX_TEXT = 4_096  # characters of one cell
MAX_CELL = 16 * 1024  # characters of a nested cell's JSON
MAX_PICTURE = 8 * 1024 * 1024  # bytes of one image in a cell; a table that is too large for an event is kept as a file
MAX_PICTURES = 64 * 1024 * 1024  # bytes of all of them

NAN = "nan"  # a kind of cell until all of its column are known


class Rows(NamedTuple):
    """What was given, as rows in the order of `names`; `total` counts those left out too."""

    names: List[str]
    rows: Iterable[Sequence[Any]]
    total: int


def table(data: Any, columns: Optional[Sequence[Any]] = None) -> Content:
    """A table: see `Run.log_table`."""
    names, rows, total = _rows(data, columns)
    if len(names) > MAX_COLUMNS:
        raise XTrackError("XT_ARGUMENT", f"{len(names)} columns are over {MAX_COLUMNS}", "table")
    most = min(MAX_ROWS, MAX_CELLS // max(1, len(names)))
    cells = _Cells(len(names))
    shown = [cells.row(row) for row in islice(rows, most)]
    cells.settle(shown)
    facts: Dict[str, Any] = {
        "columns": [{"name": key_of(name), "type": kind} for name, kind in zip(names, cells.types)],
        "rows": shown,
    }
    meta: Dict[str, Any] = {"rows": len(shown), "columns": len(names)}
    if total > len(shown):
        facts["omitted"] = meta["omitted"] = total - len(shown)
    return Content("table", "data", "application/json", dumps(facts).encode(), meta)


def _rows(data: Any, columns: Optional[Sequence[Any]]) -> Rows:
    if hasattr(data, "columns") and (hasattr(data, "iter_rows") or hasattr(data, "itertuples")):
        return _of_frame(data, columns)
    if isinstance(data, Mapping):
        return _of_columns(data, columns)
    array = as_array(data)
    if array is not None:
        return _of_array(array, columns)
    if not isinstance(data, Sequence) or isinstance(data, (str, bytes)):
        if isinstance(data, (str, bytes)) or not hasattr(data, "__iter__"):
            raise XTrackError("XT_ARGUMENT", f"{type(data).__name__} is no table: give rows, or columns", "table")
        data = list(data)
    return _of_rows(data, columns)


def _of_frame(frame: Any, columns: Optional[Sequence[Any]]) -> Rows:
    """pandas and polars, told by what they can do. An index that pandas did not number itself is a column."""
    total = len(frame)
    if columns is not None:
        frame = frame[list(columns)]
    frame = frame.head(MAX_ROWS)
    if hasattr(frame, "iter_rows"):
        return Rows([text(name) for name in frame.columns], frame.iter_rows(), total)
    if type(frame.index).__name__ != "RangeIndex" and columns is None:
        frame = frame.reset_index()
    return Rows([_frame_name(name) for name in frame.columns], frame.itertuples(index=False, name=None), total)


def _frame_name(name: Any) -> str:
    """Levels of a pandas column joined with dots."""
    return ".".join(text(part) for part in name if text(part)) if isinstance(name, tuple) else text(name)


def _of_columns(data: Mapping[Any, Any], columns: Optional[Sequence[Any]]) -> Rows:
    keys = list(data if columns is None else columns)
    parts = [data.get(key, ()) for key in keys]
    total = max((len(part) for part in parts), default=0)
    return Rows([text(key) for key in keys], zip_longest(*parts), total)


def _of_array(array: Any, columns: Optional[Sequence[Any]]) -> Rows:
    total = len(array) if array.ndim else 0
    first = array[:MAX_ROWS]
    if array.dtype.names is not None and array.ndim == 1:
        names = list(array.dtype.names if columns is None else columns)
        return Rows(names, first[names].tolist(), total)
    if array.ndim == 1:
        return Rows(_named(columns, 1), ([value] for value in first.tolist()), total)
    if array.ndim != 2:
        raise XTrackError("XT_ARGUMENT", f"an array of {array.ndim} dimensions is no table", "table")
    return Rows(_named(columns, array.shape[1]), first.tolist(), total)


def _of_rows(data: Sequence[Any], columns: Optional[Sequence[Any]]) -> Rows:
    named = [None if isinstance(row, Content) else fields_of(row) for row in data[:MAX_ROWS]]
    if named and all(fields is not None for fields in named):
        keys = list(dict.fromkeys(key for fields in named for key in fields or ()) if columns is None else columns)
        rows = ([(fields or {}).get(key) for key in keys] for fields in named)
        return Rows([text(key) for key in keys], rows, len(data))
    lists = [_cells_of(row) for row in data[:MAX_ROWS]]
    return Rows(_named(columns, max(map(len, lists), default=0)), lists, len(data))


def _cells_of(row: Any) -> Sequence[Any]:
    """A row's cells; a row that is one value has one cell."""
    if isinstance(row, (list, tuple)) and not isinstance(row, Content):
        return row
    tolist = getattr(row, "tolist", None)
    cells = tolist() if callable(tolist) else row
    return cells if isinstance(cells, list) else [cells]


def _named(columns: Optional[Sequence[Any]], width: int) -> List[str]:
    if columns is not None:
        return [text(name) for name in columns]
    return ["value"] if width == 1 else [str(index) for index in range(width)]


class _Cells:
    """Cells as JSON, and what kinds of them each column holds."""

    def __init__(self, width: int) -> None:
        self._kinds: List[Dict[str, bool]] = [{} for _ in range(width)]
        self._room = MAX_PICTURES

    @property
    def types(self) -> List[str]:
        """`number`, `string`, `boolean`, `date`, `json`, `image` …; `mixed` for several, `null` for none."""
        return [next(iter(kinds)) if len(kinds) == 1 else "mixed" if kinds else "null" for kinds in self._kinds]

    def settle(self, rows: List[List[Json]]) -> None:
        """NaN among other things than numbers is how pandas says that a value is missing."""
        for index, kinds in enumerate(self._kinds):
            if not kinds.pop(NAN, False):
                continue
            if not kinds or "number" in kinds:
                kinds["number"] = True
                continue
            for row in rows:
                if row[index] == "NaN":
                    row[index] = None

    def row(self, given: Sequence[Any]) -> List[Json]:
        """As wide as the table: short rows are filled up with null, long ones cut."""
        cells: List[Json] = []
        for kinds, value in zip_longest(self._kinds, given[: len(self._kinds)]):
            cell, kind = self._cell(value)
            if kind:
                kinds[kind] = True
            cells.append(cell)
        return cells

    def _cell(self, value: Any) -> Tuple[Json, str]:
        """(JSON, type) of one value; no type for what is missing."""
        if value is None or type(value).__name__ in ("NAType", "NaTType"):
            return None, ""
        if isinstance(value, bool):
            return value, "boolean"
        if isinstance(value, str):
            return text(value, MAX_TEXT), "string"
        if isinstance(value, (int, float)):
            return number(value), "number" if value == value else NAN
        pictured = _picture_of(value)
        if pictured is not None:
            return self._picture(pictured), pictured.media
        if hasattr(value, "dtype") and getattr(value, "shape", None) == ():  # a scalar of numpy or torch
            return self._cell(value.item())
        if callable(getattr(value, "isoformat", None)):
            return text(value.isoformat(), MAX_TEXT), "date"
        found = plain(value)
        if isinstance(found, str):
            return text(found, MAX_TEXT), "string"
        shown = dumps(found)
        return (found, "json") if len(shown) <= MAX_CELL else (text(shown, MAX_TEXT), "string")

    def _picture(self, content: Content) -> Dict[str, Json]:
        facts: Dict[str, Json] = {"media": content.media, "mime": content.mime, "size": len(content.data)}
        if len(content.data) <= min(MAX_PICTURE, self._room):
            self._room -= len(content.data)
            facts["content"] = base64.b64encode(content.data).decode("ascii")
        return facts


def _picture_of(value: Any) -> Optional[Content]:
    """A piece of media, itself or as the `content` of an object that stands for it."""
    found = value if isinstance(value, Content) else vars(value).get("content") if hasattr(value, "__dict__") else None
    return found if isinstance(found, Content) else None
