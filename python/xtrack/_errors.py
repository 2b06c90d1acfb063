"""Errors and warnings of the emitter: one error class with stable codes, one line each on stderr or in `logging`.

XTrackError(Exception)
 └─ code, field, remedy: the codes are those of the control plane (`XT_RUN_ID`, `XT_ARGUMENT`, …)
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, Dict, Optional, Set

__all__ = ["XTrackError", "debug", "warn", "warn_once"]

# code -> (summary, remedy); the same words as the control plane's table.
_TABLE: Dict[str, "tuple[str, str]"] = {
    "XT_FRAME_TOO_SHORT": (
        "the frame length is below 2 bytes",
        "write the length as 4 bytes, unsigned, big-endian, of the JSON that follows",
    ),
    "XT_FRAME_TOO_LARGE": (
        "the frame length is over the limit",
        "send smaller events, or negotiate max_frame in hello (hard limit 16 MiB)",
    ),
    "XT_FRAME_TRUNCATED": (
        "the stream ended inside a frame",
        "nothing to do if the writer was killed: every whole frame before it was read",
    ),
    "XT_FRAME_UTF8": ("the frame is not valid UTF-8", "encode the JSON as UTF-8"),
    "XT_FRAME_VALUES": (
        "the JSON holds more than 600,000 values",
        "send them in parts, or as an artifact",
    ),
    "XT_FRAME_DEPTH": (
        "the JSON nests deeper than 64 levels",
        "flatten the value, or log it as an artifact",
    ),
    "XT_FRAME_CHECKSUM": (
        "the frame does not match its checksum",
        "nothing where it is sent again; look for bad memory, disks or network equipment between the emitter and here",
    ),
    "XT_FRAME_JSON": (
        "the frame is not one JSON object",
        "send exactly one JSON object in each frame",
    ),
    "XT_VERSION": (
        "the envelope has another protocol version",
        "use an emitter that speaks protocol version 1",
    ),
    "XT_ENVELOPE": (
        "the envelope is malformed",
        'send {"v":1,"t":…,"m":{"seq":…,"ts":…},"p":{…}}',
    ),
    "XT_FIELD_REQUIRED": ("a required field is missing", "send the field named in `field`"),
    "XT_FIELD_TYPE": (
        "a required field has the wrong type",
        "send the field named in `field` with the documented type",
    ),
    "XT_FIELD_LIMIT": (
        "a field is over its size limit",
        "shorten the field named in `field`",
    ),
    "XT_RUN_ID": (
        "the run id is not valid",
        "use 1 to 128 characters from A-Z a-z 0-9 . _ : - and do not start with -",
    ),
    "XT_RUN_NOT_LIVE": ("the run has ended", "start another run"),
    "XT_ARGUMENT": ("an argument is not valid", "see the documentation of the call"),
}


class XTrackError(Exception):
    """Any error that the emitter raises. Compare `code`; the text may change."""

    def __init__(self, code: str, detail: Optional[str] = None, field: Optional[str] = None) -> None:
        summary, remedy = _TABLE[code]
        where = "" if field is None else f" (field {field})"
        super().__init__(f"{code}: {detail or summary}{where}; {remedy}")
        self.code = code
        self.field = field
        self.remedy = remedy


_said: Set[str] = set()


_speaking = threading.local()  # a handler of the user may call us again


def warn(message: str) -> None:
    """One line on stderr, or to `logging.getLogger("xtrack")` where the script has set that up."""
    if not _logged("warning", message):
        _written(message)


def debug(message: str) -> None:
    """What the emitter does, line by line: with XTRACK_DEBUG=1, or where that logger takes DEBUG."""
    if not _logged("debug", message) and os.environ.get("XTRACK_DEBUG", "").lower() in ("1", "true", "on", "yes"):
        _written(f"debug: {message}")


def _logged(level: str, message: str) -> bool:
    """True where the script set a level or a handler for our logger; handlers of the root alone change nothing."""
    logging: Any = sys.modules.get("logging")  # not imported for it
    if logging is None or getattr(_speaking, "now", False):
        return False
    _speaking.now = True
    try:
        logger = logging.root.manager.loggerDict.get("xtrack")
        if not isinstance(logger, logging.Logger) or not (logger.handlers or logger.level):
            return False
        getattr(logger, level)("%s", message)
        return True
    except Exception:  # whatever stands there in its place, or a handler that raises
        return False
    finally:
        _speaking.now = False


def _written(message: str) -> None:
    """A closed stderr is no reason to stop training."""
    try:
        sys.stderr.write(f"xtrack: {message}\n")
        sys.stderr.flush()
    except Exception:  # stderr may be None, closed, or replaced by anything
        pass


def warn_once(kind: str, message: str) -> None:
    """Like `warn`, but once a process for each `kind`, so that a loop cannot flood the log."""
    if kind not in _said and len(_said) < 256:
        _said.add(kind)
        warn(message)
