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
        readable = {key: value for key, value in self.numbers.items() if not on_device(value)}
        counted = metrics.counters
        last.update((key, float(number(value))) for key, value in readable.items() if key in counted)
        groups: Dict[int, Dict[str, Any]] = {}
        for key, value in self.numbers.items():
            groups.setdefault(_step_of(key, metrics, last, step), {})[key] = value
            if key in readable:
                shown = value if isinstance(value, (bool, int, float)) else _python(value)
                metrics.observe(self._paths[key], shown)
        epoch = _finite(last.get("epoch")) if "epoch" in readable else None
        for at, numbers in groups.items():
            run.log_metrics(numbers, step=at, epoch=epoch)
        for path, value in self.others:
            if isinstance(value, (str, list, tuple)) and not _has_media(value):
                metrics.observe(path, value)
            _send_other(run, ".".join(path), value, step)


def _is_number(value: Any) -> bool:
    """Numbers, and scalars and arrays of one element of any library."""
    if isinstance(value, (bool, int, float)):
        return True
    if isinstance(value, (str, bytes, list, tuple, dict, Value)):
        return False
    shape = getattr(value, "shape", None)
    if shape is not None:
        return sizes(shape) == 1 and getattr(getattr(value, "dtype", None), "kind", "f") in "biuf"
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


def _step_of(key: str, metrics: Metrics, last: Dict[str, float], step: int) -> int:
    rule = metrics.rule(key)
    found = last.get(rule.step_metric) if rule is not None and rule.step_metric else None
    if found is None or found - found != 0 or found != int(found):
        return step
    return int(found)


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
    elif type(value).__module__.split(".")[0] == "PIL":
        run.log_image(key, value, step)
    elif any(callable(getattr(value, name, None)) for name in ("savefig", "gcf", "to_plotly_json")):
        run.log_figure(key, value, step)
    elif isinstance(value, (list, tuple)) and not all(_is_number(item) for item in value):
        run.log_text(key, repr(value)[:65_536], step)
    elif isinstance(value, (list, tuple)) or getattr(value, "shape", None) is not None:
        if len(value):
            run.log_histogram(key, value, step)
    else:
        warn_once(f"log {type(value).__name__}", f"{key}: a {type(value).__name__} cannot be logged and was left out")
