"""LightGBM: a training is recorded round by round, and steered while it runs.

from xtrack.integrations.lightgbm import XTrackCallback

with XTrackCallback() as callback:
    lightgbm.train(params, data, 500, valid_sets=[held_back], callbacks=[callback])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple, Union

from .._guard import guarded
from .._run import Run
from .._steering.commands import Refused
from ._boosting import Boosting
from ._library import library

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["XTrackCallback"]

lightgbm = library("lightgbm", "lightgbm")
EarlyStopException: Any = library("lightgbm.callback", "lightgbm").EarlyStopException

DEFAULT_LR = 0.1
LR_NAMES = ("learning_rate", "shrinkage_rate", "eta")
STOPPING = ("early_stopping_round", "early_stopping_rounds", "early_stopping", "n_iter_no_change")
IMPORTANCES = ("gain", "split")


class XTrackCallback(Boosting):
    """For `callbacks=[…]` of `lightgbm.train`, `lightgbm.cv` and `fit` of the scikit-learn wrappers.

    Recorded: the parameters, each metric of each data set as `DATA/METRIC` at its round (as LightGBM counts: from 1;
    of `cv` also `…/std`), at the end how important each feature is, as a table. `adjust_lr` takes effect with the
    next round. `stop` ends the training after this one, and the model has all its rounds; where the parameters ask
    for early stopping, `best_iteration` is the best one so far.

    LightGBM does not tell its callbacks that a training is over: use it as a context manager where early stopping
    may end one, or the run ends with the next training or with the process.
    """

    order = 25  # before early stopping (30), which leaves by an exception
    before_iteration = False
    _ending = ".txt"

    def __init__(
        self,
        run: Optional[Run] = None,
        *,
        checkpoint_dir: "Union[str, PathLike[str]]" = "checkpoints",
        checkpoint_every: Optional[int] = None,
    ) -> None:
        """Without `run`: the active one, else a new one that ends with the training.

        The model is saved to `checkpoint_dir`/RUN_ID on `checkpoint_now`, and every `checkpoint_every` rounds.
        """
        Boosting.__init__(self, run, checkpoint_dir, checkpoint_every)
        self._model: Any = None
        self._best: Optional[Tuple[float, int, List[Any]]] = None  # (value, round from 0, all results of it)

    def __call__(self, env: Any) -> None:
        """What LightGBM calls after each round."""
        if self._after(env) is False:
            round_, results = env.iteration, env.evaluation_result_list or []
            if self._best is not None and any(env.params.get(name) for name in STOPPING):
                _, round_, results = self._best
            self.close()
            raise EarlyStopException(round_, results)
        if env.iteration + 1 >= env.end_iteration:
            self.close()

    def close(self, error: Optional[BaseException] = None) -> None:
        """The training is over: records the importances, and ends the run if it was started here."""
        model, self._model = self._model, None
        if model is not None and error is None:
            self._finish(model)
        self._close(error)

    @guarded
    def _after(self, env: Any) -> bool:
        if env.iteration == env.begin_iteration:
            self.close()
            self._prepare(env)
        self._model = env.model
        results = env.evaluation_result_list or []
        metrics: Dict[str, Any] = {}
        for result in results:
            data, name, value = result[0], result[1], result[2]
            metrics[f"{data}/{name}"] = value
            if len(result) > 4 and result[4] is not None:  # over the folds
                metrics[f"{data}/{name}/std"] = result[4]
        self._note_best(env, results)
        return self._round(env.iteration + 1, metrics, env.iteration + 1, env.end_iteration)

    def _prepare(self, env: Any) -> None:
        model, params = env.model, env.params
        self._step, self._best = env.iteration + 1, None
        lr = (lambda: _lr(params), lambda new: _set_lr(model, params, new))
        self._begin("lightgbm", {**params, "num_boost_round": env.end_iteration}, lr, lambda path: _save(model, path))

    def _note_best(self, env: Any, results: List[Any]) -> None:
        """By the first metric on data that it does not learn from, as early stopping does."""
        training = getattr(env.model, "_train_data_name", "training")
        for result in results:
            if result[0] in ("train", training):
                continue
            value = result[2] if result[3] else -result[2]
            if self._best is None or value > self._best[0]:
                self._best = (value, env.iteration, results)
            return

    @guarded
    def _finish(self, model: Any) -> None:
        if not isinstance(model, lightgbm.Booster):
            return
        found: Dict[str, Dict[str, float]] = {name: {} for name in model.feature_name()}
        for kind in IMPORTANCES:
            for name, value in zip(model.feature_name(), model.feature_importance(kind)):
                found[name][kind] = float(value)
        self._importances(found, IMPORTANCES[0])


def _lr(params: Mapping[str, Any]) -> float:
    return next((float(params[name]) for name in LR_NAMES if name in params), DEFAULT_LR)


def _set_lr(model: Any, params: Dict[str, Any], new: float) -> None:
    for booster in getattr(model, "boosters", [model]):
        booster.reset_parameter({"learning_rate": new})
    for name in LR_NAMES:  # one name is left, or two would contradict each other
        params.pop(name, None)
    params["learning_rate"] = new


def _save(model: Any, path: str) -> None:
    if not isinstance(model, lightgbm.Booster):
        raise Refused("a cross-validation has no model to save")
    model.save_model(path)
