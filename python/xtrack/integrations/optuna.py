"""Optuna: a study is a run, each of its trials a child run, and a stop from the control plane ends the study.

from xtrack.integrations.optuna import XTrackCallback

with XTrackCallback() as callback:
    study.optimize(callback.track_in_trial(objective), n_trials=100, callbacks=[callback])
"""

from __future__ import annotations

import functools
import threading
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Callable, Dict, Generator, List, Optional, Set, Tuple, Type, TypeVar, Union

from .._ending import outcome
from .._guard import guarded
from .._run import Run
from .._tracker import Tracker
from ._children import Children
from ._library import library
from ._steering import Steering, Tracked

__all__ = ["XTrackCallback"]

optuna = library("optuna", "optuna")

Objective = TypeVar("Objective", bound=Callable[..., Any])

MAX_VALUES = 100  # objectives of one study that become metrics
INTERMEDIATE = "intermediate_value"
# How the run of a trial ends, by the trial's state.
ENDS = {"COMPLETE": ("completed", None), "PRUNED": ("killed", "pruned")}


class XTrackCallback(Tracked):
    """For `study.optimize(…, callbacks=[callback])`, with one thread or several.

    Recorded when a trial ends: its parameters, user attributes, intermediate values, value or values, state and
    duration as a child run; in the study's run each value and the best so far, over the number of the trial.
    `track_in_trial` or `trial_run` open the child while the trial still runs. Pause holds back the next trial, stop
    is `study.stop()`.
    """

    def __init__(self, run: Optional[Run] = None) -> None:
        """`run` is the study's; else the active run, else a new one, which ends with the `with` block or `close`."""
        self.run = run
        self._lock = threading.Lock()
        self._children: Optional[Children] = None
        self._steering: Optional[Steering] = None
        self._trials: Dict[int, Tuple[Run, int]] = {}  # number of an open trial -> (its run, the thread it is in)
        self._ended: Set[int] = set()  # trials whose run ended before the study called
        self._done = 0

    # -- around the study ------------------------------------------------------------------------------

    def __call__(self, study: Any, trial: Any) -> None:
        """What Optuna calls after each trial."""
        self._begin(study)
        self._record(study, trial)
        self._steer(study)

    def __enter__(self) -> "XTrackCallback":
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close(error)

    def close(self, error: Optional[BaseException] = None) -> None:
        """The study is over: ends what is still open, and the study's run if it was started here."""
        for number in list(self._trials):
            self._finish(number, "completed")
        self._children = self._steering = None
        self._close(error)

    # -- inside a trial --------------------------------------------------------------------------------

    @contextmanager
    def trial_run(self, trial: Any) -> Generator[Run, None, None]:
        """The trial's own run, open while the block runs: log to it; what `trial.report` is told is logged too.

        It ends when the study calls the callback, or at once when the block raises (as pruned or failed).
        """
        self._begin(trial.study)
        run = self._open_trial(trial)
        if run is None:  # a fault of tracking, and the trial goes on
            with Tracker(transport="null").start_run() as nowhere:
                yield nowhere
            return
        trial.report = _mirrored(trial.report, run)
        try:
            yield run
        except BaseException as error:
            self._raised(trial, run, error)
            raise
        finally:
            del trial.report  # what is left is the method of the class

    def track_in_trial(self, objective: Objective) -> Objective:
        """Decorates an objective: it runs inside `trial_run`, whose run is the active one in studies of one thread."""

        @functools.wraps(objective)
        def tracked(trial: Any, *args: Any, **kwargs: Any) -> Any:
            with self.trial_run(trial):
                return objective(trial, *args, **kwargs)

        return tracked  # type: ignore[return-value]

    # -- the study -------------------------------------------------------------------------------------

    @guarded
    def _begin(self, study: Any) -> None:
        with self._lock:
            if self._children is not None:
                return
            run = self._open(study.study_name)
            self._children = Children(run)
            self._steering = Steering(run)
        run.log_params(
            {
                "study": study.study_name,
                "sampler": type(study.sampler).__name__,
                "pruner": type(study.pruner).__name__,
                "directions": [direction.name.lower() for direction in study.directions],
            }
        )

    @guarded
    def _record(self, study: Any, trial: Any) -> None:
        run, children = self.run, self._children
        if run is None or children is None:
            return
        with self._lock:
            self._done += 1
        found = _metrics_of(study, trial)
        run.log_metrics({**found, **_best_of(study)}, step=trial.number)
        state = trial.state.name
        run.set_status("running", f"trial {trial.number}: {state.lower()}", self._done, unit="trial")
        if trial.number in self._ended:
            self._ended.discard(trial.number)
            return
        if trial.number not in self._trials:
            child = children.start(f"trial {trial.number}", tags={"trial": trial.number})
            self._trials[trial.number] = (child, 0)
            for step, value in sorted(trial.intermediate_values.items()):
                child.log_metric(INTERMEDIATE, value, step=step)
        child = self._trials[trial.number][0]
        _describe(child, trial, state)
        child.log_metrics(found)
        self._finish(trial.number, *ENDS.get(state, ("failed", "the objective failed")))

    @guarded
    def _steer(self, study: Any) -> None:
        steering = self._steering
        if steering is not None and not steering.safe_point(self._done):
            study.stop()

    # -- a trial ---------------------------------------------------------------------------------------

    @guarded
    def _open_trial(self, trial: Any) -> Optional[Run]:
        if self._children is None:
            return None
        thread = threading.get_ident()
        for number, (_, other) in list(self._trials.items()):
            if other == thread:  # the study was not given the callback: nobody else ends it
                self._finish(number, "completed")
        run = self._children.start(f"trial {trial.number}", tags={"trial": trial.number})
        self._trials[trial.number] = (run, thread)
        return run

    @guarded
    def _raised(self, trial: Any, run: Run, error: BaseException) -> None:
        pruned = isinstance(error, optuna.TrialPruned)
        _describe(run, trial, "PRUNED" if pruned else "FAIL")
        self._ended.add(trial.number)
        self._finish(trial.number, *(ENDS["PRUNED"] if pruned else outcome(error)))

    @guarded
    def _finish(self, number: int, status: str, error: Union[BaseException, str, None] = None) -> None:
        opened = self._trials.pop(number, None)
        if opened is not None and self._children is not None:
            self._children.end(opened[0], status, error)


def _describe(run: Run, trial: Any, state: str) -> None:
    run.log_params(trial.params)
    if trial.user_attrs:
        run.log_params({"user_attrs": trial.user_attrs})
    run.set_tag("state", state)


def _mirrored(report: Callable[..., Any], run: Run) -> Callable[..., Any]:
    def mirrored(value: Any, step: int) -> Any:
        result = report(value, step)
        run.log_metric(INTERMEDIATE, value, step=step)
        return result

    return mirrored


def _metrics_of(study: Any, trial: Any) -> Dict[str, float]:
    """`value`, or `value_0`, … of several objectives (by their names where the study has them), and the duration."""
    found: Dict[str, float] = {}
    if trial.values is not None:
        found.update(zip(_names(study, len(trial.values)), trial.values))
    if trial.duration is not None:
        found["duration_s"] = trial.duration.total_seconds()
    return found


def _best_of(study: Any) -> Dict[str, float]:
    """The best value so far; of several objectives, how many trials are on the Pareto front."""
    if len(study.directions) > 1:
        return {"pareto_trials": len(study.best_trials)}
    try:
        return {"best_value": study.best_value}
    except ValueError:  # no trial is complete yet
        return {}


def _names(study: Any, count: int) -> List[str]:
    given = study.metric_names
    if given:
        return list(given)[:MAX_VALUES]
    return ["value"] if count == 1 else [f"value_{number}" for number in range(min(count, MAX_VALUES))]
