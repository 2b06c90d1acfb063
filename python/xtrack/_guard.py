"""Why a fault of tracking never reaches training: one decorator for the verbs of a run."""

from __future__ import annotations

from typing import Any, Callable, Protocol, TypeVar, cast

from ._errors import warn_once
from ._values.secrets import spoken

__all__ = ["guarded", "passed_over"]


class Tracked(Protocol):
    """Whose verbs are guarded."""

    def _fault(self, call: str, error: Exception) -> None: ...


Call = TypeVar("Call", bound=Callable[..., Any])


def passed_over(call: str, unknown: Any) -> None:
    """A keyword that nobody knows never costs an event: it is named, once."""
    for name in unknown:
        warn_once(f"{call} {name}=", f"{call}: the argument {name!r} is unknown and was left out (said once)")


def guarded(call: Call) -> Call:
    """A fault of tracking is told once on stderr, and raised only with `strict`."""

    def guard(self: Tracked, *args: Any, **kwargs: Any) -> Any:
        try:
            if getattr(self, "_masks", True):
                return call(self, *args, **kwargs)
            return spoken(True, call, self, *args, **kwargs)
        except Exception as error:
            self._fault(call.__name__, error)
            return None

    guard.__name__, guard.__doc__, guard.__wrapped__ = call.__name__, call.__doc__, call  # type: ignore[attr-defined]
    return cast(Call, guard)
