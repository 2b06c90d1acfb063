"""How a run ended, and the event that says so."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple, Union

from ._errors import XTrackError, warn_once
from ._values.fields import Fields
from ._values.secrets import masked
from ._values.values import key_of, number, text

__all__ = ["ending", "numbers", "outcome"]

MAX_MESSAGE = 64 * 1024  # characters
BRIEF = 1_000
MAX_TRACEBACK = 64 * 1024  # characters, from its end: the innermost frames matter


def ending(
    status: str,
    error: Union[BaseException, str, None],
    final: Optional[Mapping[str, Any]],
    seconds: float,
    brief: bool = False,
) -> str:
    """The payload of `run_end`, without braces; `brief` where it must fit a small frame."""
    if status not in ("completed", "failed", "killed"):
        raise XTrackError("XT_ARGUMENT", f"status {status!r} is not completed, failed or killed", "status")
    fields = Fields().add("status", status)
    if error is not None or status == "failed":
        shown = error_field(error)
        fields.add("error", {key: shown[key][:BRIEF] for key in ("type", "message")} if brief else shown)
    if final is not None:
        fields.add("final_metrics", numbers(final, "final metric"))
    return fields.raw("duration_ms", str(int(seconds * 1000))).text[1:]


def numbers(final: Mapping[str, Any], what: str) -> Dict[str, Any]:
    """What is a number; neither the end of a run nor a checkpoint is lost for one value that is none."""
    found: Dict[str, Any] = {}
    for key, value in final.items():
        try:
            found[key_of(key)] = number(value)
        except Exception as error:
            warn_once(f"{what} {key!r}", f"{what} {key!r} is left out: {error}")
    return found


def outcome(error: Optional[BaseException]) -> Tuple[str, Optional[BaseException]]:
    """How a run ended that `error` left: (status, the error to record)."""
    if error is None:
        return "completed", None
    if isinstance(error, KeyboardInterrupt):
        return "killed", error
    if isinstance(error, SystemExit):
        if error.code in (None, 0):
            return "completed", None
        # 128 + SIGINT and SIGTERM: a handler turned the signal into an exit.
        return ("killed" if error.code in (130, 143) else "failed"), error
    if isinstance(error, GeneratorExit):
        return "completed", None
    return "failed", error


def error_field(error: Union[BaseException, str, None]) -> Dict[str, str]:
    """`error` of run_end."""
    if not isinstance(error, BaseException):
        return {"type": "Error", "message": text(error or "the run failed", MAX_MESSAGE)}
    import traceback

    shown = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {
        "type": type(error).__name__,
        "message": text(error, MAX_MESSAGE),
        # Masked before it is cut: a key must not lose what it is known by.
        "traceback": text(masked(shown)[-MAX_TRACEBACK:]),
    }
