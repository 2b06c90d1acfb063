"""One piece of media: its bytes and what they are, as the `artifact` event that carries or names them.

What bytes are is known by how they begin: a name may lie, and bytes have none.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from typing import Any, Dict, NamedTuple, Optional, Tuple

from .._artifacts import INLINE_BYTES
from .._errors import XTrackError, warn_once
from .._values.fields import Fields
from .._values.values import json_text, key_of, label

__all__ = ["MAX_CAPTION", "MAX_ITEM", "Content", "identify", "image_size", "inlines", "payload", "read", "taken"]

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

_SVG = re.compile(rb"\s*(?:\xef\xbb\xbf)?(?:<\?xml[^>]*>)?(?:\s|<!--.*?-->|<!DOCTYPE[^>]*>)*<svg[\s>]", re.DOTALL)
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)


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


def identify(data: bytes) -> str:
    """The MIME type, or an empty string."""
    for start, mime in _STARTS:
        if data.startswith(start):
            return mime
    if data[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(data[8:12], "")
    if data[4:8] == b"ftyp":
        return "video/mp4"
    return "image/svg+xml" if _SVG.match(data[:4096]) else ""


def taken(source: Any, *families: str) -> Tuple[str, bytes]:
    """(MIME type, bytes) of a file's path or its bytes, which must be of one of these families (`image/`, …)."""
    data = bytes(source) if isinstance(source, (bytes, bytearray, memoryview)) else read(source)
    mime = identify(data)
    if "video/" in families and mime == "audio/ogg":  # one container for both
        mime = "video/ogg"
    if not mime.startswith(families):
        what = "its bytes" if isinstance(source, (bytes, bytearray, memoryview)) else repr(source)
        raise XTrackError("XT_ARGUMENT", f"{what} is of no known format ({', '.join(families)}*)")
    return mime, data


def image_size(mime: str, data: bytes) -> Dict[str, int]:
    """`width` and `height` where the format has them at a fixed place."""
    if mime == "image/png" and len(data) >= 24:
        return {"width": int.from_bytes(data[16:20], "big"), "height": int.from_bytes(data[20:24], "big")}
    if mime == "image/gif" and len(data) >= 10:
        return {"width": int.from_bytes(data[6:8], "little"), "height": int.from_bytes(data[8:10], "little")}
    return {}


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
