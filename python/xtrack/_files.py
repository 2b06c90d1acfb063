"""What a run leaves on disk: artifacts and checkpoints, recorded by where they are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Mapping, Optional, Union

from ._guard import guarded, passed_over
from ._values.fields import whole

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Files"]

# In which order a checkpoint is told, and by which names.
STEP_FIRST = ("step", "path", "metrics", "is_best", "best_key", "epoch", "meta")
PATH_FIRST = ("path", "step", "epoch", "metrics", "is_best", "best_key", "meta")
CHECKPOINT = (
    *(("metrics", "metrics"), ("is_best", "is_best"), ("best_key", "best_metric_key")),
    *(("epoch", "epoch"), ("meta", "metadata")),
)


class Files:
    """Part of `Run`."""

    @guarded
    def log_artifact(
        self,
        path: "Union[str, PathLike[str]]",
        artifact_type: Optional[str] = None,
        name: Optional[str] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        upload: Optional[str] = None,
        *,
        type: Optional[str] = None,
        meta: Optional[Mapping[str, Any]] = None,
        upload_strategy: Optional[str] = None,
        **unknown: Any,
    ) -> None:
        """Records a file the run made: `type` (else `other`) and `meta` are `artifact_type` and `metadata`, shorter.

        `upload`, or `upload_strategy`, is where its bytes go. `reference` leaves it where it is; `inline` sends a small one along.

        Size and, up to 32 MiB, the SHA-256 are taken at once. `inline` takes what fits one event (about 700 KiB).
        """
        from ._artifacts import describe

        passed_over("log_artifact", unknown)
        kind = type or artifact_type or "other"
        how = str(upload or upload_strategy or "reference").lower()
        facts = metadata if meta is None else meta
        self._emit("artifact", describe(os.fspath(path), kind, name, facts, how))

    @guarded
    def log_checkpoint(self, *given: Any, **named: Any) -> None:
        """Records a file from which training can go on: `log_checkpoint(step, path, …)` or `log_checkpoint(path, step, …)`.

        Behind a step that comes first: `metrics`, `is_best`, `best_key`, `epoch`, `meta`; behind a path that does:
        `epoch`, `metrics`, `is_best`, `best_key`. `best_key` (or `best_metric_key`) names the metric by which it is
        the best. It also answers a `checkpoint_now` that is waiting.
        """
        from ._artifacts import absolute, checkpoint

        path_first = bool(given) and isinstance(given[0], (str, os.PathLike))
        options = dict(zip(PATH_FIRST if path_first else STEP_FIRST, given), **named)
        step, path = options.pop("step", None), options.pop("path", None)
        facts = [options.pop(short, options.pop(long, None)) for short, long in CHECKPOINT]
        passed_over("log_checkpoint", options)
        metrics, is_best, best_key, epoch, meta = facts
        where = os.fspath(path)
        at = whole(step)
        self._emit("checkpoint", checkpoint(at, where, metrics, is_best, best_key, epoch, meta))
        self._checkpointed(at, absolute(where))

    def _emit(self, kind: str, fields: str) -> None:
        raise NotImplementedError

    def _checkpointed(self, step: int, path: str) -> None:
        raise NotImplementedError
