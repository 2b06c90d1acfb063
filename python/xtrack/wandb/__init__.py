"""The names that W&B scripts use, recorded by XTrack: `import xtrack.wandb as wandb` is the one changed line.

What gives a script a value from a server (`Api`, `sweep`, `use_artifact` by name) raises and names the alternative.
"""

from __future__ import annotations

import enum
from types import SimpleNamespace
from typing import Any, Callable, Mapping, NoReturn, Optional

from .._errors import warn, warn_once
from . import errors
from . import plot
from . import util
from ._artifact import Artifact
from ._config import Config
from ._init import init
from ._run import Run, current
from ._settings import Settings
from ._summary import Summary
from ._table import Table
from ._values import Audio, Histogram, Html, Image, Molecule, Object3D, Plotly, Value, Video
from .errors import CommError, Error, UsageError, missing
from .plot import plot_table

__all__ = [
    "AlertLevel", "Api", "Artifact", "Audio", "Classes", "CommError", "Config", "Error", "Histogram", "Html", "Image", "Molecule",
    "Object3D", "Plotly", "Run", "Settings", "Summary", "Table", "UsageError", "Video", "__version__", "agent",
    "alert", "attach", "config", "controller", "define_metric", "ensure_configured", "errors", "finish", "init", "join",
    "link_artifact", "link_model", "log", "log_artifact", "log_code", "log_model", "login", "mark_preempting", "plot",
    "plot_table", "require", "restore", "run", "save", "setup", "summary", "sweep", "teardown", "termerror", "termlog",
    "termwarn", "unwatch", "use_artifact", "use_model", "util", "watch",
]  # fmt: skip

# Scripts ask for a version of W&B, and mean what it can do: this one's names are here.
__version__ = "0.19.11"

run: Optional[Run]
config: Config
summary: Summary


class Classes(Value):
    """The classes of masks and boxes, by their ids; belongs into an artifact or beside an image."""

    def __init__(self, class_set: Any = ()) -> None:
        self._class_set = list(class_set)

    def send(self, run: Any, key: str, step: Optional[int], **meta: Any) -> None:
        from ._table import Table as Rows

        if self._class_set:
            Rows(columns=["id", "name"], data=[[each.get("id"), each.get("name")] for each in self._class_set]).send(
                run, key, step, **meta
            )


class AlertLevel(enum.Enum):
    """How urgent an alert is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class Api:
    """Reading runs back is the control plane's affair."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        missing("Api", "read runs with the command line of XTrack (xtrack list, xtrack show, xtrack export)")


def __getattr__(name: str) -> Any:
    """`run`, `config` and `summary` are those of the newest open run."""
    if name in ("data_types", "sdk", "wandb_run"):
        return _where_else(name)
    if name not in ("run", "config", "summary"):
        raise AttributeError(f"xtrack.wandb has no {name!r}")
    found = current()
    if name == "run":
        return found
    if found is None:
        raise UsageError("XT_ARGUMENT", f"call wandb.init() before wandb.{name}")
    return getattr(found, name)


def _where_else(name: str) -> Any:
    """The modules of W&B in which scripts look for the classes that are here: for `isinstance`, mostly."""
    shown = {each: globals()[each] for each in __all__ if isinstance(globals().get(each), type)}
    types, runs = SimpleNamespace(**shown), SimpleNamespace(Run=Run)
    if name == "sdk":
        return SimpleNamespace(data_types=types, wandb_run=runs, wandb_settings=SimpleNamespace(Settings=Settings))
    return types if name == "data_types" else runs


def _of_run(name: str) -> Callable[..., Any]:
    """The verb of the current run; with no run, one line on stderr and nothing else."""

    def call(*args: Any, **kwargs: Any) -> Any:
        found = current()
        if found is None:
            warn_once(f"wandb {name}", f"wandb.{name} was called with no open run; call wandb.init() first (said once)")
            return None
        return getattr(found, name)(*args, **kwargs)

    call.__name__, call.__doc__ = name, f"`Run.{name}` of the current run."
    return call


def log(data: Mapping[str, Any], step: Optional[int] = None, commit: Optional[bool] = None, sync: Any = None) -> None:
    """See `Run.log`."""
    _log(data, step, commit)


def finish(exit_code: Optional[int] = None, quiet: Optional[bool] = None) -> None:
    """Ends the current run, if there is one."""
    found = current()
    if found is not None:
        found.finish(exit_code)


_log = _of_run("log")
alert = _of_run("alert")
define_metric = _of_run("define_metric")
join = finish
link_artifact = _of_run("link_artifact")
link_model = _of_run("link_model")
log_artifact = _of_run("log_artifact")
log_code = _of_run("log_code")
log_model = _of_run("log_model")
mark_preempting = _of_run("mark_preempting")
restore = _of_run("restore")
save = _of_run("save")
unwatch = _of_run("unwatch")
use_artifact = _of_run("use_artifact")
use_model = _of_run("use_model")
watch = _of_run("watch")


def login(key: Optional[str] = None, *args: Any, **kwargs: Any) -> bool:
    """Nobody logs in here; the key is not looked at."""
    return True


def setup(settings: Optional[Settings] = None) -> None:
    """Nothing is set up before `init`."""


def require(requirement: Any = None, experiment: Any = None) -> None:
    """What W&B calls its newer parts: there is one of each here."""


def attach(attach_id: Optional[str] = None, run_id: Optional[str] = None, *args: Any, **kwargs: Any) -> Optional[Run]:
    """The open run; one of another process is joined by giving its object to this one."""
    return current()


ensure_configured = setup


def teardown(exit_code: Optional[int] = None) -> None:
    """Ends the current run."""
    finish(exit_code)


def sweep(sweep: Any, entity: Optional[str] = None, project: Optional[str] = None, *args: Any) -> NoReturn:
    """Raises: searches are the control plane's affair."""
    missing("sweep", "let Optuna search, with xtrack.integrations.optuna, or start runs from the control plane")


def agent(sweep_id: str, function: Any = None, *args: Any, **kwargs: Any) -> NoReturn:
    """Raises: see `sweep`."""
    missing("agent", "let Optuna search, with xtrack.integrations.optuna, or start runs from the control plane")


def controller(*args: Any, **kwargs: Any) -> NoReturn:
    """Raises: see `sweep`."""
    missing("controller", "let Optuna search, with xtrack.integrations.optuna, or start runs from the control plane")


def termlog(string: str = "", *args: Any, **kwargs: Any) -> None:
    """One line on stderr."""
    warn(string)


termwarn = termerror = termlog
