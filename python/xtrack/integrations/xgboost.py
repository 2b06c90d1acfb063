"""XGBoost: a training is recorded round by round, and steered while it runs.

from xtrack.integrations.xgboost import XTrackCallback

xgboost.train(params, data, 500, evals=[(data, "train"), (held_back, "val")], callbacks=[XTrackCallback()])
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Tuple, Union

from .._guard import guarded
from .._run import Run
from .._steering.commands import Refused
from ._boosting import Boosting
from ._library import library

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["XTrackCallback"]

xgboost = library("xgboost", "xgboost")
TrainingCallback: Any = library("xgboost.callback", "xgboost").TrainingCallback

# The configuration repeats some parameters under a second name: the first of each pair is left out.
ALIASES = {
    "eta": "learning_rate",
    "alpha": "reg_alpha",
    "lambda": "reg_lambda",
    "gamma": "min_split_loss",
    "random_state": "seed",
    "n_jobs": "nthread",
}
IMPORTANCES = ("gain", "weight", "cover")


class XTrackCallback(Boosting, TrainingCallback):  # type: ignore[misc]
    """For `callbacks=[…]` of `xgboost.train`, `xgboost.cv` and the scikit-learn wrappers.

    Recorded: the parameters as the library has them, each metric of each data set as `DATA/METRIC` at its iteration
    (as XGBoost counts: from 0; of `cv` also `…/std`), at the end how important each feature is, as a table.
    `adjust_lr` takes effect with the next round, `stop` ends the training after this one.
    """

    _ending = ".ubj"

    def __init__(
        self,
        run: Optional[Run] = None,
        *,
        checkpoint_dir: "Union[str, PathLike[str]]" = "checkpoints",
        checkpoint_every: Optional[int] = None,
    ) -> None:
        """Without `run`: the active one, else a new one that ends with the training, or with the `with` block.

        The model is saved to `checkpoint_dir`/RUN_ID on `checkpoint_now`, and every `checkpoint_every` rounds.
        """
        TrainingCallback.__init__(self)
        Boosting.__init__(self, run, checkpoint_dir, checkpoint_every)
        self._first = 0  # rounds that the model had before

    def before_training(self, model: Any) -> Any:
        self._prepare(model)
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, List[Any]]]) -> bool:
        # A fault is told and answered with None, which must not end a training.
        stopped = self._iteration(model, epoch, evals_log) is False
        if stopped and not isinstance(model, xgboost.Booster) and model.attr("best_iteration") is None:
            model.set_attr(best_iteration=str(epoch))  # `cv` cuts its results there
        return stopped

    def after_training(self, model: Any) -> Any:
        self._finish(model)
        self._close()
        return model

    def __deepcopy__(self, memo: Any) -> "XTrackCallback":
        """A clone of an estimator logs to the same run."""
        return copy.copy(self)

    @guarded
    def _prepare(self, model: Any) -> None:
        self._first = model.num_boosted_rounds()
        self._step = self._first
        booster = _booster(model)
        lr = None
        if "learning_rate" in _params(booster):
            lr = (lambda: _params(booster)["learning_rate"], lambda new: model.set_param("learning_rate", new))
        self._begin("xgboost", _params(booster), lr, lambda path: _save(model, path))

    @guarded
    def _iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, List[Any]]]) -> bool:
        metrics: Dict[str, Any] = {}
        for data, found in evals_log.items():
            for name, history in found.items():
                newest = history[-1]
                if isinstance(newest, tuple):  # mean and standard deviation over the folds
                    metrics[f"{data}/{name}"], metrics[f"{data}/{name}/std"] = newest
                else:
                    metrics[f"{data}/{name}"] = newest
        return self._round(self._first + epoch, metrics, self._first + epoch + 1, None)

    @guarded
    def _finish(self, model: Any) -> None:
        if not isinstance(model, xgboost.Booster) or _params(model).get("booster") == "gblinear":
            return
        found: Dict[str, Dict[str, float]] = {}
        for kind in IMPORTANCES:
            for feature, value in model.get_score(importance_type=kind).items():
                found.setdefault(feature, {})[kind] = value
        self._importances(found, IMPORTANCES[0])


def _booster(model: Any) -> Any:
    """The booster itself, or that of the first fold of a cross-validation."""
    return model if isinstance(model, xgboost.Booster) else model.cvfolds[0].bst


def _params(booster: Any) -> Dict[str, Any]:
    """The parameters of the library's own configuration, flat, numbers as numbers."""
    found = dict(_leaves(json.loads(booster.save_config())["learner"]))
    return {name: value for name, value in found.items() if ALIASES.get(name) not in found}


def _leaves(config: Any, inside: bool = False) -> Iterator[Tuple[str, Any]]:
    if isinstance(config, list):
        for item in config:
            yield from _leaves(item, inside)
    elif isinstance(config, dict):
        for name, value in config.items():
            if isinstance(value, (dict, list)):
                yield from _leaves(value, name.endswith("_param"))
            elif inside:
                yield name, _number(value)


def _number(text: str) -> Any:
    """The configuration holds the text of 32-bit floats: seven digits give back what was meant."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(f"{float(text):.7g}")
    except ValueError:
        return text


def _save(model: Any, path: str) -> None:
    if not isinstance(model, xgboost.Booster):
        raise Refused("a cross-validation has no model to save")
    model.save_model(path)
