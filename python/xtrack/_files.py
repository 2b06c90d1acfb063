"""What a run leaves on disk: artifacts and checkpoints, recorded by where they are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Mapping, Optional, Union

from ._guard import guarded
from ._values.fields import whole

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Files"]


class Files:
    """Part of `Run`."""

    @guarded
    def log_artifact(
        self,
        path: "Union[str, PathLike[str]]",
        type: str = "other",
        name: Optional[str] = None,
        meta: Optional[Mapping[str, Any]] = None,
        upload: str = "reference",
    ) -> None:
        """Records a file the run made. `reference` leaves it where it is; `inline` sends a small one along.

        Size and, up to 32 MiB, the SHA-256 are taken at once. `inline` takes what fits one event (about 700 KiB).
        """
        from ._artifacts import describe

        self._emit("artifact", describe(os.fspath(path), type, name, meta, upload))

    @guarded
    def log_checkpoint(
        self,
        step: int,
        path: "Union[str, PathLike[str]]",
        metrics: Optional[Mapping[str, Any]] = None,
        is_best: Optional[bool] = None,
        best_key: Optional[str] = None,
        epoch: Optional[float] = None,
        meta: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Records a file from which training can go on. `best_key` names the metric by which it is the best.

        It also answers a `checkpoint_now` that is waiting.
        """
        from ._artifacts import absolute, checkpoint

        where = os.fspath(path)
        self._emit("checkpoint", checkpoint(whole(step), where, metrics, is_best, best_key, epoch, meta))
        self._checkpointed(whole(step), absolute(where))

    def _emit(self, kind: str, fields: str) -> None:
        raise NotImplementedError

    def _checkpointed(self, step: int, path: str) -> None:
        raise NotImplementedError
