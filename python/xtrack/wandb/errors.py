"""Errors under the names that scripts catch."""

from __future__ import annotations

from typing import NoReturn

from .._errors import XTrackError

__all__ = ["CommError", "Error", "UsageError", "missing"]

Error = XTrackError


class UsageError(XTrackError):
    """A call that makes no sense here."""


class CommError(XTrackError):
    """Never raised: no call waits for a server. Scripts catch it."""


def missing(what: str, instead: str) -> NoReturn:
    """Raises for what has no counterpart and gives a value that the script needs."""
    raise UsageError("XT_ARGUMENT", f"wandb.{what} has no counterpart in XTrack: {instead}")
