"""NVIDIA GPUs: by the driver's library (NVML), which starts nothing and makes no CUDA context, else `nvidia-smi`."""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, Union

__all__ = ["NvidiaSmi", "Nvml", "open_gpus"]

LIBRARY = "libnvidia-ml.so.1"
MAX_GPUS = 64
SMI_TIMEOUT = 5.0  # seconds; usually a few tenths, but the first call without a persistent driver takes longer
MIB = 1024 * 1024
# In the order of the command's columns; memory in MiB.
QUERY = "index,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw"


def open_gpus() -> "Union[Nvml, NvidiaSmi]":
    """Whatever there is to read GPUs with; OSError where there is nothing."""
    try:
        return Nvml()
    except (ImportError, OSError):
        return NvidiaSmi()


class Nvml:
    """The GPUs as the NVML library tells them. What a GPU does not tell is left out."""

    def __init__(self, library: str = LIBRARY) -> None:
        import ctypes

        self._types = ctypes
        self._library = ctypes.CDLL(library)
        self._ask("nvmlInit_v2")
        number = ctypes.c_uint()
        self._ask("nvmlDeviceGetCount_v2", ctypes.byref(number))
        self._gpus: Dict[int, Any] = {}
        for index in range(min(number.value, MAX_GPUS)):
            handle = ctypes.c_void_p()
            try:
                self._ask("nvmlDeviceGetHandleByIndex_v2", ctypes.c_uint(index), ctypes.byref(handle))
            except OSError:  # this one may be another user's, or broken
                continue
            self._gpus[index] = handle
        if not self._gpus:
            raise OSError("NVML knows no GPU")

    def read(self) -> Dict[str, float]:
        found: Dict[str, float] = {}
        for index, handle in self._gpus.items():
            for look in (self._utilization, self._memory, self._temperature, self._power):
                try:
                    found.update({f"system/gpu.{index}.{name}": value for name, value in look(handle).items()})
                except OSError:
                    continue
        return found

    def _utilization(self, handle: Any) -> Dict[str, float]:
        percent = (self._types.c_uint * 2)()  # of the time, that a kernel ran; that memory was accessed
        self._ask("nvmlDeviceGetUtilizationRates", handle, percent)
        return {"utilization_percent": float(percent[0])}

    def _memory(self, handle: Any) -> Dict[str, float]:
        total_free_used = (self._types.c_ulonglong * 3)()  # bytes
        self._ask("nvmlDeviceGetMemoryInfo", handle, total_free_used)
        return memory(float(total_free_used[2]), float(total_free_used[0]))

    def _temperature(self, handle: Any) -> Dict[str, float]:
        celsius, of_the_chip = self._types.c_uint(), self._types.c_uint(0)
        self._ask("nvmlDeviceGetTemperature", handle, of_the_chip, self._types.byref(celsius))
        return {"temperature_celsius": float(celsius.value)}

    def _power(self, handle: Any) -> Dict[str, float]:
        milliwatts = self._types.c_uint()
        self._ask("nvmlDeviceGetPowerUsage", handle, self._types.byref(milliwatts))
        return {"power_watts": milliwatts.value / 1000.0}

    def _ask(self, function: str, *arguments: Any) -> None:
        try:
            call: Callable[..., int] = getattr(self._library, function)
        except AttributeError:  # an older driver
            raise OSError(f"NVML has no {function}") from None
        answer = call(*arguments)
        if answer != 0:
            raise OSError(f"{function} answered {answer}")


class NvidiaSmi:
    """The GPUs as the command `nvidia-smi` tells them."""

    def __init__(self) -> None:
        import shutil

        found = shutil.which("nvidia-smi")
        if found is None:
            raise FileNotFoundError("no nvidia-smi")
        self._command = [os.path.abspath(found), f"--query-gpu={QUERY}", "--format=csv,noheader,nounits"]

    def read(self) -> Dict[str, float]:
        """Raises OSError, or subprocess.SubprocessError after 5 s."""
        import subprocess

        done = subprocess.run(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SMI_TIMEOUT,
            # Lets Python use posix_spawn: a fork would copy the page tables of a training, which takes long.
            close_fds=False,
        )
        if done.returncode != 0:
            raise OSError(f"nvidia-smi exited with {done.returncode}")
        return parse_smi(done.stdout[: 64 * 1024].decode("ascii", "replace"))


def parse_smi(text: str) -> Dict[str, float]:
    """A line for each GPU; what it does not tell is `[N/A]` or the like, and left out."""
    found: Dict[str, float] = {}
    for line in text.splitlines()[:MAX_GPUS]:
        index, _, rest = line.partition(",")
        cells = [number(cell) for cell in rest.split(",")]
        if len(cells) != 5 or not index.strip().isdigit():
            continue
        percent, used, total, celsius, watts = cells
        values = {"utilization_percent": percent, **memory(used * MIB, total * MIB)}
        values.update(temperature_celsius=celsius, power_watts=watts)
        for name, value in values.items():
            if value == value:
                found[f"system/gpu.{int(index)}.{name}"] = value
    return found


def memory(used: float, total: float) -> Dict[str, float]:
    """`memory_used_bytes` and, where there is a total, `memory_percent`."""
    values = {"memory_used_bytes": used}
    if total > 0:
        values["memory_percent"] = 100.0 * used / total
    return values


def number(cell: str) -> float:
    """NaN for what is no finite number."""
    try:
        value = float(cell)
    except ValueError:
        return float("nan")
    return value if value - value == 0.0 else float("nan")
