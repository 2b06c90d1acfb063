"""Which frames carry a checksum, and how much of a core that may cost: the sender holds the interpreter's lock meanwhile."""

from __future__ import annotations

import time
from typing import Any, List, Optional, Tuple

from .crc32c import checked, checked_but_metrics
from .transports import whole_frames

__all__ = ["ALL", "NONE", "SPARING", "Allowance", "Checking", "capabilities"]

# Which frames: every one, or all but the plain metrics for which there is no time.
NONE = ""
SPARING = "sparing"
ALL = "all"

SHARE = 0.03  # of a core
SAVED = 0.3  # seconds of computing that may be saved up for a burst: some 100,000 metrics
CHECK_BYTES = 16 * 1024  # that get their checksums in one go
SEARCH_BYTES = 256 * 1024  # that are searched in one go for what is no metric

# Where there is no clock for a thread, that of the wall is the stricter one.
_cost_clock = getattr(time, "thread_time", time.perf_counter)


def capabilities(checks: str) -> List[str]:
    """What a hello names for this use of checksums."""
    return [] if checks == NONE else ["crc"] if checks == ALL else ["crc", "crc_sparing"]


class Allowance:
    """Time is earned as it passes, and spent by computing. All senders of a process share one."""

    def __init__(self, share: float = SHARE, saved: float = SAVED) -> None:
        self._share = share
        self._most = self._left = saved
        self._since = time.monotonic()

    def left(self) -> bool:
        """True while there is time to spend."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._since) * self._share)
        self._since = now
        return self._left > 0

    def checked(self, frames: memoryview) -> bytes:
        """The frames with their checksums; that is what time is spent for."""
        begun = _cost_clock()
        made = checked(frames)
        self._left -= _cost_clock() - begun
        return made


ALLOWANCE = Allowance()


class Checking:
    """What is done to the frames for a peer that looks at checksums."""

    def __init__(self, spares: bool) -> None:
        """`spares`: plain metrics may come without."""
        self._spares = spares

    @classmethod
    def agreed(cls, checks: str, offered: Any) -> "Optional[Checking]":
        """`offered`: the capabilities of the welcome."""
        known: List[Any] = offered if isinstance(offered, list) else []
        if checks == NONE or "crc" not in known:
            return None
        return cls(checks == SPARING and "crc_sparing" in known)

    def next(self, frames: memoryview) -> Tuple[memoryview, int]:
        """The first of the frames as they are sent, and how many bytes they were."""
        if self._spares and not ALLOWANCE.left():
            piece = frames[: whole_frames(frames, SEARCH_BYTES)]
            return memoryview(checked_but_metrics(piece)), len(piece)
        piece = frames[: whole_frames(frames, CHECK_BYTES)]
        return memoryview(ALLOWANCE.checked(piece)), len(piece)
