"""System metrics: a thread that now and then logs what the machine, its GPUs and this process are doing."""

from __future__ import annotations

import importlib
import os
import threading
from time import monotonic
from typing import Any, Callable, Dict, List, Mapping, Optional, Protocol

from .._errors import XTrackError, warn_once

__all__ = ["Sampler"]

FIRST = 1.0  # seconds: a short run has a point too
SHORTEST, LONGEST = 0.05, 86_400.0  # seconds between two samples
JOIN = 1.0  # seconds that the end of a run waits for a sample that is being taken
MAX_FAILURES = 3  # in a row: then that reader is given up


class Reader(Protocol):
    """Something that is read at each sample."""

    def read(self) -> Dict[str, float]:
        """Values by the full key of their metric."""
        ...


class Sampler:
    """Logs one batch of `system/` metrics every so many seconds, from its own thread, until it is stopped.

    Nothing of it raises into the training. In a forked child it is not there: only the parent goes on sampling.
    """

    def __init__(self, log: Callable[[Mapping[str, float]], Any], seconds: float) -> None:
        """`log` is called in the sampler's thread. XTrackError when `seconds` is not a positive number."""
        if not seconds > 0:
            raise XTrackError("XT_ARGUMENT", f"system_metrics needs a number of seconds, not {seconds!r}")
        self._log = log
        self._seconds = min(max(float(seconds), SHORTEST), LONGEST)
        self._stopping = threading.Event()
        self._logging = threading.RLock()  # reentrant: a signal handler may end the run in the midst of `stop`
        self._thread: Optional[threading.Thread] = None
        self._pid = os.getpid()

    def start(self) -> None:
        """Starts the thread, once."""
        if self._thread is not None or self._stopping.is_set():
            return
        try:
            preload()
            thread = threading.Thread(target=self._run, name="xtrack-system", daemon=True)
            thread.start()
            self._thread = thread
        except Exception as error:  # no more threads, or the interpreter is shutting down
            warn_once("system metrics", f"system metrics are off: {error!r}")

    def stop(self) -> None:
        """Logs nothing more; waits at most 1 s for the thread. Harmless twice, before `start`, and after a fork."""
        if os.getpid() != self._pid:  # the thread is gone, and may have left its locks held
            return
        with self._logging:
            self._stopping.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(JOIN)

    def _run(self) -> None:
        try:
            self._sample(open_readers())
        except Exception as error:
            warn_once("system metrics", f"system metrics are off: {error!r}")

    def _sample(self, readers: Dict[str, Reader]) -> None:
        failures: Dict[str, int] = {}
        due = monotonic() + min(FIRST, self._seconds)
        while readers and not self._stopping.wait(max(0.0, due - monotonic())):
            values: Dict[str, float] = {}
            for name, reader in list(readers.items()):
                try:
                    values.update(reader.read())
                    failures[name] = 0
                except Exception as error:
                    warn_once(f"system {name}", f"system metrics: {name} failed: {error!r} (said once)")
                    failures[name] = failures.get(name, 0) + 1
                    if failures[name] >= MAX_FAILURES:
                        del readers[name]
            self._give(values)
            # By the clock, and never two at once after a machine that slept.
            due = max(due + self._seconds, monotonic() + self._seconds / 2)

    def _give(self, values: Mapping[str, float]) -> None:
        with self._logging:
            if values and not self._stopping.is_set():
                self._log({key: round(value, 2) for key, value in values.items()})


def preload() -> None:
    """Imports before there is a thread: a fork while that imports would leave the child a module lock for ever."""
    for module in ("subprocess", "shutil", "ctypes", "xtrack._system.gpu", "xtrack._system.process"):
        try:
            importlib.import_module(module)
        except ImportError:  # a Python that was built without ctypes
            pass


def open_readers() -> Dict[str, Reader]:
    """Everything that this system tells, by a name for warnings; what it does not tell is left out."""
    from .gpu import open_gpus
    from .host import Cpu, Disks, Memory, Network, Volume
    from .process import Family, Own

    openers: Dict[str, List[Callable[[], Reader]]] = {
        "cpu": [Cpu],
        "memory": [Memory],
        "process": [lambda: Family(os.getpid()), Own],
        "disk": [Disks],
        "volume": [Volume],
        "network": [Network],
        "gpu": [open_gpus],
    }
    readers: Dict[str, Reader] = {}
    for name, choices in openers.items():
        for make in choices:
            try:
                readers[name] = make()
                break
            except Exception:  # not there, or not as Linux writes it
                continue
    return readers
