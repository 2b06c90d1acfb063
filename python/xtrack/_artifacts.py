"""Facts about a file that a run made: where, how large, which bytes; and a small one's content."""

from __future__ import annotations

import os
from typing import Any, Mapping, Optional

from ._ending import numbers
from ._errors import XTrackError, warn_once
from ._values.fields import Fields
from ._values.values import text

__all__ = ["absolute", "checkpoint", "describe"]

# What hashing may cost the caller: about 30 ms on an ordinary core.
HASH_BYTES = 32 * 1024 * 1024
# Base64 grows by a third, and content, path and meta together must fit a frame of 1 MiB.
INLINE_BYTES = 700 * 1024


def describe(path: str, kind: str, name: Optional[str], meta: Optional[Mapping[str, Any]], upload: str) -> str:
    """The payload of an `artifact` event, without braces."""
    if upload not in ("reference", "inline", "stream"):
        raise XTrackError("XT_ARGUMENT", f"upload {upload!r} is not reference, inline or stream", "upload")
    where = absolute(path)
    size = _size(where)
    content = None
    if upload == "inline" and size is not None:
        content = _content(where, size)
    if upload != "reference" and content is None:
        warn_once(f"upload {upload}", f"artifact {path} is recorded by reference: {upload} cannot take it")
    fields = Fields().add("path", where).add("type", text(kind, 48)).label("name", name).add("meta", meta)
    if size is not None:
        fields.raw("size", str(size)).add("checksum", _checksum(where, size))
    fields.add("upload", "reference" if content is None else "inline")
    return (fields.text if content is None else fields.raw("content", f'"{content}"').text)[1:]


def checkpoint(
    step: int,
    path: str,
    metrics: Optional[Mapping[str, Any]],
    is_best: Optional[bool],
    best_key: Optional[str],
    epoch: Optional[float],
    meta: Optional[Mapping[str, Any]],
) -> str:
    """The payload of a `checkpoint` event, without braces."""
    fields = Fields().raw("step", str(step)).add("path", absolute(path)).epoch(epoch)
    if metrics is not None:
        fields.add("metrics", numbers(metrics, "checkpoint metric"))
    if is_best is not None:
        fields.add("is_best", bool(is_best))
    return fields.label("best_key", best_key).add("meta", meta).text[1:]


def absolute(path: str) -> str:
    """A path that means the same to another process; addresses such as `s3://…` are left alone."""
    return path if "://" in path else os.path.abspath(path)


def _size(path: str) -> Optional[int]:
    try:
        return os.path.getsize(path) if os.path.isfile(path) else None
    except OSError:
        return None


def _checksum(path: str, size: int) -> Optional[str]:
    if size > HASH_BYTES:
        return None
    import hashlib

    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            for block in iter(lambda: file.read(1024 * 1024), b""):
                digest.update(block)
    except OSError:
        return None
    return f"sha256:{digest.hexdigest()}"


def _content(path: str, size: int) -> Optional[str]:
    if size > INLINE_BYTES:
        return None
    import base64

    try:
        with open(path, "rb") as file:
            return base64.b64encode(file.read(INLINE_BYTES)).decode("ascii")
    except OSError:
        return None
