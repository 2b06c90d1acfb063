"""The framework of a callback: imported when the callback's module is, and a missing one says what to install."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["library"]


def library(name: str, package: str) -> Any:
    """The module `name`. ImportError that names `pip install package` where it is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0]:  # it is there, and misses something itself
            raise
        raise ModuleNotFoundError(
            f"this integration of xtrack needs {name}; install it with: pip install {package}", name=error.name
        ) from None
