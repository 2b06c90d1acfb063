"""`watch`: histograms of a PyTorch model's gradients and parameters, by hooks that cost nothing in between."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

from .._errors import warn_once

__all__ = ["Watch"]

Log = Callable[[str, Any], None]


class Watch:
    """The hooks on one model."""

    def __init__(self, model: Any, log: str, every: int, prefix: str, record: Log) -> None:
        """`log` is `gradients`, `parameters` or `all`; `record(key, tensor)` is called every `every` batches."""
        self.model = model
        self._every = max(1, int(every))
        self._record = record
        self._counts: Dict[str, int] = {}
        self._hooks: List[Any] = []
        if not callable(getattr(model, "named_parameters", None)):
            warn_once("watch", f"watch needs a PyTorch module; a {type(model).__name__} is not watched")
            return
        if log in ("gradients", "all"):
            for name, parameter in model.named_parameters():
                if parameter.requires_grad:
                    self._hooks.append(parameter.register_hook(self._on_gradient(f"gradients/{prefix}{name}")))
        if log in ("parameters", "all"):
            self._hooks.append(model.register_forward_hook(self._on_forward(f"parameters/{prefix}")))

    def stop(self) -> None:
        """Takes the hooks away."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def _due(self, key: str) -> bool:
        count = self._counts.get(key, 0) + 1
        self._counts[key] = count % self._every
        return count >= self._every

    def _on_gradient(self, key: str) -> Callable[[Any], None]:
        def hook(gradient: Any) -> None:
            if self._due(key):
                self._record(key, gradient)

        return hook

    def _on_forward(self, prefix: str) -> Callable[..., None]:
        def hook(model: Any, given: Any, made: Any) -> None:
            if model.training and self._due(prefix):
                for name, parameter in model.named_parameters():
                    self._record(f"{prefix}{name}", parameter)

        return hook
