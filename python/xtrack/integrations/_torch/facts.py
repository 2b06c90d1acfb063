"""What is worth knowing of a torch training before it starts: the params of its run."""

from __future__ import annotations

from typing import Any, Dict, Optional

import torch

__all__ = ["model_facts", "optimizer_facts", "scheduler_facts", "unwrapped"]


def unwrapped(model: torch.nn.Module) -> torch.nn.Module:
    """The user's own model, out of torch.compile and (Distributed)DataParallel: its weights have plain names."""
    inner: Any = getattr(model, "_orig_mod", model)
    if isinstance(inner, (torch.nn.parallel.DistributedDataParallel, torch.nn.DataParallel)):
        inner = inner.module
    found: torch.nn.Module = getattr(inner, "_orig_mod", inner)
    return found


def model_facts(model: torch.nn.Module) -> Dict[str, Any]:
    """Class, numbers of parameters, and the device and dtype of the first of them."""
    plain = unwrapped(model)
    parameters = list(plain.parameters())
    facts: Dict[str, Any] = {
        "class": type(plain).__name__,
        "parameters": sum(each.numel() for each in parameters),
        "trainable_parameters": sum(each.numel() for each in parameters if each.requires_grad),
    }
    if parameters:
        facts["device"] = str(parameters[0].device)
        facts["dtype"] = str(parameters[0].dtype).replace("torch.", "")
    return facts


def optimizer_facts(optimizer: Any) -> Dict[str, Any]:
    """Class and hyper-parameters; where groups differ, each group's learning rate."""
    plain = getattr(optimizer, "optimizer", optimizer)
    facts: Dict[str, Any] = {"class": type(plain).__name__}
    facts.update((key, _plain(value)) for key, value in getattr(plain, "defaults", {}).items() if value is not None)
    groups = plain.param_groups
    facts["lr"] = _plain(groups[0]["lr"])
    if len(groups) > 1:
        facts["lrs"] = [_plain(group["lr"]) for group in groups]
    return facts


def scheduler_facts(scheduler: Optional[Any]) -> Dict[str, Any]:
    """Class and settings."""
    if scheduler is None:
        return {}
    plain = getattr(scheduler, "scheduler", scheduler)
    facts: Dict[str, Any] = {"class": type(plain).__name__}
    for key, value in vars(plain).items():
        if not key.startswith("_") and key != "last_epoch" and isinstance(value, (bool, int, float, str)):
            facts[key] = value
    return facts


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, torch.Tensor) and value.numel() == 1 else value
