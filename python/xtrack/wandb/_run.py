"""`wandb.Run` over a run of XTrack: the step that counts by itself, config, summary, the end; and which are open."""

from __future__ import annotations

import os
import threading
from time import monotonic, time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple, Type, Union

from .._ending import outcome
from .._errors import warn_once
from .._guard import guarded
from .._process import is_terminated
from .._values.configs import fields_of
from .._values.fields import step_of
from .._values.objects import portable
from .._values.values import plain
from ._config import Config
from ._facts import Facts
from ._files import Files
from ._metrics import Metric, Metrics, kinds_of
from ._resume import StepFile
from ._row import Row
from ._settings import Settings
from ._summary import Summary, split
from ._values import Value
from ._watch import Watch

if TYPE_CHECKING:
    from .._run import Run as Inner

__all__ = ["Run", "current", "enter", "leave", "open_runs"]

LEVELS = {"INFO": "info", "WARN": "warning", "WARNING": "warning", "ERROR": "error"}
ALERT_WAIT = 60.0  # seconds between two alerts of the same title
LAST_WAIT = 1.0  # seconds that the end waits for a `log` that is under way

_runs: "List[Run]" = []  # oldest first: the functions of the module log to the last


class Run(Facts, Files):
    """A run. `run.inner` is the XTrack run below it, with all verbs of its own."""

    def __init__(self, inner: "Inner", settings: "Settings") -> None:
        self.inner = inner
        self.settings = settings
        self.start_time = time()
        self.config = Config(lambda items: inner.log_params(items))
        self.summary = Summary()
        self._metrics = Metrics(self.summary)
        self._root = os.path.abspath(settings.dir or inner._session.settings.data)
        self._lock = threading.RLock()
        self._thread = threading.get_ident()
        self._step = 0
        self._held: Dict[str, Any] = {}  # of the step `_held_at`, until it is committed
        self._held_at = 0
        self._last: Dict[str, float] = {}
        self._watches: List[Watch] = []
        self._alerts: Dict[str, float] = {}
        self._finished = False
        self._steps: Optional[StepFile] = None
        inner.last_words = self._last_words

    def go_on(self, steps: StepFile, resumes: bool) -> None:
        """The step is kept for a later process; one that resumes goes on after the last of the former."""
        self._steps = steps
        if resumes:
            self._step = self._held_at = steps.next
            self.starting_step = self._step
        else:
            steps.next = 0

    def joined(self, step: int) -> "Run":
        """In another process: the step is where it was when that began."""
        self._step = self._held_at = step
        enter(self)
        return self

    def __copy__(self) -> "Run":
        return self

    def __deepcopy__(self, memo: Any) -> "Run":
        return self  # a config that holds it is copied, the run is not

    def __reduce__(self) -> "Tuple[Any, ...]":
        known, settings = portable(self.config.as_dict(), fields_of, plain), portable(vars(self.settings), fields_of, plain)
        return _join, (self.inner, settings, known, self._step)

    # -- logging ---------------------------------------------------------------------------------------

    def log(
        self, data: Mapping[str, Any], step: Optional[int] = None, commit: Optional[bool] = None, sync: Any = None
    ) -> None:
        """Records numbers and media of one step. Nested keys are joined with dots.

        Without `step`, each call is a step of its own; with `commit=False`, what follows belongs to the same one.
        A step may be lower than the one before. Each call is also a safe point, where commands of the control plane
        take effect: a pause waits here, and a stop raises KeyboardInterrupt, as Ctrl-C would.
        """
        self._log(data, step, commit)
        if not self._finished and commit is not False and threading.get_ident() == self._thread:
            if not self.inner.safe_point(self._step):
                raise KeyboardInterrupt("the control plane asked the run to stop")

    @guarded
    def _log(self, data: Mapping[str, Any], step: Optional[int], commit: Optional[bool]) -> None:
        if self.ended:
            warn_once("wandb ended", "wandb.log was called after the end of its run and was ignored")
            return
        with self._lock:
            at = self._step if step is None else step_of(step)
            at = self._step if at is None else at
            if at != self._held_at:
                self._release()
                self._held_at = at
            self._step = max(self._step, at)
            self._held.update(data)
            if commit is not False:
                self._release()
            if commit or (commit is None and step is None):
                self._step = max(self._step, at + 1)
            if self._steps is not None:
                self._steps.next = max(self._step, at + 1)

    def _release(self) -> None:
        data, self._held = self._held, {}
        if data:
            Row(data).send(self.inner, self._held_at, self._metrics, self._last)

    @guarded
    def define_metric(
        self,
        name: str,
        step_metric: Union[str, Metric, None] = None,
        step_sync: Optional[bool] = None,
        hidden: Optional[bool] = None,
        summary: Optional[str] = None,
        goal: Optional[str] = None,
        overwrite: Optional[bool] = None,
    ) -> Metric:
        """Says what a metric's step and its summary are. `name` may end with `*`.

        `step_metric`: the metric whose newest whole value is the step of this one. `summary`: some of `min`, `max`,
        `mean`, `first`, `last`, `best` (by `goal`, `minimize` or `maximize`), `none`, with commas between.
        """
        counted = step_metric.name if isinstance(step_metric, Metric) else step_metric
        known = self._metrics.named(name)
        kinds = kinds_of(summary)
        if known is not None and not overwrite:  # what is not said again stays
            counted, kinds, goal = counted or known.step_metric, kinds or known.summary, goal or known.goal
        rule = Metric(name, counted, kinds, goal, hidden)
        self._metrics.define(rule)
        return rule

    @guarded
    def alert(self, title: str, text: str, level: Any = None, wait_duration: Any = None) -> None:
        """Records an alert as a log line of the logger `alert`; the same title at most once in `wait_duration` (s)."""
        seconds = getattr(wait_duration, "total_seconds", lambda: wait_duration)()
        now = monotonic()
        if now - self._alerts.get(title, -1e9) < (ALERT_WAIT if seconds is None else float(seconds)):
            return
        self._alerts[title] = now
        kind = str(getattr(level, "value", level) or "INFO").upper()
        self.inner.log(f"{title}: {text}", LEVELS.get(kind, "info"), logger="alert", step=self._step, title=title)

    @guarded
    def watch(
        self,
        models: Any,
        criterion: Any = None,
        log: Optional[str] = "gradients",
        log_freq: int = 1000,
        idx: Optional[int] = None,
        log_graph: bool = False,
    ) -> None:
        """Records histograms of a PyTorch model's gradients, parameters or both (`all`), every `log_freq` batches.

        A tensor on a device is copied to the host then, which waits for the device.
        """
        listed = list(models) if isinstance(models, (list, tuple)) else [models]
        for index, model in enumerate(listed, len(self._watches) if idx is None else idx):
            prefix = f"graph_{index}" if index else ""
            self._watches.append(Watch(model, log or "", log_freq, prefix, self._watched))
        if log_graph:
            warn_once("watch graph", "watch: log_graph has no counterpart and is ignored")

    def _watched(self, key: str, tensor: Any) -> None:
        self.inner.log_histogram(key, tensor, self._step)

    @guarded
    def unwatch(self, models: Any = None) -> None:
        """Takes the hooks of these models away, or of all."""
        chosen = None if models is None else list(models) if isinstance(models, (list, tuple)) else [models]
        for watch in list(self._watches):
            if chosen is None or any(watch.model is model for model in chosen):
                watch.stop()
                self._watches.remove(watch)

    # -- the end ---------------------------------------------------------------------------------------

    def finish(self, exit_code: Optional[int] = None, quiet: Optional[bool] = None) -> None:
        """Ends the run: completed, or failed with another exit code than 0. Twice is harmless."""
        self.end("failed" if exit_code else "completed", f"exit code {exit_code}" if exit_code else None)

    join = finish

    def end(self, status: str, error: Union[BaseException, str, None] = None) -> None:
        """Records what is held back, the files in `dir` and the summary, and ends the XTrack run."""
        if self._finished:
            return
        self._finished = True
        leave(self)
        self.inner.end(status, error)

    @guarded
    def _last_words(self) -> Dict[str, Any]:
        """However the run ends, by a signal too: then a thread may hold the lock that never lets go of it."""
        self.unwatch()
        taken = self._lock.acquire(timeout=LAST_WAIT)
        try:
            self._release()
        finally:
            if taken:
                self._lock.release()
        if not is_terminated():  # a scheduler that ends us gives little time: no folder is copied then
            self._record_folder()
        final, others = split(self.summary)
        for key, value in others.items():
            if isinstance(value, Value):
                value.send(self.inner, key, None)
            elif value is not None:
                self.inner.log_param(f"summary.{key}", value)
        return final

    def __enter__(self) -> "Run":
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.end(*outcome(error))

    @property
    def step(self) -> int:
        """The step that the next `log` without one belongs to."""
        return self._step

    @property
    def ended(self) -> bool:
        return self._finished or self.inner._ended

    def _fault(self, call: str, error: Exception, key: Any = None) -> None:
        self.inner._fault(f"wandb.{call.lstrip('_')}", error, key)

    def _disown(self) -> None:
        """In a forked child: a thread of the parent may have held the lock, and what it held back is the parent's."""
        self._lock = threading.RLock()
        self._held = {}
        self._thread = threading.get_ident()
        self._steps = None


def _join(inner: "Inner", settings: Dict[str, Any], config: Dict[str, Any], step: int) -> Run:
    """A run that was given to another process, and logs there to the same one."""
    made = Run(inner, Settings(**settings))
    made.config._items.update(config)
    return made.joined(step)


def _after_fork() -> None:
    for run in _runs:
        run._disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def current() -> Optional[Run]:
    """The newest run that has not ended, or None."""
    runs = open_runs()
    return runs[-1] if runs else None


def open_runs() -> List[Run]:
    _runs[:] = [run for run in _runs if not run.ended]
    return list(_runs)


def enter(run: Run) -> None:
    _runs.append(run)


def leave(run: Run) -> None:
    if run in _runs:
        _runs.remove(run)
