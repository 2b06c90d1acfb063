"""`watch`: histograms of a PyTorch model's gradients and parameters, by hooks that cost nothing in between."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

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

    def _on_gradient(self, key: str) -> "_Hook":
        def act(gradient: Any) -> None:
            if self._due(key):
                self._record(key, gradient)

        return _Hook(act)

    def _on_forward(self, prefix: str) -> "_Hook":
        def act(model: Any, given: Any, made: Any) -> None:
            if model.training and self._due(prefix):
                for name, parameter in model.named_parameters():
                    self._record(f"{prefix}{name}", parameter)

        return _Hook(act)


class _Hook:
    """A hook of the watched model alone: one that is saved or copied is watched by nobody."""

    def __init__(self, act: Callable[..., None]) -> None:
        self._act = act

    def __call__(self, *given: Any) -> None:
        self._act(*given)

    def __reduce__(self) -> "Tuple[Any, ...]":
        return _Hook, (_nothing,)


def _nothing(*given: Any) -> None:
    """What the hook of a copy does."""
