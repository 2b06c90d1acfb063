"""The run that the functions of the module log to."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional

if TYPE_CHECKING:
    from ._run import Run

__all__ = ["current", "enter", "leave", "open_runs"]

_runs: "List[Run]" = []  # oldest first


def current() -> "Optional[Run]":
    """The newest run that has not ended, or None."""
    runs = open_runs()
    return runs[-1] if runs else None


def open_runs() -> "List[Run]":
    _runs[:] = [run for run in _runs if not run.ended]
    return list(_runs)


def enter(run: "Run") -> None:
    _runs.append(run)


def leave(run: "Run") -> None:
    if run in _runs:
        _runs.remove(run)
