"""Numbers on an accelerator: told from others, and held as they are now, without making training wait for it."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["OnDevice", "Snapshot", "on_device", "snapshot"]


class OnDevice(Exception):
    """Reading the value now could wait for a device: take a `snapshot`, and read that later."""


def on_device(value: Any) -> bool:
    """True when reading the value may wait: it is on an accelerator, or still being computed.

    torch: any device but `cpu` and `meta`. jax: not ready, or not on the CPU. tensorflow: on a GPU or TPU.
    A distributed torch tensor is read at once: that is a collective call, which all ranks make in the same order.
    """
    device = getattr(value, "device", None)
    kind = getattr(device, "type", None)
    if isinstance(kind, str):
        return kind not in ("cpu", "meta") and not hasattr(value, "full_tensor")
    ready = getattr(value, "is_ready", None)
    if callable(ready):
        return not ready() or any(place.platform != "cpu" for place in value.devices())
    return isinstance(device, str) and ("GPU" in device or "TPU" in device)


class Snapshot:
    """One number as it was when it was logged, whatever training does to the tensor afterwards."""

    def __init__(self, held: Any, event: Any = None) -> None:
        self._held = held
        self._event = event

    def ready(self) -> bool:
        """False while reading would wait. Where a library cannot tell, True: then `read` waits."""
        if self._event is not None:
            return bool(self._event.query())
        ready = getattr(self._held, "is_ready", None)
        return bool(ready()) if callable(ready) else True

    def read(self) -> Any:
        """The value, on the CPU."""
        if self._event is not None:
            self._event.synchronize()
        return self._held


def snapshot(value: Any) -> Snapshot:
    """Holds the value without waiting. ValueError unless it is one number that can be read at all."""
    size = value.numel() if hasattr(value, "numel") else _elements(value)
    if size != 1:
        raise ValueError(f"a metric value must be one number, not an array of {size}")
    if hasattr(value, "detach"):
        return _torch(value)
    if hasattr(value, "copy_to_host_async"):  # jax: arrays never change, so holding one is enough
        value.copy_to_host_async()
    elif hasattr(value, "read_value"):  # a variable of tensorflow; its tensors never change
        value = value.read_value()
    return Snapshot(value)


def _elements(value: Any) -> int:
    size = 1
    for extent in value.shape:
        size *= int(extent)
    return size


def _torch(value: Any) -> Snapshot:
    """A copy made by the stream that computes the value, and an event that follows it there."""
    device = value.device
    library = next(base.__module__ for base in reversed(type(value).__mro__) if hasattr(base, "detach"))
    backend = getattr(sys.modules.get(library.partition(".")[0]), device.type, None)
    capturing = getattr(backend, "is_current_stream_capturing", None)
    if capturing is not None and capturing():
        raise ValueError("a value cannot be read while a CUDA graph is captured; log it after the replay")
    alone = value.detach()
    make = getattr(backend, "Event", None)
    if make is None:
        return Snapshot(alone.clone())
    # On CUDA, a copy into page-locked memory: reading it later takes no call that could queue behind training.
    held = alone.to("cpu", non_blocking=True) if device.type == "cuda" else alone.clone()
    event = make()
    stream = getattr(backend, "current_stream", None)
    if stream is None:
        event.record()
    else:
        event.record(stream(device))
    return Snapshot(held, event)
