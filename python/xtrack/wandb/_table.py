"""`wandb.Table`: rows collected by the script, and kept when they are logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from .._errors import XTrackError
from .._values.arrays import as_array
from ._values import Value

if TYPE_CHECKING:
    from .._run import Run

__all__ = ["CustomChart", "Table"]

DEFAULT_COLUMNS = ("Input", "Output", "Expected")


class Table(Value):
    """Columns and rows; cells may be images and other values of this package. See `Run.log_table` for the bounds."""

    def __init__(
        self,
        columns: Optional[Sequence[Any]] = None,
        data: Any = None,
        rows: Optional[Sequence[Sequence[Any]]] = None,
        dataframe: Any = None,
        dtype: Any = None,
        optional: Any = True,
        allow_mixed_types: bool = False,
        log_mode: Optional[str] = "IMMUTABLE",
    ) -> None:
        self.log_mode = log_mode
        self.data: List[List[Any]] = []
        self.columns: List[Any] = list(DEFAULT_COLUMNS if columns is None else columns)
        given = data if dataframe is None else dataframe
        if hasattr(given, "columns") and hasattr(given, "itertuples"):
            self.columns = list(given.columns)
            self.data = [list(row) for row in given.itertuples(index=False, name=None)]
            return
        array = as_array(given)
        lists = array.tolist() if array is not None else given if given is not None else rows or []
        for row in lists:
            self.add_data(*row)

    def add_data(self, *data: Any) -> None:
        """Adds a row. XTrackError unless it has a value for each column."""
        if len(data) != len(self.columns):
            raise XTrackError("XT_ARGUMENT", f"a row of {len(data)} cells; the table has {len(self.columns)} columns")
        self.data.append(list(data))

    def add_row(self, *row: Any) -> None:
        """Adds a row: see `add_data`."""
        self.add_data(*row)

    def add_column(self, name: Any, data: Any, optional: bool = False) -> None:
        """Adds a column. XTrackError unless it has a value for each row."""
        cells = list(data)
        if self.data and len(cells) != len(self.data):
            raise XTrackError("XT_ARGUMENT", f"a column of {len(cells)} cells; the table has {len(self.data)} rows")
        if not self.data:
            self.data = [[None] * len(self.columns) for _ in cells]
        self.columns.append(name)
        for row, cell in zip(self.data, cells):
            row.append(cell)

    def add_computed_columns(self, fn: Callable[[int, Dict[Any, Any]], Dict[Any, Any]]) -> None:
        """Adds the columns that `fn(index, row as dict)` returns."""
        made = [fn(index, dict(zip(self.columns, row))) for index, row in enumerate(self.data)]
        for name in dict.fromkeys(key for row in made for key in row):
            self.add_column(name, [row.get(name) for row in made])

    def get_column(self, name: Any, convert_to: Optional[str] = None) -> Any:
        """The cells of a column; with `convert_to="numpy"` as an array."""
        index = self.columns.index(name)
        cells = [row[index] for row in self.data]
        if convert_to != "numpy":
            return cells
        from importlib import import_module

        return import_module("numpy").array(cells)

    def get_index(self) -> List[int]:
        return list(range(len(self.data)))

    def get_dataframe(self) -> Any:
        """The table as a pandas DataFrame."""
        from importlib import import_module

        return import_module("pandas").DataFrame(self.data, columns=self.columns)

    def iterrows(self) -> Iterator[Tuple[int, List[Any]]]:
        yield from enumerate(self.data)

    def send(self, run: "Run", key: str, step: Optional[int], **meta: Any) -> None:
        from .._media.tables import table

        self._encode(lambda: table(self.data, self.columns))
        super().send(run, key, step, **meta)


class CustomChart(Value):
    """A table, and how to draw it: `chart` in the artifact's meta."""

    def __init__(self, table: Table, chart: Dict[str, Any]) -> None:
        self.table = table
        self.chart = {key: value for key, value in chart.items() if value not in (None, "")}

    def send(self, run: "Run", key: str, step: Optional[int], **meta: Any) -> None:
        self.table.send(run, key, step, chart=self.chart, **meta)
