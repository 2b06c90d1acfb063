"""`wandb.plot`: tables, with a word on how to draw them in the artifact's meta (`chart`)."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .._errors import XTrackError
from .._values.arrays import as_lists
from ._table import CustomChart, Table

__all__ = [
    "CustomChart",
    "bar",
    "confusion_matrix",
    "histogram",
    "line",
    "line_series",
    "plot_table",
    "pr_curve",
    "roc_curve",
    "scatter",
]

MAX_POINTS = 1_000  # of one curve


def line(
    table: Table, x: str, y: str, stroke: Optional[str] = None, title: str = "", split_table: bool = False
) -> CustomChart:
    """Lines of column `y` over `x`, one for each value of `stroke`."""
    return CustomChart(table, {"type": "line", "title": title, "x": x, "y": y, "stroke": stroke})


def scatter(table: Table, x: str, y: str, title: str = "", split_table: bool = False) -> CustomChart:
    """Points at columns `x` and `y`."""
    return CustomChart(table, {"type": "scatter", "title": title, "x": x, "y": y})


def bar(table: Table, label: str, value: str, title: str = "", split_table: bool = False) -> CustomChart:
    """A bar as long as `value` for each `label`."""
    return CustomChart(table, {"type": "bar", "title": title, "label": label, "value": value})


def histogram(table: Table, value: str, title: str = "", split_table: bool = False) -> CustomChart:
    """How the column `value` is spread."""
    return CustomChart(table, {"type": "histogram", "title": title, "value": value})


def plot_table(
    vega_spec_name: str,
    data_table: Table,
    fields: Mapping[str, Any],
    string_fields: Optional[Mapping[str, Any]] = None,
    split_table: bool = False,
) -> CustomChart:
    """A table for a chart of the script's own; the name of its spec is kept."""
    chart = {"type": "custom", "spec": vega_spec_name, "fields": dict(fields), "strings": dict(string_fields or {})}
    return CustomChart(data_table, chart)


def line_series(
    xs: Any, ys: Any, keys: Any = None, title: str = "", xname: str = "x", split_table: bool = False
) -> CustomChart:
    """Several lines; `xs` may be shared by all."""
    lines = [list(as_lists(values)) for values in as_lists(ys)]
    given = list(as_lists(xs))
    nested = bool(given) and (hasattr(given[0], "__iter__") and not isinstance(given[0], str))
    axes = [list(as_lists(values)) for values in given] if nested else [given] * len(lines)
    names = [str(key) for key in keys] if keys is not None else [f"line_{index}" for index in range(len(lines))]
    if not len(axes) == len(lines) == len(names):
        raise XTrackError("XT_ARGUMENT", f"{len(axes)} xs, {len(lines)} ys and {len(names)} keys do not match")
    rows = [[x, name, y] for axis, values, name in zip(axes, lines, names) for x, y in zip(axis, values)]
    return line(Table([xname, "line", "y"], rows), xname, "y", "line", title)


def confusion_matrix(
    probs: Any = None,
    y_true: Any = None,
    preds: Any = None,
    class_names: Optional[Sequence[str]] = None,
    title: str = "Confusion Matrix Curve",
    split_table: bool = False,
) -> CustomChart:
    """How often each class was taken for each other. Give labels `preds`, or `probs` of which the highest counts."""
    if (probs is None) == (preds is None) or y_true is None:
        raise XTrackError("XT_ARGUMENT", "confusion_matrix takes y_true and one of preds and probs")
    truth = list(as_lists(y_true))
    if preds is None:
        taken: List[Any] = [max(range(len(row)), key=lambda index: float(row[index])) for row in as_lists(probs)]
    else:
        taken = list(as_lists(preds))
    if len(taken) != len(truth):
        raise XTrackError("XT_ARGUMENT", f"{len(taken)} predictions for {len(truth)} labels")
    if class_names is not None:
        names = [str(name) for name in class_names]
        labels: List[Any] = list(range(len(names)))
        if any(isinstance(value, str) for value in truth):
            labels = list(names)
    else:
        labels = sorted(set(truth) | set(taken))
        names = [str(value) for value in labels]
    counts: Dict[Tuple[Any, Any], int] = {}
    for pair in zip(truth, taken):
        counts[pair] = counts.get(pair, 0) + 1
    rows = [
        [actual, predicted, counts.get((labels[i], labels[j]), 0)]
        for i, actual in enumerate(names)
        for j, predicted in enumerate(names)
    ]
    return CustomChart(
        Table(["Actual", "Predicted", "nPredictions"], rows), {"type": "confusion_matrix", "title": title}
    )


def roc_curve(
    y_true: Any,
    y_probas: Any = None,
    labels: Optional[Sequence[str]] = None,
    classes_to_plot: Optional[Sequence[Any]] = None,
    title: str = "ROC Curve",
    split_table: bool = False,
) -> CustomChart:
    """True positives over false positives, one curve a class."""
    rows: List[List[Any]] = []
    for name, hits, scores in _by_class(y_true, y_probas, labels, classes_to_plot):
        positive, negative = sum(hits), len(hits) - sum(hits)
        points = [(fp / (negative or 1), tp / (positive or 1)) for tp, fp in _thresholds(hits, scores)]
        rows.extend([name, x, y] for x, y in _thinned([(0.0, 0.0), *points]))
    chart = {"type": "line", "title": title, "x": "fpr", "y": "tpr", "stroke": "class"}
    return CustomChart(Table(["class", "fpr", "tpr"], rows), chart)


def pr_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Optional[Sequence[str]] = None,
    classes_to_plot: Optional[Sequence[Any]] = None,
    interp_size: int = 21,
    title: str = "Precision-Recall Curve",
    split_table: bool = False,
) -> CustomChart:
    """Precision at `interp_size` values of recall, one curve a class: the best precision at that recall or more."""
    rows: List[List[Any]] = []
    for name, hits, scores in _by_class(y_true, y_probas, labels, classes_to_plot):
        positive = sum(hits) or 1
        points = [(tp / positive, tp / (tp + fp)) for tp, fp in _thresholds(hits, scores)]
        for index in range(interp_size):
            recall = index / max(1, interp_size - 1)
            best = max((precision for reached, precision in points if reached >= recall - 1e-12), default=0.0)
            rows.append([name, recall, best])
    chart = {"type": "line", "title": title, "x": "recall", "y": "precision", "stroke": "class"}
    return CustomChart(Table(["class", "recall", "precision"], rows), chart)


def _by_class(
    y_true: Any, y_probas: Any, labels: Optional[Sequence[str]], classes: Optional[Sequence[Any]]
) -> List[Tuple[str, List[bool], List[float]]]:
    """(name, which samples are of it, their scores) of each class, in the order of the columns of `y_probas`."""
    if y_true is None or y_probas is None:
        raise XTrackError("XT_ARGUMENT", "a curve takes y_true and y_probas")
    truth, scores = list(as_lists(y_true)), [list(as_lists(row)) for row in as_lists(y_probas)]
    if len(truth) != len(scores):
        raise XTrackError("XT_ARGUMENT", f"{len(scores)} rows of y_probas for {len(truth)} labels")
    known = sorted(set(truth))
    width = len(scores[0]) if scores else 0
    if len(known) != width:  # some class has no sample: then labels are the numbers of the columns
        known = list(range(width))
    found = []
    for column, label in enumerate(known):
        if classes is None or label in classes:
            name = str(labels[column]) if labels is not None else str(label)
            found.append((name, [value == label for value in truth], [float(row[column]) for row in scores]))
    return found


def _thresholds(hits: List[bool], scores: List[float]) -> List[Tuple[int, int]]:
    """(true positives, false positives) when all samples of at least each score are taken, from the highest down."""
    order = sorted(zip(scores, hits), key=lambda pair: -pair[0])
    points: List[Tuple[int, int]] = []
    right = wrong = 0
    for index, (score, hit) in enumerate(order):
        right, wrong = right + hit, wrong + (not hit)
        if index + 1 == len(order) or order[index + 1][0] != score:
            points.append((right, wrong))
    return points


def _thinned(points: List[Tuple[float, float]]) -> List[Tuple[float, float]]:
    """At most 1,000 points, the first and the last among them."""
    if len(points) <= MAX_POINTS:
        return points
    step = (len(points) - 1) / (MAX_POINTS - 1)
    return [points[round(index * step)] for index in range(MAX_POINTS)]
