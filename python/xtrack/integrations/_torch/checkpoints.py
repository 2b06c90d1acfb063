"""Checkpoint files of a plain PyTorch training: whole or not there, few, and read without running what is in them."""

from __future__ import annotations

import os
import random
import sys
from typing import Any, Callable, Dict, Mapping, Optional

import torch

__all__ = ["Checkpoints", "load", "restore_rng", "rng_state"]

Rng = Dict[str, Any]


class Checkpoints:
    """One folder: `epoch-000003.pt` at the end of epochs, of which few stay; `step-00000120.pt` on request."""

    def __init__(self, folder: str, keep_last: int) -> None:
        self.folder = os.path.abspath(folder)
        self._keep_last = max(1, keep_last)

    def write(self, name: str, state: Mapping[str, Any]) -> str:
        """Writes beside the place and renames, so that a killed process leaves no half of it. The path."""
        os.makedirs(self.folder, exist_ok=True)
        path = os.path.join(self.folder, name)
        partial = f"{path}.{os.getpid()}.partial"
        try:
            with open(partial, "wb") as file:
                torch.save(dict(state), file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        except BaseException:
            if os.path.exists(partial):
                os.unlink(partial)
            raise
        return path

    def prune(self, best: Optional[str]) -> None:
        """Removes what was written at the end of epochs, but the newest and the best."""
        for name in sorted(name for name in self._names() if name.startswith("epoch-"))[: -self._keep_last]:
            if name != best:
                os.unlink(os.path.join(self.folder, name))

    def newest(self) -> Optional[str]:
        """Path of the file written last, or None."""
        paths = [os.path.join(self.folder, name) for name in self._names()]
        return max(paths, key=lambda path: (os.stat(path).st_mtime_ns, path), default=None)

    def _names(self) -> "list[str]":
        names = os.listdir(self.folder) if os.path.isdir(self.folder) else []
        return [name for name in names if name.endswith(".pt")]


def load(path: str) -> Dict[str, Any]:
    """Tensors and plain data; anything else in the file is an error, and is never executed."""
    found: Dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return found


def rng_state() -> Rng:
    """Where every random number generator in use stands: Python, torch, CUDA, numpy."""
    state: Rng = {"python": random.getstate(), "torch": torch.get_rng_state()}
    initialized: Callable[[], bool] = torch.cuda.is_initialized
    if initialized():  # to ask the generators would start CUDA
        state["cuda"] = torch.cuda.get_rng_state_all()
    if "numpy" in sys.modules:
        name, keys, *rest = sys.modules["numpy"].random.get_state()
        state["numpy"] = (name, keys.tolist(), *rest)
    return state


def restore_rng(state: Rng) -> None:
    """Puts the generators back to where `rng_state` found them."""
    random.setstate(state["python"])
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
    if "numpy" in state and "numpy" in sys.modules:
        name, keys, *rest = state["numpy"]
        numpy = sys.modules["numpy"]
        numpy.random.set_state((name, numpy.array(keys, dtype="uint32"), *rest))
