"""Plain PyTorch: a hand-written loop that is recorded, steered from outside, and goes on where it was killed.

with PyTorchCallback(model, optimizer, scheduler) as callback:
    callback.resume()
    for epoch in callback.epochs(20):
        for inputs, targets in callback.batches(loader):
            …; loss.backward(); optimizer.step(); scheduler.step()
            if not callback.on_step(loss=loss):
                break
        callback.on_epoch_end(val_loss=validate(model))
"""

from __future__ import annotations

import os
from math import isnan
from time import perf_counter
from types import TracebackType
from typing import Any, Dict, Iterable, Iterator, Mapping, Optional, Type, TypeVar

try:
    import torch
except ImportError as error:
    raise ImportError("xtrack.integrations.pytorch needs PyTorch: pip install torch") from error

from .._errors import XTrackError
from .._guard import guarded
from .._run import Run
from ._phases import by_phase
from ._rates import Rates
from ._steering import Tracked, run_of
from ._torch.checkpoints import Checkpoints, load, restore_rng, rng_state
from ._torch.facts import model_facts, optimizer_facts, scheduler_facts, unwrapped
from ._torch.steering import TorchSteering, is_main

__all__ = ["PyTorchCallback"]

Batch = TypeVar("Batch")
SAY_EVERY = 1.0  # seconds between two reports of progress and of steps per second


class PyTorchCallback(Tracked):
    """Records a training loop and obeys the control plane: pause, resume, stop, adjust_lr, checkpoint_now.

    In a distributed training make one in every rank, after `init_process_group`: rank 0 logs and saves, and what it
    is told, all do. `epoch`, `step` (steps since the beginning) and `stopped` say where the training is.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        scheduler: Optional[Any] = None,
        *,
        extra: Optional[Mapping[str, Any]] = None,
        run: Optional[Run] = None,
        checkpoint_dir: Optional[str] = "checkpoints",
        monitor: str = "val_loss",
        mode: str = "min",
        keep_last: int = 3,
        log_every: int = 1,
        watch: bool = False,
        total_steps: Optional[int] = None,
    ) -> None:
        """Without `run`: the active one, else a new one that ends with the `with` block or `close`.

        Checkpoints go to `checkpoint_dir`/RUN_ID (None: none are written): one at the end of each epoch, of which the
        `keep_last` newest stay, and the best by `monitor` (`mode` is `min` or `max`). `extra` names what else has a
        `state_dict` to be kept in them: `{"scaler": scaler}`. `log_every` is in steps; `watch` also logs the norm of
        all gradients; `total_steps` is for the progress that is shown.
        """
        if mode not in ("min", "max"):
            raise XTrackError("XT_ARGUMENT", f"mode {mode!r} is not min or max", "mode")
        self.model, self.optimizer, self.scheduler = model, optimizer, scheduler
        self.extra = dict(extra or {})
        self.monitor, self.mode = monitor, mode
        self.log_every, self.watch, self.total_steps = max(1, log_every), watch, total_steps
        self.epoch, self.step = 0, 0
        self.best: Dict[str, Any] = {"value": None, "file": None}
        self._batch = self._skip = 0  # batches of this epoch that are done; that a resumed one is to skip
        self._rng: Dict[str, Any] = {}
        self._epoch_rng: Optional[Dict[str, Any]] = None  # where the epoch began: its order of samples comes from there
        self._latest: Dict[str, float] = {}
        self._since, self._since_step = perf_counter(), 0
        if run is not None or is_main():
            self.run, self._started_here = run_of(run)
        self._checkpoints: Optional[Checkpoints] = None
        if checkpoint_dir is not None and self.run is not None and is_main():
            # A colon is fine in a run id and not in every file system.
            self._checkpoints = Checkpoints(os.path.join(checkpoint_dir, self.run.run_id.replace(":", "_")), keep_last)
        self._rates = Rates([optimizer], [] if scheduler is None else [scheduler])
        self._steering = TorchSteering(self.run, self._rates, self.save)
        self._describe()

    # -- the loop --------------------------------------------------------------------------------------

    def epochs(self, count: int) -> Iterator[int]:
        """The numbers of the epochs that are still to do, of `count`; ends early when the run is to stop."""
        for epoch in range(self.epoch, count):
            if self.stopped:
                return
            self.on_epoch_start(epoch)
            yield epoch

    def batches(self, loader: Iterable[Batch]) -> Iterator[Batch]:
        """The batches of this epoch that are still to do: a resumed epoch goes on after the last one that was done.

        With random numbers where they were too, so the training goes on as if it had never been interrupted.
        """
        skip, self._skip = self._skip, 0
        for number, batch in enumerate(loader, 1):
            if number == skip and is_main():
                restore_rng(self._rng)
            if number > skip:
                self._batch = number
                yield batch

    @property
    def stopped(self) -> bool:
        """True once the control plane asked the training to stop."""
        return self._steering.stopped

    def on_epoch_start(self, epoch: int) -> None:
        """Before the batches of an epoch; `epochs` calls it."""
        self.epoch, self._batch = epoch, 0
        self._epoch_rng = rng_state()
        self._since, self._since_step = perf_counter(), self.step
        if self.run is not None:
            self.run.set_status("training", f"epoch {epoch}", self.step, self.total_steps, "step")

    def on_step(self, **metrics: Any) -> bool:
        """After `optimizer.step()`: records, and does what the control plane asks for. False: leave the loop.

        Blocks while the run is paused. Tensors may be passed as they are.
        """
        self.step += 1
        self._record(metrics)
        before = perf_counter()
        goes_on = self._steering.safe_point(self.step)
        self._since += perf_counter() - before  # a pause is no slow step
        return goes_on

    def on_epoch_end(self, **metrics: Any) -> bool:
        """After an epoch, with what was measured: saves a checkpoint, the best one by `monitor`. False: leave the loop.

        An epoch that was left because the run is to stop is not over: it goes on when the training is resumed.
        """
        self._measured(metrics)
        if not self.stopped:
            self.epoch, self._batch, self._epoch_rng = self.epoch + 1, 0, None
        best = self.best
        try:
            self._save_epoch()
        except Exception as error:  # a full disk does not end a training; the next epoch may fare better
            self.best = best
            self._fault("save", error)
        return not self.stopped

    def close(self, error: Optional[BaseException] = None) -> None:
        """After the training: ends the run if it was started here, as failed when `error` is given."""
        self._steering.close()
        self._close(error)

    def __enter__(self) -> "PyTorchCallback":
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close(error)

    # -- checkpoints -----------------------------------------------------------------------------------

    def save(self) -> Optional[str]:
        """Writes a checkpoint of this moment, which stays, and records it. Its path, in rank 0."""
        return self._save(f"step-{self.step:08d}.pt", self.epoch, False)

    def resume(self, path: Optional[str] = None) -> bool:
        """Goes on from `path`, else from what the control plane restarts the run from, else from the run's newest file.

        Call it in every rank, once model, optimizer and scheduler are made. False when there is nothing to go on from.
        """
        run = self.run
        found = path or (run.resume_checkpoint if run is not None else None)
        if not found and self._checkpoints is not None:
            found = self._checkpoints.newest()
        found = self._steering.agree(found)
        if not found:
            return False
        self._restore(load(found))
        if run is not None:
            run.log(f"resumed from {found} at epoch {self.epoch}, step {self.step}", step=self.step)
        return True

    def _restore(self, state: Dict[str, Any]) -> None:
        unwrapped(self.model).load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.scheduler is not None and state["scheduler"] is not None:
            self.scheduler.load_state_dict(state["scheduler"])
        self.epoch, self.step, self._skip = state["epoch"], state["step"], state["batch"]
        for name, holder in self.extra.items():
            holder.load_state_dict(state["extra"][name])
        self.best, self._rng = state["best"], state["rng"]
        if is_main():  # the random numbers of the other ranks are their own
            restore_rng(state["epoch_rng"] or self._rng)

    def _state(self) -> Dict[str, Any]:
        return {
            "model": unwrapped(self.model).state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": None if self.scheduler is None else self.scheduler.state_dict(),
            "extra": {name: holder.state_dict() for name, holder in self.extra.items()},
            "epoch": self.epoch,
            "step": self.step,
            "batch": self._batch,
            "best": self.best,
            "rng": rng_state(),
            "epoch_rng": self._epoch_rng,
        }

    def _save_epoch(self) -> None:
        epoch = self.epoch if self.stopped else self.epoch - 1
        name = f"step-{self.step:08d}.pt" if self.stopped else f"epoch-{epoch:06d}.pt"
        value, best = self._latest.get(self.monitor), self.best["value"]
        is_best = value is not None and not isnan(value) and (best is None or self._better(value, best))
        if is_best:
            self.best = {"value": value, "file": name}
        if self._checkpoints is not None:
            self._save(name, epoch, is_best)
            self._checkpoints.prune(self.best["file"])

    def _better(self, value: float, best: float) -> bool:
        return value < best if self.mode == "min" else value > best

    def _save(self, name: str, epoch: int, is_best: bool) -> Optional[str]:
        if not is_main() or self.run is None:
            return None
        if self._checkpoints is None:
            raise XTrackError("XT_ARGUMENT", "this training writes no checkpoints", "checkpoint_dir")
        path = self._checkpoints.write(name, self._state())
        best_key = self.monitor if is_best else None
        self.run.log_checkpoint(self.step, path, self._latest, is_best, best_key, epoch)
        return path

    # -- what is recorded ------------------------------------------------------------------------------

    @guarded
    def _describe(self) -> None:
        if self.run is not None and is_main():
            facts = {"model": model_facts(self.model), "optimizer": optimizer_facts(self.optimizer)}
            self.run.log_params({**facts, "scheduler": scheduler_facts(self.scheduler) or None})

    @guarded
    def _record(self, metrics: Dict[str, Any]) -> None:
        if self.run is None:
            return
        seconds = perf_counter() - self._since
        if seconds >= SAY_EVERY:
            self._throughput(seconds)
            if self.total_steps is not None:
                self.run.set_status("training", f"epoch {self.epoch}", self.step, self.total_steps, "step")
        if self.step % self.log_every:
            return
        # Without its graph, which would keep the whole batch alive.
        found = {key: value.detach() if hasattr(value, "detach") else value for key, value in metrics.items()}
        found.update(self._rates.named())
        if self.watch:
            found["grad_norm"] = _gradient_norm(self.model)
        self.run.log_metrics(found, self.step, self.epoch, "train")

    def _throughput(self, seconds: float) -> None:
        done = self.step - self._since_step
        if self.run is not None and done > 0 and seconds > 0:
            self.run.log_metric("steps_per_second", done / seconds, self.step, self.epoch, "train")
        self._since, self._since_step = perf_counter(), self.step

    @guarded
    def _measured(self, metrics: Dict[str, Any]) -> None:
        self._latest = {key: float(value) for key, value in metrics.items()}
        if self.run is None:
            return
        self._throughput(perf_counter() - self._since)
        for phase, found in by_phase(self._latest).items():
            self.run.log_metrics(found, self.step, self.epoch, phase)


def _gradient_norm(model: torch.nn.Module) -> Any:
    """Of all gradients together; stays on their device."""
    norms = [torch.linalg.vector_norm(each.grad.detach()) for each in model.parameters() if each.grad is not None]
    return torch.linalg.vector_norm(torch.stack([norm.to(norms[0].device) for norm in norms])) if norms else 0.0
