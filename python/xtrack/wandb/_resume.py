"""Going on with a run of before: which of our ids W&B's stands for, and after which step the counting goes on."""

from __future__ import annotations

import errno
import mmap
import os
import re
import struct
from typing import Optional

from .._tracker import RUN_ID

__all__ = ["StepFile", "run_id_of"]

_OTHERS = re.compile(r"[^A-Za-z0-9._:-]+")
STEP = struct.Struct("<q")


def run_id_of(given: Optional[str]) -> Optional[str]:
    """An id as it is, where it is one here too; else one made of it, always the same: so that a run can be gone on with."""
    if not given or RUN_ID.fullmatch(given):
        return given or None
    from hashlib import sha256

    stem = _OTHERS.sub("-", given).lstrip("-.")[:80] or "run"
    return f"{stem}-{sha256(given.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"


class StepFile:
    """The step that comes next, in eight bytes of the data folder: a process that is killed leaves it as it was then."""

    def __init__(self, data: str, run_id: str) -> None:
        """OSError where the folder cannot be written."""
        folder = os.path.join(data, "wandb", "steps")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle = os.open(os.path.join(folder, run_id.replace(":", "_")), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(handle).st_size < STEP.size:
                # Written, not only made longer: on a full disk this says so, where the memory would end the process.
                if os.write(handle, bytes(STEP.size)) < STEP.size:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._bytes = mmap.mmap(handle, STEP.size)
        finally:
            os.close(handle)

    @property
    def next(self) -> int:
        return max(0, int(STEP.unpack_from(self._bytes)[0]))

    @next.setter
    def next(self, step: int) -> None:
        STEP.pack_into(self._bytes, 0, step)
