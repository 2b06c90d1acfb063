"""`wandb.init`: a run of XTrack, made of what W&B's arguments and environment variables say."""

from __future__ import annotations

import atexit
import os
from typing import Any, Dict, Mapping, Optional, Sequence

from .. import _process
from .._ending import outcome
from .._errors import warn, warn_once
from .._guard import passed_over
from .._tracker import Tracker
from ._config import parse_config
from ._resume import StepFile, run_id_of
from ._run import Run, current, enter, open_runs
from ._settings import Settings, settings_of

__all__ = ["init"]

# Arguments that change nothing here; said once when given.
WITHOUT_EFFECT = ("monitor_gym", "resume_from", "fork_from", "magic")

_at_exit_pid = 0  # the process whose exit ends its runs


def init(
    entity: Optional[str] = None,
    project: Optional[str] = None,
    dir: Any = None,
    id: Optional[str] = None,
    name: Optional[str] = None,
    notes: Optional[str] = None,
    tags: Optional[Sequence[str]] = None,
    config: Any = None,
    config_exclude_keys: Optional[Sequence[str]] = None,
    config_include_keys: Optional[Sequence[str]] = None,
    allow_val_change: Optional[bool] = None,
    group: Optional[str] = None,
    job_type: Optional[str] = None,
    mode: Optional[str] = None,
    force: Optional[bool] = None,
    reinit: Any = None,
    resume: Any = None,
    resume_from: Optional[str] = None,
    fork_from: Optional[str] = None,
    save_code: Optional[bool] = None,
    tensorboard: Optional[bool] = None,
    sync_tensorboard: Optional[bool] = None,
    monitor_gym: Optional[bool] = None,
    settings: Any = None,
    anonymous: Any = None,
    magic: Any = None,
    **unknown: Any,
) -> Run:
    """Starts a run and makes it the one that `wandb.log` logs to; while one is open, returns that one.

    `project` is XTrack's experiment; `group`, `job_type`, `entity`, `notes` and each of `tags` become tags; `config`
    params. `reinit=True` ends the open run first, `"create_new"` leaves it open beside the new one.
    `mode="disabled"` records nothing; `online` and `offline` send to wherever XTrack's environment says. An `id` that
    was used before goes on with that run.
    """
    arguments = dict(locals())
    passed_over("wandb.init", arguments.pop("unknown"))
    for argument in WITHOUT_EFFECT:
        if arguments[argument]:
            warn_once(f"init {argument}", f"wandb.init: {argument} has no counterpart and is ignored")
    open_run = current()
    if open_run is not None and reinit not in (True, "finish_previous", "create_new"):
        warn_once("init again", "wandb.init: a run is open, and is returned (reinit=True ends it first)")
        open_run.config.update(_configured(arguments), allow_val_change=True)
        return open_run
    if reinit in (True, "finish_previous"):
        for run in reversed(open_runs()):
            run.finish()
    made = _start(settings_of(arguments))
    made.config.update(_configured(arguments), allow_val_change=True)
    if sync_tensorboard or tensorboard:
        from ..integrations.tensorboard import patch

        patch()
    return made


def _start(settings: Settings) -> Run:
    tracker = Tracker(transport="null") if settings.mode == "disabled" else Tracker()
    if settings.resume not in (None, False, "never") and not settings.run_id:
        warn_once("init resume", "wandb.init: resume needs an id; without one only the control plane resumes a run")
    inner = tracker.start_run(
        settings.run_name,
        experiment=settings.project or None,
        tags=_tags(settings),
        run_id=run_id_of(settings.run_id) or os.environ.get("XTRACK_RESUME_RUN_ID"),
    )
    run = Run(inner, settings)
    if settings.run_id and settings.mode != "disabled" and run.id == settings.run_id:
        _keep_step(run, settings.resume not in (None, False, "never", ""))
    enter(run)
    _finish_at_exit()
    return run


def _keep_step(run: Run, resumes: bool) -> None:
    try:
        run.go_on(StepFile(run.inner._session.settings.data, run.inner.run_id), resumes)
    except (OSError, ValueError) as error:
        warn_once("wandb steps", f"wandb.init: the step of the run cannot be kept for a later process: {error}")


def _tags(settings: Settings) -> Dict[str, str]:
    named = {
        "group": settings.run_group,
        "job_type": settings.run_job_type,
        "entity": settings.entity,
        "notes": settings.run_notes,
    }
    given = {key: value for key, value in named.items() if value}
    return {**{tag: "true" for tag in settings.run_tags}, **given}


def _configured(arguments: Mapping[str, Any]) -> Dict[str, Any]:
    """The `config` argument, of which some keys may be left out."""
    try:
        found = parse_config(arguments["config"])
    except Exception as error:  # the script goes on, and a key that it reads says what is missing
        warn(f"wandb.init: the config could not be read: {error}")
        return {}
    kept, left_out = arguments["config_include_keys"], arguments["config_exclude_keys"] or ()
    return {key: value for key, value in found.items() if (not kept or key in kept) and key not in left_out}


def _finish_at_exit() -> None:
    """Most scripts never call `finish`: the summary is recorded before XTrack's own exit handler ends the run."""
    global _at_exit_pid
    if _at_exit_pid == 0:
        atexit.register(_at_exit)
    _at_exit_pid = _at_exit_pid or os.getpid()


def _at_exit() -> None:
    if os.getpid() != _at_exit_pid:  # a fork: its parent ends the run
        return
    status, error = outcome(_process.ended_with())
    for run in reversed(open_runs()):
        run.end(status, error)
