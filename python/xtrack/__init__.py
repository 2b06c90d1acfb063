"""XTrack's emitter: say what happens in training; the control plane keeps it.

from xtrack import Tracker

with Tracker().start_run(name="first", params={"lr": 0.1}) as run:
    run.log_metric("loss", 0.5, step=1)
"""

from ._active import (
    active_run,
    end_run,
    log,
    log_artifact,
    log_checkpoint,
    log_metric,
    log_metrics,
    log_param,
    log_params,
    set_status,
    start_run,
)
from ._errors import XTrackError
from ._run import Run
from ._tracker import Tracker
from ._version import __version__

__all__ = [
    "Run",
    "Tracker",
    "XTrackError",
    "__version__",
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
