"""Files that a library saves under a name: whole or not there, in a folder of the run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, Union

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["CheckpointFiles"]


class CheckpointFiles:
    """`folder`/RUN_ID, made with the first file."""

    def __init__(self, folder: "Union[str, PathLike[str]]", run_id: str) -> None:
        # A colon is fine in a run id and not in every file system.
        self.folder = os.path.join(os.path.abspath(os.fspath(folder)), run_id.replace(":", "_"))

    def write(self, name: str, save: Callable[[str], Any]) -> str:
        """Calls `save(path)` beside the place, under the same ending, and renames: a killed process leaves no half."""
        os.makedirs(self.folder, exist_ok=True)
        path = os.path.join(self.folder, name)
        partial = os.path.join(self.folder, f"partial-{os.getpid()}-{name}")
        try:
            save(partial)
            os.replace(partial, path)
        except BaseException:
            if os.path.exists(partial):
                os.unlink(partial)
            raise
        return path

    def remove(self, name: str) -> None:
        """Makes room: a file that is not there is removed already."""
        try:
            os.unlink(os.path.join(self.folder, name))
        except FileNotFoundError:
            pass
