"""One piece of media: its bytes and what they are, as the `artifact` event that carries or names them."""

from __future__ import annotations

import base64
import hashlib
import os
from typing import Any, Dict, NamedTuple, Optional

from .._artifacts import INLINE_BYTES
from .._errors import XTrackError, warn_once
from .._values.fields import Fields
from .._values.values import json_text, key_of, label

__all__ = ["MAX_CAPTION", "MAX_ITEM", "Content", "inlines", "payload", "read"]

MAX_ITEM = 256 * 1024 * 1024  # bytes of one item; a larger file is for `log_artifact`
MAX_META = 64 * 1024  # characters of its JSON: content and meta together must fit a frame of 1 MiB
MAX_CAPTION = 4_096  # characters

EXTENSIONS = {
    "application/json": "json",
    "application/vnd.plotly.v1+json": "json",
    "application/vnd.vegalite+json": "json",
    "audio/flac": "flac",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "image/apng": "png",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/webp": "webp",
    "text/html": "html",
    "text/plain": "txt",
    "video/mp4": "mp4",
    "video/ogg": "ogv",
    "video/webm": "webm",
}


class Content(NamedTuple):
    """`media` is image, histogram, table, text, figure, audio, video or html; `kind` the wire's type of artifact."""

    media: str
    kind: str
    mime: str
    data: bytes
    meta: Dict[str, Any] = {}

    def with_meta(self, meta: Dict[str, Any]) -> "Content":
        return self._replace(meta={**self.meta, **{key: value for key, value in meta.items() if value is not None}})


def read(path: Any) -> bytes:
    """The bytes of a file of at most `MAX_ITEM`."""
    where = os.fspath(path)
    with open(where, "rb") as file:
        data = file.read(MAX_ITEM + 1)
    if len(data) > MAX_ITEM:
        raise XTrackError("XT_ARGUMENT", f"{where} is over {MAX_ITEM >> 20} MiB; record it with log_artifact", "path")
    return data


def inlines(content: Content) -> bool:
    """True when one frame takes it."""
    return len(content.data) <= INLINE_BYTES


def payload(content: Content, key: str, step: Optional[int], folder: str, inline: bool) -> str:
    """The payload of the `artifact` event, without braces. What is not inlined is written under `folder` first."""
    if len(content.data) > MAX_ITEM:
        raise XTrackError("XT_ARGUMENT", f"{key} is over {MAX_ITEM >> 20} MiB; record it with log_artifact", key)
    digest = hashlib.sha256(content.data).hexdigest()
    extension = EXTENSIONS.get(content.mime, "bin")
    if inline:
        path = _label(key, step, digest, extension)
    else:
        path = _written(folder, f"{digest}.{extension}", content.data)
    fields = Fields().add("path", path).add("type", content.kind).label("name", key_of(key))
    fields.raw("meta", _meta(content)).raw("size", str(len(content.data))).add("checksum", f"sha256:{digest}")
    fields.whole("step", step).add("upload", "inline" if inline else "reference")
    if inline:
        fields.raw("content", f'"{base64.b64encode(content.data).decode("ascii")}"')
    return fields.text[1:]


def _meta(content: Content) -> str:
    kept = {"media": content.media, "mime": content.mime}
    shown = json_text({**kept, **content.meta})
    if len(shown) <= MAX_META:
        return shown
    warn_once("media meta", f"facts beside a {content.media} are over {MAX_META >> 10} KiB and were left out")
    return json_text(dict(kept, cut=True))


def _label(key: str, step: Optional[int], digest: str, extension: str) -> str:
    """What an inlined item is called: it names no file anywhere."""
    parts = [part for part in label(key).split("/") if part not in ("", ".", "..")]
    name = digest[:16] if step is None else f"{step}-{digest[:8]}"
    return "/".join(["media", *parts, f"{name}.{extension}"])


def _written(folder: str, name: str, data: bytes) -> str:
    """Writes the file whole or not at all, for its owner alone. Named by its content: the same bytes are kept once."""
    import tempfile

    path = os.path.join(folder, name)
    if os.path.isfile(path) and os.path.getsize(path) == len(data):
        return path
    os.makedirs(folder, mode=0o700, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return path
