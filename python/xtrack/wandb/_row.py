"""What `log` was given, sorted: numbers by step, and everything else as the media verb that keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple

from .._errors import warn_once
from .._values.device import on_device
from .._values.values import number
from ._metrics import Metrics
from ._summary import flat
from ._values import Value

if TYPE_CHECKING:
    from .._run import Run

__all__ = ["Row", "sizes"]

MAX_MEDIA = 108  # items of one list


class Row:
    """The content of one `log` call, or of several that make one step."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.numbers: Dict[str, Any] = {}
        self.others: List[Tuple[Tuple[str, ...], Any]] = []
        self._paths: Dict[str, Tuple[str, ...]] = {}
        for path, value in flat(data):
            if value is None:
                continue
            if _is_number(value):
                key = ".".join(path)
                self.numbers[key], self._paths[key] = value, path
            else:
                self.others.append((path, value))

    def send(self, run: "Run", step: int, metrics: Metrics, last: Dict[str, float]) -> None:
        """Records it at `step`; keys with a step metric of their own at the value of that one.

        `last` remembers the newest value of each metric that counts steps or epochs.
        """
        readable: Dict[str, Any] = {}
        for key, value in list(self.numbers.items()):
            if on_device(value):
                continue
            try:
                readable[key] = value if isinstance(value, (bool, int, float)) else _python(value)
            except Exception as error:  # it takes nothing else of its row along
                del self.numbers[key]
                run._fault("wandb.log", error, key)
        counted = metrics.counters
        last.update((key, float(value)) for key, value in readable.items() if key in counted)
        groups: Dict[int, Dict[str, Any]] = {}
        for key, value in self.numbers.items():
            groups.setdefault(metrics.step_of(key, last, step), {})[key] = value
            if key in readable:
                metrics.observe(self._paths[key], readable[key])
        epoch = _finite(last.get("epoch")) if "epoch" in readable else None
        for at, numbers in groups.items():
            run.log_metrics(numbers, step=at, epoch=epoch)
        for path, value in self.others:
            key = ".".join(path)
            try:
                if isinstance(value, (str, list, tuple)) and not _has_media(value):
                    metrics.observe(path, value)
                _send_other(run, key, value, step)
            except Exception as error:
                run._fault("wandb.log", error, key)


def _is_number(value: Any) -> bool:
    """Numbers, and scalars and arrays of one element of any library."""
    if isinstance(value, (bool, int, float)):
        return True
    if isinstance(value, (str, bytes, list, tuple, dict, Value)):
        return False
    shape = getattr(value, "shape", None)
    if shape is not None:
        # A DataFrame of one cell is a table.
        return sizes(shape) == 1 and not hasattr(value, "columns") and getattr(getattr(value, "dtype", None), "kind", "f") in "biuf"
    return callable(getattr(type(value), "__float__", None))


def _python(value: Any) -> float:
    """The number of any library as Python's own."""
    found = number(value)
    return float(found) if isinstance(found, str) else found


def sizes(shape: Any) -> int:
    """Elements of an array of this shape; -1 where that is no shape."""
    size = 1
    try:
        for extent in shape:
            size *= int(extent)
    except (TypeError, ValueError):
        return -1
    return size


def _finite(value: Optional[float]) -> Optional[float]:
    if value is None or value - value != 0:
        return None
    return int(value) if value == int(value) else value


def _has_media(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and any(isinstance(item, Value) for item in value)


def _send_other(run: "Run", key: str, value: Any, step: int) -> None:
    if isinstance(value, Value):
        value.send(run, key, step)
    elif isinstance(value, str):
        run.log_text(key, value, step)
    elif _has_media(value):
        for index, item in enumerate(value[:MAX_MEDIA]):
            if isinstance(item, Value):
                item.send(run, key, step, index=index)
        if len(value) > MAX_MEDIA:
            warn_once("media list", f"{key}: {len(value)} items at once; {MAX_MEDIA} are kept")
    elif callable(getattr(value, "isoformat", None)):
        run.log_text(key, value.isoformat(), step)
    elif type(value).__module__.split(".")[0] == "PIL":
        run.log_image(key, value, step)
    elif hasattr(value, "columns") and (hasattr(value, "itertuples") or hasattr(value, "iter_rows")):
        run.log_table(key, value, step)
    elif callable(getattr(value, "get_figure", None)):  # axes, and what is drawn on them
        run.log_figure(key, value.get_figure(), step)
    elif any(callable(getattr(value, name, None)) for name in ("savefig", "gcf", "to_plotly_json")):
        run.log_figure(key, value, step)
    elif isinstance(value, (list, tuple)) and not all(_is_number(item) for item in value):
        run.log_text(key, repr(value)[:65_536], step)
    elif isinstance(value, (list, tuple)) or getattr(value, "shape", None) is not None:
        if len(value):
            run.log_histogram(key, value, step)
    else:
        warn_once(f"log {type(value).__name__}", f"{key}: a {type(value).__name__} cannot be logged and was left out")
