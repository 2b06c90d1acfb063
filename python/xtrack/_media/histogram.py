"""Many numbers -> a histogram of at most 512 bins, with numpy where it is loaded and without it elsewhere."""

from __future__ import annotations

import sys
from array import array
from typing import Any, Dict, List, Optional, Sequence, Tuple

from .._errors import XTrackError
from .._values.arrays import as_array, as_lists
from .._values.values import dumps, number
from .content import Content

__all__ = ["MAX_BINS", "histogram"]

MAX_BINS = 512
MANY = 10_000  # numbers that are worth an array


def histogram(values: Any, bins: int = 64, range: Optional[Tuple[float, float]] = None) -> Content:
    """A histogram: see `Run.log_histogram`."""
    if not 1 <= bins <= MAX_BINS:
        raise XTrackError("XT_ARGUMENT", f"bins {bins} is not 1 to {MAX_BINS}", "bins")
    ready = _precomputed(values)
    if ready is not None:
        facts = _of_counts(*ready)
    else:
        found = as_array(values)
        if found is None and "numpy" in sys.modules and isinstance(values, (list, tuple)) and len(values) > MANY:
            found = sys.modules["numpy"].array(_numbers(values), dtype="float64")
        facts = _of_array(found, bins, range) if found is not None else _of_numbers(_numbers(values), bins, range)
    meta: Dict[str, Any] = {key: facts[key] for key in ("count", "min", "max", "mean") if key in facts}
    return Content("histogram", "data", "application/json", dumps(facts).encode(), meta)


def _precomputed(values: Any) -> Optional[Tuple[List[float], List[float]]]:
    """(counts, edges), as numpy's `histogram` returns them; None for plain values."""
    if not isinstance(values, tuple) or len(values) != 2:
        return None
    counts, edges = (as_lists(part) for part in values)
    if not isinstance(counts, (list, tuple)) or not isinstance(edges, (list, tuple)) or len(edges) != len(counts) + 1:
        return None
    return list(counts), list(edges)


def _of_counts(counts: List[float], edges: List[float]) -> Dict[str, Any]:
    if not 1 <= len(counts) <= MAX_BINS:
        raise XTrackError("XT_ARGUMENT", f"{len(counts)} bins are not 1 to {MAX_BINS}", "values")
    if any(not low <= high for low, high in zip(edges, edges[1:])):
        raise XTrackError("XT_ARGUMENT", "the edges do not rise", "values")
    return {
        "bins": [number(edge) for edge in edges],
        "counts": [number(count) for count in counts],
        "count": number(sum(counts)),
        "min": number(edges[0]),
        "max": number(edges[-1]),
    }


def _of_array(values: Any, bins: int, limits: Optional[Tuple[float, float]]) -> Dict[str, Any]:
    numpy: Any = sys.modules["numpy"]
    kind = values.dtype.kind
    if kind not in "biufO":
        raise XTrackError("XT_ARGUMENT", f"a histogram of {values.dtype} is not understood: give numbers", "values")
    flat = values.reshape(-1).astype({"O": "float64", "b": "uint8"}.get(kind, values.dtype), copy=False)
    finite = flat
    odd = (0, 0, 0)
    if flat.dtype.kind == "f":
        good = numpy.isfinite(flat)
        if not good.all():
            finite, bad = flat[good], flat[~good]
            odd = (int(numpy.isnan(bad).sum()), int((bad > 0).sum()), int((bad < 0).sum()))
    if not finite.size:
        return _described([], [], 0, None, odd, (0, 0))
    low, high = float(finite.min()), float(finite.max())
    start, end = _limits(low, high, limits)
    beyond = (int((finite < start).sum()), int((finite > end).sum()))
    try:
        counts, edges = numpy.histogram(finite, bins, (start, end))
    except ValueError:  # fewer floats between the limits than bins
        return _of_numbers(flat.tolist(), bins, limits)
    mean = float(finite.mean(dtype="float64"))
    return _described(edges.tolist(), counts.tolist(), int(finite.size), (low, high, mean), odd, beyond)


def _numbers(values: Any) -> List[float]:
    if isinstance(values, (list, tuple)):
        try:
            return array("d", values).tolist()  # all at once, where all are numbers
        except (TypeError, OverflowError):
            pass
    found: List[float] = []
    _gather(as_lists(values), found, 8)
    return found


def _gather(values: Any, found: List[float], levels: int) -> None:
    """Numbers of an iterable, nested or not, in `found`."""
    for value in values:
        if isinstance(value, (int, float)):
            found.append(float(value))
        elif isinstance(value, (str, bytes)) or levels == 0:
            raise XTrackError("XT_ARGUMENT", f"a histogram holds numbers, not {type(value).__name__}", "values")
        else:
            inner = as_lists(value)
            _gather(inner if hasattr(inner, "__iter__") else (float(inner),), found, levels - 1)


def _of_numbers(values: Sequence[float], bins: int, limits: Optional[Tuple[float, float]]) -> Dict[str, Any]:
    finite = [float(value) for value in values if value - value == 0]
    odd = (
        sum(value != value for value in values),
        sum(value == float("inf") for value in values),
        sum(value == -float("inf") for value in values),
    )
    if not finite:
        return _described([], [], 0, None, odd, (0, 0))
    low, high = min(finite), max(finite)
    start, end = _limits(low, high, limits)
    counts = [0] * bins
    scale = bins / (end - start)
    below = above = 0
    for value in finite:
        if value < start:
            below += 1
        elif value > end:
            above += 1
        else:
            counts[min(int((value - start) * scale), bins - 1)] += 1
    width = (end - start) / bins
    edges = [start + index * width for index in range(bins)] + [end]
    summary = (low, high, sum(value / len(finite) for value in finite))
    return _described(edges, counts, len(finite), summary, odd, (below, above))


def _limits(low: float, high: float, limits: Optional[Tuple[float, float]]) -> Tuple[float, float]:
    """Where the first bin begins and the last ends; never the same, as numpy has it too."""
    start, end = (low, high) if limits is None else (float(limits[0]), float(limits[1]))
    if not start <= end or end - start == float("inf"):
        raise XTrackError("XT_ARGUMENT", f"a histogram from {start} to {end} cannot be drawn", "range")
    while start == end or (end - start) / MAX_BINS == 0:
        margin = max(0.5, abs(start) * 1e-9)
        start, end = start - margin, end + margin
    return start, end


def _described(
    edges: List[float],
    counts: List[int],
    count: int,
    summary: Optional[Tuple[float, float, float]],
    odd: Tuple[int, int, int],
    beyond: Tuple[int, int],
) -> Dict[str, Any]:
    """The stored JSON. What is in no bin is counted apart, and named only where there is some."""
    facts: Dict[str, Any] = {"bins": edges, "counts": counts, "count": count}
    if summary is not None:
        facts.update(min=summary[0], max=summary[1], mean=number(summary[2]))
    apart = zip(("nan", "inf", "neg_inf", "below", "above"), (*odd, *beyond))
    facts.update((name, amount) for name, amount in apart if amount)
    return facts
