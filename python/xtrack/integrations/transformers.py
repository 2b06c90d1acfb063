"""Hugging Face Transformers: a `TrainerCallback` that records a `Trainer` and lets the control plane steer it.

Trainer(…, callbacks=[XTrackCallback()])
"""

from __future__ import annotations

import os
from numbers import Real
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional

from .._guard import guarded
from .._run import Run
from ._library import library
from ._phases import by_phase
from ._rates import Rates
from ._steering import Tracked
from ._torch.facts import model_facts, optimizer_facts
from ._torch.steering import TorchSteering

__all__ = ["XTrackCallback"]

if TYPE_CHECKING:
    _TrainerCallback = object
else:
    _TrainerCallback = library("transformers", "transformers").TrainerCallback


class XTrackCallback(Tracked, _TrainerCallback):
    """Records arguments, model, metrics by phase and checkpoints; pause, resume, stop, adjust_lr, checkpoint_now.

    Commands take effect after a step. Only the first process of a distributed training logs. A run that it started
    stays open after training, for `trainer.evaluate` belongs to it: it is completed when the process ends, the next
    training begins, or by `callback.run.end()`.
    """

    def __init__(self, run: Optional[Run] = None) -> None:
        """Logs to `run`, else to the active run, else to a new one called as the arguments' `run_name`."""
        super().__init__()
        self.run = run
        self._steering: Optional[TorchSteering] = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._close()  # of a training before this one
        if state.is_world_process_zero:
            self._begin(args, state, kwargs)
        optimizer, scheduler = kwargs.get("optimizer"), kwargs.get("lr_scheduler")
        rates = Rates([] if optimizer is None else [optimizer], [] if scheduler is None else [scheduler])
        self._steering = TorchSteering(self.run if state.is_world_process_zero else None, rates)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
        if self._steering is not None:
            if not self._steering.safe_point(state.global_step):
                control.should_training_stop = True
            if self._steering.checkpoint_due:
                control.should_save = True  # on_save answers the request
        return control

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        if state.is_world_process_zero and logs:
            self._record(args, state, logs)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.is_world_process_zero:
            self._saved(args, state)

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.is_world_process_zero:
            self._say(state, "training" if self._steering is not None else "running")

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self._steering is not None:
            self._steering.close()
        self._steering = None
        if state.is_world_process_zero:
            self._say(state, "finishing")
            self._leave()

    @guarded
    def _begin(self, args: Any, state: Any, kwargs: Mapping[str, Any]) -> None:
        run = self._open(_name(args))
        model, optimizer = kwargs.get("model"), kwargs.get("optimizer")
        run.log_params({"args": args.to_sanitized_dict()})
        if model is not None:
            config = getattr(model, "config", None)
            run.log_params({"model": model_facts(model), "config": config.to_dict() if config is not None else None})
        if optimizer is not None:
            run.log_params({"optimizer": optimizer_facts(optimizer)})
        self._say(state, "training")

    @guarded
    def _record(self, args: Any, state: Any, logs: Mapping[str, Any]) -> None:
        run = self._open(_name(args))
        for phase, metrics in by_phase(_numbers(logs)).items():
            run.log_metrics(metrics, state.global_step, state.epoch, phase)
        self._say(state, "training" if self._steering is not None else "running")

    @guarded
    def _saved(self, args: Any, state: Any) -> None:
        path = os.path.join(args.output_dir, f"checkpoint-{state.global_step}")
        best = state.best_model_checkpoint
        # What was measured at this step, if anything was.
        measured: Dict[str, Any] = {}
        for entry in state.log_history:
            if entry.get("step") == state.global_step:
                measured.update((key, value) for key, value in _numbers(entry).items() if key.startswith("eval_"))
        self._open(_name(args)).log_checkpoint(
            state.global_step,
            path,
            measured or None,
            None if best is None else os.path.abspath(best) == os.path.abspath(path),
            None if best is None else _best_key(args),
            state.epoch,
        )

    @guarded
    def _say(self, state: Any, status: str) -> None:
        if self.run is not None:
            self.run.set_status(status, None, state.global_step, state.max_steps or None, "step")


def _name(args: Any) -> Optional[str]:
    """`run_name` where the user gave one: older versions make it the output folder otherwise."""
    return args.run_name if args.run_name != args.output_dir else None


def _best_key(args: Any) -> str:
    """The metric as it is logged: `loss` means `eval_loss`."""
    name = str(args.metric_for_best_model)
    return name if name.startswith("eval_") else f"eval_{name}"


def _numbers(logs: Mapping[str, Any]) -> Dict[str, Any]:
    found = {key: value for key, value in logs.items() if isinstance(value, Real) or hasattr(value, "item")}
    for place in ("epoch", "step"):  # where, not what
        found.pop(place, None)
    return found
