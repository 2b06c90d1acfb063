"""PyTorch Lightning 2: a `Logger` that records, and a `Callback` that lets the control plane steer.

trainer = Trainer(logger=XTrackLogger(), callbacks=[XTrackCallback()])
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional

from .._guard import guarded
from .._run import Run
from ._library import library
from ._phases import by_phase
from ._rates import Rates
from ._steering import Tracked
from ._torch.facts import model_facts, optimizer_facts
from ._torch.steering import TorchSteering

__all__ = ["XTrackCallback", "XTrackLogger"]


def _installed() -> Any:
    """`lightning`, or `pytorch_lightning` where that is in use already, or alone installed."""
    if "lightning.pytorch" not in sys.modules and ("pytorch_lightning" in sys.modules or not find_spec("lightning")):
        try:
            return import_module("pytorch_lightning")
        except ModuleNotFoundError:
            pass
    library("lightning", "lightning")
    return import_module("lightning.pytorch")


_pl: Any = _installed()

if TYPE_CHECKING:
    _Logger = object
    _Callback = object
else:
    _Logger = _pl.loggers.Logger
    _Callback = _pl.Callback


def _is_main() -> bool:
    return bool(_pl.utilities.rank_zero_only.rank == 0)


class XTrackLogger(Tracked, _Logger):
    """Sends what a Lightning module logs to a run: metrics by phase, hyper-parameters, checkpoints. Rank zero only.

    A run that it started ends as failed or killed with the training. After a good end it stays open, for
    `trainer.test` belongs to it: it is completed when the process ends, the next training begins, or by
    `logger.experiment.end()`.
    """

    def __init__(
        self,
        name: Optional[str] = None,
        *,
        experiment: Optional[str] = None,
        tags: Optional[Mapping[str, Any]] = None,
        run: Optional[Run] = None,
        save_dir: Optional[str] = None,
    ) -> None:
        """Logs to `run`, else to the active run, else to a new one with this `name`, `experiment` and these `tags`.

        `save_dir` is where Lightning puts its checkpoints (default: the trainer's `default_root_dir`).
        """
        super().__init__()
        self.run = run
        self._name = name
        self._start = {"experiment": experiment, "tags": tags}
        self._save_dir = save_dir

    @property
    def experiment(self) -> Any:
        """The run; in other ranks than zero an object that takes every call and does nothing."""
        if not _is_main():
            return _pl.loggers.logger.DummyExperiment()
        return self._opened()

    @property
    def name(self) -> str:
        return self._name or "xtrack"

    @property
    def version(self) -> Optional[str]:
        """The run id; None in other ranks than zero."""
        return self._opened().run_id if _is_main() else None

    @property
    def save_dir(self) -> Optional[str]:
        return self._save_dir

    @guarded
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """A dict, nested or not, a namespace, or what has `items`."""
        if _is_main() and params is not None:
            self._opened().log_params(params if hasattr(params, "items") else vars(params))

    @guarded
    def log_metrics(self, metrics: Mapping[str, Any], step: Optional[int] = None) -> None:
        """`val_` and `test_` before a name say the phase."""
        if not _is_main():
            return
        found = dict(metrics)
        epoch = found.pop("epoch", None)
        for phase, numbers in by_phase(found).items():
            self._opened().log_metrics(numbers, step, epoch, phase)

    @guarded
    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """Called by `ModelCheckpoint` after it has written a file."""
        saved = checkpoint_callback
        path = getattr(saved, "_last_checkpoint_saved", "") or saved.last_model_path or saved.best_model_path
        if not _is_main() or not path:
            return
        score, monitor = saved.current_score, saved.monitor
        self._opened().log_checkpoint(
            getattr(saved, "_last_global_step_saved", 0),
            path,
            None if monitor is None or score is None else {monitor: score},
            None if monitor is None else path == saved.best_model_path,
            monitor,
        )

    @guarded
    def finalize(self, status: str) -> None:
        """Called by the trainer: `success`, `failed` or `interrupted`."""
        if not _is_main() or self.run is None:
            return
        if status == "success":
            self._leave()
            return
        error = sys.exc_info()[1]
        if error is not None:
            self._close(error)
        elif self._started_here:
            self.run.end("killed" if status == "interrupted" else "failed", f"Lightning ended the training: {status}")

    def _opened(self) -> Run:
        return self._open(self._name, **self._start)


class XTrackCallback(Tracked, _Callback):
    """Steers a trainer: pause, resume, stop, adjust_lr on its optimizers and schedules, checkpoint_now.

    Commands take effect after a batch. Also records the model, the optimizers, learning rates, and how far it is.
    """

    def __init__(self, run: Optional[Run] = None) -> None:
        """Uses `run`, else the run of the trainer's XTrackLogger, else the active run, else a new one."""
        super().__init__()
        self.run = run
        self._rates = Rates([])
        self._steering: Optional[TorchSteering] = None

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        self._begin(trainer, pl_module)
        schedulers = [config.scheduler for config in trainer.lr_scheduler_configs]
        self._rates = Rates(trainer.optimizers, schedulers)
        self._steering = TorchSteering(self.run, self._rates, lambda: self._save(trainer))

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        self._record(trainer)
        if self._steering is not None and not self._steering.safe_point(trainer.global_step):
            # A stop is a stop: min_epochs and min_steps are for early stopping.
            trainer.fit_loop.min_epochs = trainer.fit_loop.epoch_loop.min_steps = None
            trainer.should_stop = True

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        self._say(trainer, "training")

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        self._say(trainer, "evaluating")

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        self._say(trainer, "training")

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        if self._steering is not None:
            self._steering.close()
        self._steering = None
        self._leave()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        self._close(exception)

    @guarded
    def _begin(self, trainer: Any, pl_module: Any) -> None:
        if not trainer.is_global_zero:
            return
        logger = next((each for each in trainer.loggers if isinstance(each, XTrackLogger)), None)
        if self.run is None and logger is not None:
            self.run = logger.experiment
        run = self._open()
        run.log_params({"model": model_facts(pl_module), "trainer": _settings(trainer)})
        for number, optimizer in enumerate(trainer.optimizers):
            name = "optimizer" if len(trainer.optimizers) == 1 else f"optimizer{number}"
            run.log_params({name: optimizer_facts(optimizer)})

    @guarded
    def _record(self, trainer: Any) -> None:
        if self.run is not None and trainer.global_step % trainer.log_every_n_steps == 0:
            self.run.log_metrics(self._rates.named(), trainer.global_step, trainer.current_epoch, "train")

    @guarded
    def _say(self, trainer: Any, status: str) -> None:
        if self.run is not None and self._steering is not None and not trainer.sanity_checking:
            total = trainer.max_epochs if (trainer.max_epochs or -1) > 0 else None
            self.run.set_status(status, f"epoch {trainer.current_epoch}", trainer.current_epoch, total, "epoch")

    def _save(self, trainer: Any) -> None:
        """In every rank: a sharded model is saved by all of them."""
        folder = getattr(trainer.checkpoint_callback, "dirpath", None) or trainer.default_root_dir
        path = os.path.join(folder, f"requested-step={trainer.global_step}.ckpt")
        trainer.save_checkpoint(path)
        if self.run is not None:
            self.run.log_checkpoint(trainer.global_step, path, epoch=trainer.current_epoch)


def _settings(trainer: Any) -> Dict[str, Any]:
    return {
        "max_epochs": trainer.max_epochs,
        "max_steps": trainer.max_steps,
        "precision": trainer.precision,
        "accumulate_grad_batches": trainer.accumulate_grad_batches,
        "gradient_clip_val": trainer.gradient_clip_val,
        "strategy": type(trainer.strategy).__name__,
        "devices": trainer.num_devices,
        "nodes": trainer.num_nodes,
    }
