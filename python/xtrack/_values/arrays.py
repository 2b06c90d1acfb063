"""Arrays and tensors of any library as numpy's, where numpy is loaded; nothing is imported for it."""

from __future__ import annotations

import sys
from typing import Any, Optional

__all__ = ["as_array", "as_lists"]


def as_array(value: Any) -> Optional[Any]:
    """The numpy array of numbers behind an array or tensor; None where it is none of these, or numpy is not loaded.

    A tensor on a device is copied to the host: only verbs that were given one to keep call this.
    """
    numpy = sys.modules.get("numpy")
    if numpy is None or isinstance(value, (str, bytes)):
        return None
    found = _on_host(value)
    if callable(getattr(found, "numpy", None)):  # torch, TensorFlow
        found = found.numpy()
    elif hasattr(found, "__array__") and not isinstance(found, numpy.ndarray):
        found = numpy.asarray(found)
    if not isinstance(found, numpy.ndarray):
        return None
    if found.dtype.kind == "V" and found.dtype.names is None:  # bfloat16 and float8 of jax
        return found.astype("float32")
    return found


def as_lists(value: Any) -> Any:
    """Nested lists of an array or tensor; anything else as it is."""
    found = _on_host(value)
    tolist = getattr(found, "tolist", None)
    return tolist() if callable(tolist) else found


def _on_host(value: Any) -> Any:
    """A torch tensor without its graph, on the CPU, in a type that numpy knows; anything else as it is."""
    if not callable(getattr(value, "detach", None)):
        return value
    found = value.detach().cpu()
    return found.float() if str(found.dtype).startswith(("torch.bfloat16", "torch.float8", "torch.float4")) else found
