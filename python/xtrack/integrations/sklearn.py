"""scikit-learn: inside `autolog()` every `fit` that the script calls is recorded, a search with its candidates.

from xtrack.integrations.sklearn import autolog

with autolog():
    LogisticRegression(C=0.5).fit(X, y)
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from time import monotonic
from types import FrameType, FunctionType, TracebackType
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Set, Tuple, Type, Union

from .. import _process
from .._ending import outcome
from .._errors import warn_once
from .._run import Run
from .._tracker import Tracker
from ._children import Children
from ._library import library
from ._sklearn_facts import learns, log_fitted, params_of

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Autolog", "autolog"]

BaseEstimator = library("sklearn.base", "scikit-learn").BaseEstimator

MAX_CHILDREN = 100  # candidates of one search that become child runs, unless told otherwise

_lock = threading.RLock()
_own_hook: Any = BaseEstimator.__dict__.get("__init_subclass__")
_watched: "Dict[type, _Watched]" = {}  # classes whose `fit` is wrapped just now
_current: "Optional[Autolog]" = None


def autolog(
    *,
    max_children: int = MAX_CHILDREN,
    model_dir: "Union[str, PathLike[str], None]" = None,
    disable: bool = False,
) -> "Autolog":
    """Records every `fit` from now on, until the `with` block ends or `autolog(disable=True)`.

    The first fit goes into the active run, a further one into a child of it; without an active run each fit is a run
    of its own. Recorded: parameters, shape of the data, time, metrics on the training data by the kind of estimator,
    curves of iterative ones, and of a search all candidates: the best `max_children` as child runs. What an
    estimator fits inside (steps, folds, members of an ensemble) is part of it; a transformer alone is not recorded.

    `model_dir`: a folder where each fitted model is written with joblib, and recorded as an artifact.
    """
    if disable:
        made = Autolog(max_children, None)
        _switch(None)
        return made
    made = Autolog(max_children, None if model_dir is None else os.path.abspath(os.fspath(model_dir)))
    _switch(made)
    return made


class Autolog:
    """What `autolog` returns: a context manager that switches it off again."""

    def __init__(self, max_children: int, model_dir: Optional[str]) -> None:
        self.max_children = max_children
        self.model_dir = model_dir
        self._before = _current
        self._used: Set[str] = set()  # ids of runs that hold a fit already
        self._choosing = threading.Lock()

    def __enter__(self) -> "Autolog":
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if _current is self:
            _switch(self._before)

    def _fit(self, original: Callable[..., Any], estimator: Any, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Any:
        """Calls `original` and records what came of it; the result, or the exception, is its own in any case."""
        record = _Record(self, estimator)
        try:
            result = original(estimator, *args, **kwargs)
        except BaseException as error:
            record.failed(error)
            raise
        record.fitted(*_data(args, kwargs))
        return result

    def _open(self, name: str) -> "Tuple[Run, Optional[Children], bool]":
        """(the run for a fit, its siblings if it is a child, whether it was started here)."""
        with self._choosing:
            theirs = [run for run in _process.live() if not getattr(run, "_of_autolog", False)]
            if theirs and theirs[-1].run_id not in self._used:
                self._used.add(theirs[-1].run_id)
                return theirs[-1], None, False
            children = Children(theirs[-1]) if theirs else None
            run = children.start(name) if children is not None else Tracker().start_run(name)
            run._of_autolog = True  # type: ignore[attr-defined]
            return run, children, True


class _Record:
    """One fit on its way into a run. Nothing that it does may raise."""

    def __init__(self, autolog: Autolog, estimator: Any) -> None:
        self._autolog = autolog
        self._estimator = estimator
        self._run: Optional[Run] = None
        try:
            self._run, self._children, self._ours = autolog._open(type(estimator).__name__)
            self._run.log_params(params_of(estimator))
        except Exception as error:
            self._fault(error)
        self._began = monotonic()

    def fitted(self, rows: Any, target: Any) -> None:
        run = self._run
        if run is None:
            return
        try:
            run.log_metric("fit_seconds", monotonic() - self._began)
            log_fitted(run, self._estimator, rows, target, self._autolog.max_children)
            if self._autolog.model_dir is not None:
                self._save(run, self._autolog.model_dir)
        except Exception as error:
            self._fault(error)
        self._end(None)

    def failed(self, error: BaseException) -> None:
        run = self._run
        if run is not None:
            if not self._ours:
                run.log(f"{type(self._estimator).__name__}.fit: {type(error).__name__}: {error}", level="error")
            self._end(error)

    def _end(self, error: Optional[BaseException]) -> None:
        run = self._run
        if run is not None and self._ours:
            if self._children is not None:
                self._children.end(run, *outcome(error))
            else:
                run.end(*outcome(error))

    def _save(self, run: Run, folder: str) -> None:
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, f"{run.run_id.replace(':', '_')}.joblib")
        library("joblib", "joblib").dump(self._estimator, path)
        run.log_artifact(path, type="model", name=type(self._estimator).__name__)

    def _fault(self, error: Exception) -> None:
        warn_once(f"sklearn {type(error).__name__}", f"a fit was not recorded in full: {error} (said once)")


class _Watched:
    """Stands in for the `fit` of a class: a function to whoever looks, and pickled as the original."""

    def __init__(self, original: Callable[..., Any]) -> None:
        self.original = original
        self._wrapped = _wrap(original)

    def __get__(self, estimator: Any, owner: Optional[type] = None) -> Any:
        return self._wrapped if estimator is None else self._wrapped.__get__(estimator, owner)

    def __reduce__(self) -> Tuple[Any, ...]:
        return _itself, (self.original,)  # a class of `__main__` travels to workers with all that it holds


def _itself(original: Callable[..., Any]) -> Callable[..., Any]:
    return original


def _wrap(original: Callable[..., Any]) -> Any:
    @functools.wraps(original)
    def watched_fit(self: Any, *args: Any, **kwargs: Any) -> Any:
        current = _current
        if current is None or _is_inside(self, sys._getframe(1)) or not _learns(self):
            return original(self, *args, **kwargs)
        return current._fit(original, self, args, kwargs)

    return watched_fit


WRAPPER = _wrap(_itself).__code__  # one object, whatever is wrapped


def _is_inside(estimator: Any, frame: Optional[FrameType]) -> bool:
    """True where another fit, or scikit-learn itself (a worker of a search, cross-validation), calls this one."""
    while frame is not None:
        if frame.f_code is WRAPPER:
            return True
        name = frame.f_globals.get("__name__", "")
        if name.startswith("sklearn."):
            held = frame.f_locals
            # `fit_predict` and the like call the `fit` of the same object.
            if held.get("self") is not estimator and held.get("estimator") is not estimator:
                return True
        frame = frame.f_back
    return False


def _learns(estimator: Any) -> bool:
    try:
        return learns(estimator)
    except Exception:
        return False


def _data(args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Tuple[Any, Any]:
    """X and y of a call of `fit`."""
    rows = args[0] if args else kwargs.get("X")
    return rows, args[1] if len(args) > 1 else kwargs.get("y", kwargs.get("Y"))


# -- switching on and off: all estimator classes that there are, and those that come ------------------------


def _switch(to: Optional[Autolog]) -> None:
    global _current
    with _lock:
        if to is not None and _current is None:
            BaseEstimator.__init_subclass__ = classmethod(_watch_new)  # type: ignore[arg-type]
            for kind in _subclasses(BaseEstimator):
                _watch(kind)
        elif to is None and _current is not None:
            if _own_hook is None:
                del BaseEstimator.__init_subclass__
            else:
                BaseEstimator.__init_subclass__ = _own_hook
            for kind, watched in _watched.items():
                if kind.__dict__.get("fit") is watched:
                    kind.fit = watched.original  # type: ignore[attr-defined]
            _watched.clear()
        _current = to


def _watch_new(kind: type, **options: Any) -> None:
    """`__init_subclass__` of BaseEstimator for the time being: what is imported later is recorded too."""
    if _own_hook is None:
        super(BaseEstimator, kind).__init_subclass__(**options)
    else:
        _own_hook.__func__(kind, **options)
    with _lock:
        if _current is not None:
            _watch(kind)


def _watch(kind: type) -> None:
    for each in kind.__mro__:
        fit = each.__dict__.get("fit")
        if isinstance(fit, FunctionType) and each not in _watched:
            _watched[each] = _Watched(fit)
            each.fit = _watched[each]  # type: ignore[attr-defined]


def _subclasses(kind: type) -> Iterator[type]:
    waiting: List[type] = [kind]
    seen: Set[type] = set()
    each: type
    while waiting:
        for each in waiting.pop().__subclasses__():
            if each not in seen:
                seen.add(each)
                waiting.append(each)
                yield each
