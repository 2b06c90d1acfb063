"""Pixels -> PNG, still or animated, with the standard library alone."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple, Sequence

__all__ = ["Pixels", "animation", "png"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 3: 2, 4: 6}  # channels -> grey, RGB, RGBA
LEVEL = 6


class Pixels(NamedTuple):
    """8 bits a channel, row by row from the top left, channels together."""

    width: int
    height: int
    channels: int
    data: bytes


def png(image: Pixels) -> bytes:
    """One still image."""
    return b"".join((SIGNATURE, _header(image), _chunk(b"IDAT", _packed(image)), _chunk(b"IEND", b"")))


def animation(frames: Sequence[Pixels], fps: float) -> bytes:
    """An animated PNG that loops: every browser plays it, and a viewer that cannot shows the first frame."""
    first = frames[0]
    parts = [SIGNATURE, _header(first), _chunk(b"acTL", struct.pack(">II", len(frames), 0))]
    number = 0
    delay = max(1, min(round(1000 / fps), 65535))  # milliseconds
    for frame in frames:
        if frame[:3] != first[:3]:
            raise ValueError("the frames differ in size")
        control = struct.pack(">IIIIIHHBB", number, first.width, first.height, 0, 0, delay, 1000, 0, 0)
        parts.append(_chunk(b"fcTL", control))
        if number == 0:
            parts.append(_chunk(b"IDAT", _packed(frame)))
            number += 1
        else:
            parts.append(_chunk(b"fdAT", struct.pack(">I", number + 1) + _packed(frame)))
            number += 2
    return b"".join((*parts, _chunk(b"IEND", b"")))


def _header(image: Pixels) -> bytes:
    fields = struct.pack(">IIBBBBB", image.width, image.height, 8, COLOUR_TYPES[image.channels], 0, 0, 0)
    return _chunk(b"IHDR", fields)


def _packed(image: Pixels) -> bytes:
    """Rows behind filter type 0 (none), compressed."""
    size = image.width * image.channels
    rows = (b"\0" + image.data[at : at + size] for at in range(0, len(image.data), size))
    return zlib.compress(b"".join(rows), LEVEL)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
