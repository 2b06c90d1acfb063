"""What the bytes of a media file are, by how they begin: a name may lie, and bytes have none."""

from __future__ import annotations

import re
from typing import Any, Dict, Tuple

from ._media.content import read
from ._errors import XTrackError

__all__ = ["identify", "image_size", "taken"]

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
