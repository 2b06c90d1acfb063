"""The same verbs as functions, on the run that was started last and is still open."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional, Union

from . import _process
from ._errors import warn_once
from ._run import Run
from ._steering.commands import AT_RECEIPT, Handler
from ._steering.knobs import Knob
from ._tracker import Tracker
from ._values.fields import tags_of

__all__ = [
    "active_run",
    "checkpoint_requested",
    "end_run",
    "init",
    "knob",
    "log",
    "log_artifact",
    "log_checkpoint",
    "log_figure",
    "log_histogram",
    "log_image",
    "log_metric",
    "log_metrics",
    "log_param",
    "log_params",
    "log_table",
    "log_text",
    "on_command",
    "params_updates",
    "safe_point",
    "set_status",
    "set_tag",
    "set_tags",
    "should_stop",
    "start_run",
    "wait_if_paused",
]


def start_run(
    name: Optional[str] = None,
    run_id: Optional[str] = None,
    experiment_id: Optional[str] = None,
    tags: Any = None,
    transport: Any = None,
    *,
    system_metrics: Union[bool, float, None] = None,
    **options: Any,
) -> Run:
    """Starts a run; see `Tracker.start_run`, and `Tracker` for `transport` and `system_metrics`."""
    tracker = Tracker(transport=transport, system_metrics=system_metrics)
    return tracker.start_run(name, run_id, experiment_id, tags, **options)


# What people call the same things elsewhere.
SPELLINGS = {"project": "experiment", "config": "params", "id": "run_id", "hparams": "params", "hyperparameters": "params"}


def init(project: Optional[str] = None, **options: Any) -> Run:
    """`start_run` by the name, and with the words, of other trackers: `xtrack.init(project="digits", config={"lr": 0.1})`.

    `project` is the experiment, `config` the params, `id` the run's id; `group`, `job_type`, `entity` and `notes`
    become tags. All that `start_run` takes is taken, too.
    """
    given = {SPELLINGS.get(name, name): value for name, value in options.items()}
    if project is not None:
        given["experiment"] = project
    tags = tags_of(given.get("tags") or {})
    tags.update(tags_of({name: given.pop(name) for name in ("group", "job_type", "entity", "notes") if given.get(name)}))
    return start_run(**dict(given, tags=tags))


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
    batch_size: Optional[int] = None,
    **context: Any,
) -> None:
    """See `Run.log_metric`."""
    run = _active("log_metric")
    if run is not None:
        run.log_metric(key, value, step, epoch, phase, batch_size, **context)


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


def log_param(key: str, value: Any, nested_key: Any = None) -> None:
    """See `Run.log_param`."""
    run = _active("log_param")
    if run is not None:
        run.log_param(key, value, nested_key)


def log_params(params: Any) -> None:
    """See `Run.log_params`."""
    run = _active("log_params")
    if run is not None:
        run.log_params(params)


def log_artifact(path: Any, *more: Any, **options: Any) -> None:
    """See `Run.log_artifact`."""
    run = _active("log_artifact")
    if run is not None:
        run.log_artifact(path, *more, **options)


def log_checkpoint(*given: Any, **options: Any) -> None:
    """See `Run.log_checkpoint`."""
    run = _active("log_checkpoint")
    if run is not None:
        run.log_checkpoint(*given, **options)


def set_status(status: str, message: Optional[str] = None, *how_far: Any, **progress: Any) -> None:
    """See `Run.set_status`."""
    run = _active("set_status")
    if run is not None:
        run.set_status(status, message, *how_far, **progress)


def log(message: Any = None, level: Any = "info", step: Optional[int] = None, **fields: Any) -> None:
    """A line of text, or metrics: see `Run.log`."""
    run = _active("log")
    if run is not None:
        run.log(message, level, step, **fields)


def set_tag(key: str, value: Any) -> None:
    """See `Run.set_tag`."""
    set_tags({key: value})


def set_tags(tags: Any) -> None:
    """See `Run.set_tags`."""
    run = _active("set_tags")
    if run is not None:
        run.set_tags(tags)


def log_image(key: str, image: Any, step: Optional[int] = None, **options: Any) -> None:
    """See `Run.log_image`."""
    run = _active("log_image")
    if run is not None:
        run.log_image(key, image, step, **options)


def log_histogram(key: str, values: Any, step: Optional[int] = None, **options: Any) -> None:
    """See `Run.log_histogram`."""
    run = _active("log_histogram")
    if run is not None:
        run.log_histogram(key, values, step, **options)


def log_table(key: str, table: Any, step: Optional[int] = None, **options: Any) -> None:
    """See `Run.log_table`."""
    run = _active("log_table")
    if run is not None:
        run.log_table(key, table, step, **options)


def log_text(key: str, text: str, step: Optional[int] = None) -> None:
    """See `Run.log_text`."""
    run = _active("log_text")
    if run is not None:
        run.log_text(key, text, step)


def log_figure(key: str, figure: Any, step: Optional[int] = None, **options: Any) -> None:
    """See `Run.log_figure`."""
    run = _active("log_figure")
    if run is not None:
        run.log_figure(key, figure, step, **options)


def on_command(type: str, handler: Handler, at: str = AT_RECEIPT) -> None:
    """See `Run.on_command`."""
    run = _active("on_command")
    if run is not None:
        run.on_command(type, handler, at)


def knob(
    name: str,
    value: Any,
    *,
    apply: Optional[Callable[[Any], Any]] = None,
    read: Optional[Callable[[], Any]] = None,
    **bounds: Any,
) -> Knob:
    """See `Run.knob`. Without a run it is a value that nobody changes."""
    run = _active("knob")
    if run is not None:
        return run.knob(name, value, apply=apply, read=read, **bounds)
    return Knob(name, value, apply=apply, read=read, **bounds)


def safe_point(step: Optional[int] = None) -> bool:
    """See `Run.safe_point`. Without a run it is True: go on."""
    run = _active("safe_point")
    return run is None or run.safe_point(step)


def should_stop() -> bool:
    """See `Run.should_stop`."""
    run = _active("should_stop")
    return run is not None and run.should_stop


def wait_if_paused() -> None:
    """See `Run.wait_if_paused`."""
    run = _active("wait_if_paused")
    if run is not None:
        run.wait_if_paused()


def checkpoint_requested() -> bool:
    """See `Run.checkpoint_requested`."""
    run = _active("checkpoint_requested")
    return run is not None and run.checkpoint_requested


def params_updates() -> Dict[str, Any]:
    """See `Run.params_updates`."""
    run = _active("params_updates")
    return {} if run is None else run.params_updates()


def end_run(status: str = "completed", error: Any = None) -> None:
    """Ends the active run; see `Run.end`."""
    run = _active("end_run")
    if run is not None:
        run.end(status, error)
