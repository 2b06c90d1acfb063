"""Keras 3, on any backend: `fit` is recorded and steered by one callback.

from xtrack.integrations.keras import XTrackCallback

model.fit(x, y, epochs=20, validation_split=0.1, callbacks=[XTrackCallback()])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Union

from .._errors import XTrackError
from .._guard import guarded
from .._run import Run
from .._steering.commands import Refused
from ._checkpoint_files import CheckpointFiles
from ._library import library
from ._phases import by_phase
from ._steering import Steering, Tracked

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["XTrackCallback"]

keras = library("keras", "keras")
Callback: Any = library("keras.callbacks", "keras").Callback

MAX_LAYERS = 500  # whose classes are recorded
RISING = ("acc", "auc", "f1", "precision", "recall", "r2", "iou", "cosine")  # what is better when it is more


class XTrackCallback(Tracked, Callback):  # type: ignore[misc]
    """For `callbacks=[…]` of `fit` (and of `evaluate`, whose metrics are of phase `test`).

    Recorded: the settings of `fit`, the model and its optimizer; after a batch Keras's running means as `batch_loss`,
    …; after an epoch its metrics by their own names, those of the validation data in phase `val`, and the learning
    rate `lr`; a checkpoint an epoch. Epochs count from 1, steps are batches since the model was compiled.

    Commands take effect between two batches: pause, resume, stop (`model.stop_training`), checkpoint_now, and
    adjust_lr where the optimizer has a number for a learning rate. A LearningRateSchedule is compiled into the
    training step and cannot be changed: use a number, and a callback such as ReduceLROnPlateau.
    """

    def __init__(
        self,
        run: Optional[Run] = None,
        *,
        checkpoint_dir: "Union[str, PathLike[str], None]" = "checkpoints",
        weights_only: bool = False,
        monitor: str = "val_loss",
        mode: str = "auto",
        keep_last: int = 3,
        log_every: int = 1,
    ) -> None:
        """Without `run`: the active one, else a new one that ends with `fit`.

        Checkpoints go to `checkpoint_dir`/RUN_ID (None: none are written): the whole model, or its weights alone, at
        the end of each epoch, of which the `keep_last` newest stay, and the best by `monitor` (`mode` is `min`, `max`
        or `auto`: by the name). `log_every` is in batches.
        """
        if mode not in ("auto", "min", "max"):
            raise XTrackError("XT_ARGUMENT", f"mode {mode!r} is not auto, min or max", "mode")
        Callback.__init__(self)
        self.run = run
        self.checkpoint_dir = checkpoint_dir
        self.monitor, self.keep_last, self.log_every = monitor, max(1, keep_last), max(1, log_every)
        self._rises = mode == "max" or (mode == "auto" and any(part in monitor.lower() for part in RISING))
        self._ending = ".weights.h5" if weights_only else ".keras"
        self._steering: Optional[Steering] = None
        self._fitting = self._described = False
        self._step = self._epoch_start = self._logged = 0
        self._epoch = 0
        self._best: Optional[float] = None
        self._best_file: Optional[str] = None
        self._epoch_files: List[str] = []

    # -- what Keras calls ------------------------------------------------------------------------------

    @guarded
    def on_train_begin(self, logs: Optional[Mapping[str, Any]] = None) -> None:
        model = self.model
        run = self._open(model.name)
        self._fitting, self._described = True, False
        self._step = self._logged = max(self._step, _iterations(model.optimizer))
        known = self.params or {}
        run.log_params({"fit": {name: known[name] for name in ("epochs", "steps") if known.get(name) is not None}})
        self._describe(run)
        self._steer(run, model.optimizer)

    @guarded
    def on_epoch_begin(self, epoch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        self._epoch, self._epoch_start = epoch + 1, self._step
        if self.run is not None:
            total = (self.params or {}).get("epochs")
            self.run.set_status("training", f"epoch {self._epoch}", epoch, total, "epoch")

    @guarded
    def on_train_batch_end(self, batch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        # The model is left alone here: on JAX its very mention copies the state of the training back into it.
        run, steering = self.run, self._steering
        if run is None or steering is None:
            return
        self._step = step = self._epoch_start + batch + 1
        if step - self._logged >= self.log_every:
            self._logged = step
            found = {f"batch_{name}": value for name, value in _numbers(logs).items()}
            run.log_metrics(found, step=step, epoch=self._epoch, phase="train", agg="mean")
        if not steering.safe_point(step):
            self.model.stop_training = True

    @guarded
    def on_epoch_end(self, epoch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        run = self.run
        if run is None:
            return
        self._describe(run)
        found = _numbers(logs)
        for phase, metrics in by_phase(found).items():
            run.log_metrics(metrics, step=self._step, epoch=self._epoch, phase=phase)
        self._log_lr(run)
        if self.checkpoint_dir is not None:
            self._end_of_epoch(found)

    @guarded
    def on_train_end(self, logs: Optional[Mapping[str, Any]] = None) -> None:
        self._fitting = False
        self._close()

    @guarded
    def on_test_end(self, logs: Optional[Mapping[str, Any]] = None) -> None:
        if not self._fitting:  # the validation of `fit` is told at the end of its epoch
            self._open(self.model.name).log_metrics(_numbers(logs), step=self._step, phase="test")
            self._close()

    # -- steering --------------------------------------------------------------------------------------

    def _steer(self, run: Run, optimizer: Any) -> None:
        has_lr = hasattr(optimizer, "learning_rate")
        self._steering = Steering(
            run,
            lr=(self._read_lr, self._set_lr) if has_lr else None,
            checkpoint=None if self.checkpoint_dir is None else self._save_now,
        )

    def _read_lr(self) -> float:
        # `self.model` brings the state back from the compiled step, so what is read and changed is the real one.
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        return float(f"{rate:.7g}")  # it is kept in 32 bits

    def _set_lr(self, new: float) -> None:
        optimizer = self.model.optimizer
        if not isinstance(optimizer.learning_rate, keras.Variable):
            raise Refused("lr: the optimizer has a schedule, compiled into the training step; give it a number instead")
        optimizer.learning_rate = new
        if self.run is not None:
            self._log_lr(self.run)

    def _log_lr(self, run: Run) -> None:
        if hasattr(self.model.optimizer, "learning_rate"):
            run.log_metric("lr", self._read_lr(), step=self._step, epoch=self._epoch)

    # -- checkpoints -----------------------------------------------------------------------------------

    def _save_now(self) -> None:
        """`checkpoint_now`: a file that stays."""
        path, run = self._write(f"step-{self._step:08d}{self._ending}"), self._open()
        run.log_checkpoint(self._step, path, epoch=self._epoch)

    def _end_of_epoch(self, metrics: Dict[str, float]) -> None:
        name = f"epoch-{self._epoch:06d}{self._ending}"
        path, run = self._write(name), self._open()
        value = metrics.get(self.monitor)
        best = value is not None and (self._best is None or (value > self._best if self._rises else value < self._best))
        if best:
            self._best, self._best_file = value, name
        asked = run.checkpoint_requested  # this one will answer it, and so stays
        run.log_checkpoint(
            self._step,
            path,
            metrics=metrics,
            is_best=best if value is not None else None,
            best_key=self.monitor if value is not None else None,
            epoch=self._epoch,
        )
        self._epoch_files = [each for each in self._epoch_files if each != name] + ([] if asked else [name])
        for old in self._epoch_files[: -self.keep_last]:
            if old != self._best_file:
                self._epoch_files.remove(old)
                self._files().remove(old)

    def _write(self, name: str) -> str:
        model = self.model
        return self._files().write(name, model.save_weights if self._ending == ".weights.h5" else model.save)

    def _files(self) -> CheckpointFiles:
        return CheckpointFiles(self.checkpoint_dir or ".", self._open().run_id)

    # -- facts -----------------------------------------------------------------------------------------

    def _describe(self, run: Run) -> None:
        """Once it is built: a subclassed model may know its weights only after the first batch."""
        model = self.model
        if self._described or not model.built:
            return
        self._described = True
        optimizer = model.optimizer
        config = optimizer.get_config() if hasattr(optimizer, "get_config") else {}
        run.log_params(
            {
                "model": {
                    "name": model.name,
                    "class": type(model).__name__,
                    "params": model.count_params(),
                    "trainable_params": sum(_size(weight) for weight in model.trainable_weights),
                    "layers": [type(layer).__name__ for layer in model.layers[:MAX_LAYERS]],
                },
                "optimizer": {"class": type(optimizer).__name__, **config},
                "loss": model.loss if isinstance(model.loss, str) else type(model.loss).__name__,
                "backend": keras.backend.backend(),
            }
        )


def _iterations(optimizer: Any) -> int:
    """Batches that the optimizer has seen, so that a model that was loaded goes on counting."""
    found = getattr(optimizer, "iterations", None)
    if found is None:
        return 0
    return int(keras.ops.convert_to_numpy(found)) * int(getattr(optimizer, "gradient_accumulation_steps", None) or 1)


def _numbers(logs: Optional[Mapping[str, Any]]) -> Dict[str, float]:
    return {name: float(value) for name, value in (logs or {}).items() if isinstance(value, (int, float))}


def _size(weight: Any) -> int:
    size = 1
    for length in weight.shape:
        size *= int(length)
    return size
