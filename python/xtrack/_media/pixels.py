"""Arrays, tensors and nested lists of numbers -> 8-bit pixels -> PNG, still or animated.

With the standard library alone, and with numpy where the numbers are an array of it.
"""

from __future__ import annotations

import struct
import sys
import zlib
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

from .._errors import XTrackError, warn_once
from .._values.arrays import as_array, as_lists

__all__ = ["MAX_PIXELS", "animation", "pixels", "png"]

MAX_PIXELS = 64 * 1024 * 1024
CHANNELS = (1, 3, 4)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 3: 2, 4: 6}  # channels -> grey, RGB, RGBA
LEVEL = 6
BELOW = -0.25  # floats a little below 0 are black: noise, or an overshoot


class Pixels(NamedTuple):
    """8 bits a channel, row by row from the top left, channels together."""

    width: int
    height: int
    channels: int
    data: bytes


def pixels(image: Any, layout: Optional[str] = None, white: float = 1.0) -> Pixels:
    """8-bit pixels of (H, W), (H, W, C) or (C, H, W), C being 1, 3 or 4; `layout` is `HWC` or `CHW`.

    Without `layout`, three dimensions are read as `CHW` where only that fits, or, for torch, where that fits too.
    Booleans are black and white, integers 0 to 255, floats 0 to `white`; what is beyond is cut, and NaN is black.
    Where floats go well below 0 they are read as -1 to 1, or, beyond that, spread over what is there.
    """
    if layout not in (None, "HWC", "CHW"):
        raise XTrackError("XT_ARGUMENT", f"layout {layout!r} is not HWC or CHW", "layout")
    torch_like = callable(getattr(image, "detach", None))
    array = as_array(image)
    if array is not None:
        return _from_array(array, layout, torch_like, white)
    return _from_lists(as_lists(image), layout, torch_like, white)


def _planes_first(shape: Sequence[int], layout: Optional[str], torch_like: bool) -> bool:
    """True for `CHW`; XTrackError where the shape is that of no image."""
    if len(shape) == 3:
        first = layout == "CHW" or (
            layout is None and shape[0] in CHANNELS and (torch_like or shape[2] not in CHANNELS)
        )
        height, width = shape[1:] if first else shape[:2]
        if shape[0 if first else 2] in CHANNELS and 0 < height * width <= MAX_PIXELS:
            return first
    shown = " x ".join(map(str, shape))
    raise XTrackError(
        "XT_ARGUMENT", f"{shown} is no image: height x width, with 1, 3 or 4 channels, up to {MAX_PIXELS} pixels"
    )


def _from_array(array: Any, layout: Optional[str], torch_like: bool, white: float) -> Pixels:
    while array.ndim > 3 and array.shape[0] == 1:  # a batch of one
        array = array[0]
    if array.ndim == 2:
        array, layout = array[:, :, None], "HWC"
    if _planes_first(array.shape, layout, torch_like):
        array = array.transpose(1, 2, 0)
    height, width, channels = array.shape
    return Pixels(width, height, channels, _bytes_of(array, white).tobytes())


def _bytes_of(array: Any, white: float) -> Any:
    kind = array.dtype.kind
    if kind == "b":
        return array.astype("uint8") * 255
    if kind in "iu":
        return array if array.dtype.name == "uint8" else array.clip(0, 255).astype("uint8")
    if kind != "f":
        raise XTrackError("XT_ARGUMENT", f"an image of {array.dtype} is not understood: give numbers")
    numpy: Any = sys.modules["numpy"]
    levels = array.astype("float32")
    finite = levels[numpy.isfinite(levels)]
    if finite.size:
        low, scale = _range(float(finite.min()), float(finite.max()), white)
        levels, white = (levels - low) * scale, white if scale == 1.0 else 1.0
    levels = numpy.nan_to_num(levels, nan=0.0, posinf=white, neginf=0.0)
    return (levels * (255.0 / white) + 0.5).clip(0, 255).astype("uint8")


def _range(lowest: float, highest: float, white: float) -> Tuple[float, float]:
    """(what is black, factor to 1): negative floats are those of an image of -1 to 1, or of any range, which is spread."""
    if lowest >= BELOW or white != 1.0:
        _check_range(highest, white)
        return 0.0, 1.0
    if lowest >= -1 + BELOW and highest <= 1 - BELOW:
        return -1.0, 0.5
    warn_once("image range", f"an image of floats from {lowest:g} to {highest:g} was spread over black to white")
    return lowest, 1.0 / (highest - lowest or 1.0)


def _check_range(highest: float, white: float) -> None:
    if highest > 2 * white:
        warn_once("bright image", f"an image of floats up to {highest:g} was cut: floats are read as 0 to {white:g}")


def _from_lists(value: Any, layout: Optional[str], torch_like: bool, white: float) -> Pixels:
    try:
        shape, flat = _flatten(value, layout, torch_like)
        if len(flat) != shape[0] * shape[1] * shape[2]:
            raise ValueError
        levels = _levels(flat, white)
    except (TypeError, IndexError, KeyError, ValueError):
        raise XTrackError("XT_ARGUMENT", f"{type(value).__name__} is no image: give rows of numbers") from None
    return Pixels(shape[1], shape[0], shape[2], levels)


def _flatten(value: Any, layout: Optional[str], torch_like: bool) -> Tuple[Tuple[int, int, int], List[Any]]:
    """(height, width, channels), and the numbers in their order."""
    first = value[0][0]
    if not isinstance(first, (list, tuple, bytes, bytearray)):
        shape = (len(value), len(value[0]), 1)
        _planes_first(shape, "HWC", False)
        return shape, [number for row in value for number in _checked(row, shape[1])]
    shape = (len(value), len(value[0]), len(first))
    if _planes_first(shape, layout, torch_like):
        rows = (zip(*(_checked(plane[y], shape[2]) for plane in value)) for y in range(shape[1]))
        return (shape[1], shape[2], shape[0]), [number for row in rows for dot in row for number in dot]
    dots = (dot for row in value for dot in _checked(row, shape[1]))
    return shape, [number for dot in dots for number in _checked(dot, shape[2])]


def _checked(row: Any, length: int) -> Any:
    if len(row) != length:
        raise ValueError(row)
    return row


def _levels(flat: List[Any], white: float) -> bytes:
    if all(type(number) is bool for number in flat):
        return bytes(255 if number else 0 for number in flat)
    if all(isinstance(number, int) for number in flat):
        return bytes(0 if number < 0 else 255 if number > 255 else number for number in flat)
    finite = [number for number in flat if number - number == 0]
    low, factor = _range(min(finite), max(finite), white) if finite else (0.0, 1.0)
    if factor != 1.0:
        flat, white = [(number - low) * factor for number in flat], 1.0
    scale = 255.0 / white
    # NaN is neither above nor below anything: the first comparison sends it to black.
    return bytes(0 if not number > 0 else 255 if number >= white else int(number * scale + 0.5) for number in flat)


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
