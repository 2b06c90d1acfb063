"""The same verbs as functions, on the run that was started last and is still open."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from . import _process
from ._errors import warn_once
from ._run import Run
from ._tracker import Tracker

__all__ = [
    "active_run",
    "end_run",
    "log",
    "log_artifact",
    "log_checkpoint",
    "log_metric",
    "log_metrics",
    "log_param",
    "log_params",
    "set_status",
    "start_run",
]


def start_run(
    name: Optional[str] = None,
    *,
    experiment: Optional[str] = None,
    params: Optional[Mapping[str, Any]] = None,
    tags: Optional[Mapping[str, Any]] = None,
    run_id: Optional[str] = None,
    parent_run_id: Optional[str] = None,
) -> Run:
    """Starts a run; see `Tracker.start_run`."""
    return Tracker().start_run(
        name, experiment=experiment, params=params, tags=tags, run_id=run_id, parent_run_id=parent_run_id
    )


def active_run() -> Optional[Run]:
    """The run that the functions of this module log to, or None."""
    runs = _process.live()
    return runs[-1] if runs else None


def _active(call: str) -> Optional[Run]:
    run = active_run()
    if run is None:
        warn_once("no run", f"{call} was called with no active run; start one with xtrack.start_run() (said once)")
    return run


def log_metric(
    key: str,
    value: Any,
    step: Optional[int] = None,
    epoch: Optional[float] = None,
    phase: Optional[str] = None,
    **context: Any,
) -> None:
    """See `Run.log_metric`."""
    run = _active("log_metric")
    if run is not None:
        run.log_metric(key, value, step, epoch, phase, **context)


def log_metrics(
    metrics: Mapping[str, Any],
    step: Optional[int] = None,
    epoch: Optional[float] = None,
    phase: Optional[str] = None,
    **context: Any,
) -> None:
    """See `Run.log_metrics`."""
    run = _active("log_metrics")
    if run is not None:
        run.log_metrics(metrics, step, epoch, phase, **context)


def log_param(key: str, value: Any) -> None:
    """See `Run.log_param`."""
    run = _active("log_param")
    if run is not None:
        run.log_param(key, value)


def log_params(params: Mapping[str, Any]) -> None:
    """See `Run.log_params`."""
    run = _active("log_params")
    if run is not None:
        run.log_params(params)


def log_artifact(path: str, **options: Any) -> None:
    """See `Run.log_artifact`."""
    run = _active("log_artifact")
    if run is not None:
        run.log_artifact(path, **options)


def log_checkpoint(step: int, path: str, **options: Any) -> None:
    """See `Run.log_checkpoint`."""
    run = _active("log_checkpoint")
    if run is not None:
        run.log_checkpoint(step, path, **options)


def set_status(status: str, message: Optional[str] = None, **progress: Any) -> None:
    """See `Run.set_status`."""
    run = _active("set_status")
    if run is not None:
        run.set_status(status, message, **progress)


def log(message: str, level: str = "info", **fields: Any) -> None:
    """See `Run.log`."""
    run = _active("log")
    if run is not None:
        run.log(message, level, **fields)


def end_run(status: str = "completed", error: Any = None) -> None:
    """Ends the active run; see `Run.end`."""
    run = _active("end_run")
    if run is not None:
        run.end(status, error)
