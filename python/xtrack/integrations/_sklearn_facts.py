"""What a scikit-learn estimator says of itself: parameters, how well it fits, how it got there, what a search found."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Mapping, Tuple

from .._run import Run
from ._children import Children
from ._library import library

__all__ = ["candidates", "curves", "data_facts", "learns", "log_fitted", "params_of", "scores"]

sklearn_base = library("sklearn.base", "scikit-learn")

MAX_PARAMS = 500  # of one estimator, nested ones counted
MAX_ROWS = 10_000  # on which a fitted estimator is scored: predicting must not cost what fitting does
MAX_CLASSES = 50  # for the area under the curve, which takes each class by itself
MAX_POINTS = 1_000  # of one curve

# Attributes that hold one number for each iteration, and the phase that they are of.
CURVES = {
    "loss_curve_": "train",
    "train_score_": "train",
    "validation_scores_": "val",
    "validation_score_": "val",
    "oob_improvement_": "val",
}
NUMBERS = ("n_iter_", "inertia_", "oob_score_", "best_loss_", "alpha_", "lower_bound_")
SPLIT = re.compile(r"split(\d+)_(.+)")


def learns(estimator: Any) -> bool:
    """True for what predicts, clusters or searches; a transformer alone (a scaler, say) makes no run."""
    return any(hasattr(estimator, verb) for verb in ("predict", "fit_predict", "score_samples", "cv_results_")) or (
        hasattr(estimator, "cv") and hasattr(estimator, "refit")
    )


def params_of(estimator: Any) -> Dict[str, Any]:
    """Its class and `get_params`, nested names included; estimators inside are told by their class."""
    found: Dict[str, Any] = {"class": type(estimator).__name__}
    for name, value in sorted(estimator.get_params(deep=True).items()):
        if len(found) > MAX_PARAMS:
            break
        found[name] = _told(value)
    return found


def data_facts(rows: Any, estimator: Any) -> Dict[str, Any]:
    """Shape of the data that it was fitted on."""
    shape = getattr(rows, "shape", None)
    found: Dict[str, Any] = {"rows": int(shape[0]) if shape else len(rows)}
    columns = getattr(estimator, "n_features_in_", shape[1] if shape is not None and len(shape) > 1 else None)
    if columns is not None:
        found["columns"] = int(columns)
    classes = getattr(estimator, "classes_", None)
    if classes is not None and getattr(classes, "ndim", 1) == 1:
        found["classes"] = len(classes)
    return {"data": found}


def log_fitted(run: Run, estimator: Any, rows: Any, target: Any, max_children: int) -> None:
    """All that is known once `fit` has returned."""
    run.log_params(data_facts(rows, estimator))
    final = _final(estimator)
    run.log_metrics(scores(estimator, rows, target), phase="train")
    run.log_metrics({name.rstrip("_"): value for name in NUMBERS for value in _number(final, name)})
    for name, (phase, points) in curves(final).items():
        for step, value in points:
            run.log_metric(name, value, step=step, phase=phase)
    results = getattr(estimator, "cv_results_", None)
    if isinstance(results, dict) and "params" in results:
        candidates(run, estimator, results, max_children)


def scores(estimator: Any, rows: Any, target: Any) -> Dict[str, float]:
    """How well it does on (at most 10,000 rows of) what it was fitted on, by the kind of estimator."""
    rows, target = _bounded(rows, target)
    if not hasattr(estimator, "predict") or target is None:
        return _each({"score": lambda: estimator.score(rows, target)}) if hasattr(estimator, "score") else {}
    if sklearn_base.is_classifier(estimator):
        return _classified(estimator, rows, target)
    if sklearn_base.is_regressor(estimator):
        return _regressed(estimator, rows, target)
    return _each({"score": lambda: estimator.score(rows, target)}) if hasattr(estimator, "score") else {}


def curves(estimator: Any) -> Dict[str, Tuple[str, List[Tuple[int, float]]]]:
    """Name -> (phase, [(iteration, value)]) of what it noted while it was fitted, at most 1,000 points each."""
    found: Dict[str, Tuple[str, List[Tuple[int, float]]]] = {}
    for attribute, phase in CURVES.items():
        values = getattr(estimator, attribute, None)
        if values is None or not hasattr(values, "__len__") or getattr(values, "ndim", 1) != 1 or len(values) == 0:
            continue
        stride = -(-len(values) // MAX_POINTS)
        kept = [(step, float(values[step])) for step in range(len(values)) if (len(values) - 1 - step) % stride == 0]
        found[attribute.rstrip("_")] = (phase, kept)
    return found


def candidates(run: Run, search: Any, results: Mapping[str, Any], most: int) -> None:
    """A search: what was best, all candidates as a table, and the best of them as child runs."""
    params: List[Dict[str, Any]] = list(results["params"])
    run.log_param("candidates", len(params))
    run.log_params({"best": {name: _told(value) for name, value in getattr(search, "best_params_", {}).items()}})
    found = {name.rstrip("_"): value for name in ("best_score_", "best_index_") for value in _number(search, name)}
    run.log_metrics(found)
    columns = {name: values for name, values in results.items() if name != "params" and not name.startswith("param_")}
    table = [
        {**{f"param {name}": _told(value) for name, value in chosen.items()}, **{k: v[i] for k, v in columns.items()}}
        for i, chosen in enumerate(params)
    ]
    run.log_table("cv_results", table)
    ranks = next((values for name, values in columns.items() if name.startswith("rank_test_")), range(len(params)))
    children = Children(run)
    for index in sorted(range(len(params)), key=lambda each: int(ranks[each]))[:most]:
        chosen = {name: _told(value) for name, value in params[index].items()}
        child = children.start(f"candidate {index}", params=chosen, tags={"candidate": index})
        for name, values in columns.items():
            split = SPLIT.fullmatch(name)
            if split is None:
                child.log_metric(name, values[index])
            else:
                phase = "train" if split.group(2).startswith("train") else "val"
                child.log_metric(split.group(2), values[index], step=int(split.group(1)), phase=phase)
        children.end(child)


def _classified(estimator: Any, rows: Any, target: Any) -> Dict[str, float]:
    metrics = library("sklearn.metrics", "scikit-learn")
    predicted = estimator.predict(rows)
    known: Any = getattr(estimator, "classes_", None)
    found: Dict[str, Callable[[], Any]] = {
        "accuracy": lambda: metrics.accuracy_score(target, predicted),
        "f1_macro": lambda: metrics.f1_score(target, predicted, average="macro", zero_division=0),
    }
    if hasattr(estimator, "predict_proba") and getattr(known, "ndim", 0) == 1 and 2 <= len(known) <= MAX_CLASSES:
        chances = estimator.predict_proba(rows)
        found["log_loss"] = lambda: metrics.log_loss(target, chances, labels=known)
        if len(known) == 2:
            found["roc_auc"] = lambda: metrics.roc_auc_score(target == known[1], chances[:, 1])
        else:
            found["roc_auc"] = lambda: metrics.roc_auc_score(target, chances, multi_class="ovr", labels=known)
    return _each(found)


def _regressed(estimator: Any, rows: Any, target: Any) -> Dict[str, float]:
    metrics = library("sklearn.metrics", "scikit-learn")
    predicted = estimator.predict(rows)
    return _each(
        {
            "r2": lambda: metrics.r2_score(target, predicted),
            "rmse": lambda: metrics.mean_squared_error(target, predicted) ** 0.5,
            "mae": lambda: metrics.mean_absolute_error(target, predicted),
        }
    )


def _each(wanted: Mapping[str, Callable[[], Any]]) -> Dict[str, float]:
    """Those that can be computed: one that does not fit this data does not take the others with it."""
    found: Dict[str, float] = {}
    for name, compute in wanted.items():
        try:
            found[name] = float(compute())
        except Exception:
            continue
    return found


def _bounded(rows: Any, target: Any) -> Tuple[Any, Any]:
    count = int(rows.shape[0]) if hasattr(rows, "shape") else len(rows)
    if count > MAX_ROWS:
        stride = -(-count // MAX_ROWS)
        take = library("sklearn.utils", "scikit-learn")._safe_indexing
        kept = list(range(0, count, stride))
        rows, target = take(rows, kept), None if target is None else take(target, kept)
    if target is not None:
        target = library("numpy", "numpy").asarray(target)
    return rows, target


def _final(estimator: Any) -> Any:
    """The one that learned: the best of a search, the last step of a pipeline."""
    for _ in range(8):  # how deep they nest in each other, at most
        inner = getattr(estimator, "best_estimator_", None)
        steps = getattr(estimator, "steps", None)
        if inner is None and isinstance(steps, list) and steps:
            inner = steps[-1][1]
        if inner is None or isinstance(inner, str):
            break
        estimator = inner
    return estimator


def _number(estimator: Any, name: str) -> List[float]:
    """None or one: some estimators have an array here, of one element or of many."""
    value = getattr(estimator, name, None)
    if value is not None and getattr(value, "size", 1) == 1 and callable(getattr(value, "item", None)):
        value = value.item()
    return [float(value)] if isinstance(value, (int, float)) else []


def _told(value: Any) -> Any:
    """A parameter's value: estimators by their class, also those in the lists of pipelines."""
    if isinstance(value, type):
        return value.__name__
    if hasattr(value, "get_params"):
        return type(value).__name__
    if isinstance(value, (list, tuple)) and len(value) <= MAX_PARAMS:
        return [_told(item) for item in value]
    if isinstance(value, dict) and len(value) <= MAX_PARAMS:
        return {str(name): _told(item) for name, item in value.items()}
    return value
