"""XTrack's emitter: say what happens in training; the control plane keeps it, and can speak back.

from xtrack import Tracker

with Tracker().start_run(name="first", params={"lr": 0.1}) as run:
    run.log_metric("loss", 0.5, step=1)
"""

from ._active import (
    active_run,
    checkpoint_requested,
    end_run,
    init,
    knob,
    log,
    log_artifact,
    log_checkpoint,
    log_figure,
    log_histogram,
    log_image,
    log_metric,
    log_metrics,
    log_param,
    log_params,
    log_table,
    log_text,
    on_command,
    params_updates,
    safe_point,
    set_status,
    set_tag,
    set_tags,
    should_stop,
    start_run,
    wait_if_paused,
)
from ._errors import XTrackError
from ._run import Run
from ._show import show
from ._steering.knobs import Knob
from ._tracker import Tracker
from ._version import __version__

__all__ = [
    "Knob",
    "Run",
    "Tracker",
    "XTrackError",
    "__version__",
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
    "show",
    "start_run",
    "wait_if_paused",
]
