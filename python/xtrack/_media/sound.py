"""Sound and moving pictures: files as they are, samples as WAV, frames as an animated PNG."""

from __future__ import annotations

import io
import os
import sys
from array import array
from typing import Any, List, Optional

from .._errors import XTrackError
from .._values.arrays import as_array, as_lists
from .content import Content, taken
from .pixels import MAX_PIXELS, animation, pixels

__all__ = ["audio", "video"]

FULL = 32_767  # of a 16-bit sample
SHORT = 4 * FULL  # wider integers within it are samples of 16 bits, a little too loud; beyond it they are of 32
GIVEN = (bytes, bytearray, memoryview, str, os.PathLike)


def audio(sound: Any, sample_rate: Optional[int] = None) -> Content:
    """Sound: see `Run.log_audio`."""
    if isinstance(sound, GIVEN):
        mime, data = taken(sound, "audio/")
        return Content("audio", "data", mime, data)
    if sample_rate is None:
        raise XTrackError("XT_ARGUMENT", "samples need their rate (in Hz)", "sample_rate")
    channels, samples = _samples(sound)
    if sys.byteorder == "big":
        samples.byteswap()
    import wave

    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(int(sample_rate))
        file.writeframes(samples.tobytes())
    meta = {"sample_rate": int(sample_rate), "channels": channels, "seconds": len(samples) / channels / sample_rate}
    return Content("audio", "data", "audio/wav", buffer.getvalue(), meta)


def _samples(sound: Any) -> "tuple[int, array[int]]":
    """(channels, 16-bit samples frame by frame) of (n,) or (n, channels)."""
    found = as_array(sound)
    if found is not None:
        return _of_array(found)
    rows: List[Any] = list(as_lists(sound))
    together = bool(rows) and isinstance(rows[0], (list, tuple))
    channels = len(rows[0]) if together else 1
    if not 1 <= channels <= 32:
        raise XTrackError("XT_ARGUMENT", f"{channels} channels: give samples as (n,) or (n, channels)", "audio")
    if together and any(len(row) != channels for row in rows):
        raise XTrackError("XT_ARGUMENT", "the samples differ in channels", "audio")
    flat = [value for row in rows for value in row] if together else rows
    whole = all(isinstance(value, int) for value in flat)
    scale = FULL if not whole else 1 if all(-SHORT <= value <= SHORT for value in flat) else 2.0**-16
    # NaN is silence: it is neither above nor below anything.
    return channels, array("h", (_sample(value * scale) for value in flat))


def _of_array(found: Any) -> "tuple[int, array[int]]":
    """As `_samples`, without a loop: integers by the width of their type, floats -1 to 1."""
    if found.ndim not in (1, 2) or (found.ndim == 2 and not 1 <= found.shape[1] <= 32):
        shape = " x ".join(map(str, found.shape))
        raise XTrackError("XT_ARGUMENT", f"{shape} is no sound: give samples as (n,) or (n, channels)", "audio")
    kind, bits = found.dtype.kind, found.dtype.itemsize * 8
    if kind == "f":
        numpy: Any = sys.modules["numpy"]
        levels = numpy.nan_to_num(found.astype("float32", copy=True), copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
        levels *= FULL
        numpy.clip(levels, -FULL, FULL, out=levels)
    elif kind in "iu" and bits <= 16:
        levels = found.astype("int32") - (1 << (bits - 1) if kind == "u" else 0)
        levels = levels << (16 - bits)
    elif kind in "iub":
        wide = found.astype("int64")
        short = not wide.size or abs(wide).max() <= SHORT
        levels = wide.clip(-FULL, FULL) if short else (wide >> 16).clip(-FULL, FULL)
    else:
        raise XTrackError("XT_ARGUMENT", f"sound of {found.dtype} is not understood: give numbers", "audio")
    return (found.shape[1] if found.ndim == 2 else 1), array("h", levels.astype("int16").tobytes())


def _sample(value: float) -> int:
    return FULL if value > FULL else -FULL if value < -FULL else int(value) if value == value else 0


def video(frames: Any, fps: float = 4, layout: Optional[str] = None, white: float = 1.0) -> Content:
    """Moving pictures: see `Run.log_video`. Floats are 0 to `white`."""
    if isinstance(frames, GIVEN):
        mime, data = taken(frames, "video/", "image/gif", "image/png")
        return Content("video", "data", mime, data)
    if not fps > 0:
        raise XTrackError("XT_ARGUMENT", f"fps {fps} is not above 0", "fps")
    shown = []
    for frame in frames:
        shown.append(pixels(frame, layout, white))
        if shown[0].width * shown[0].height * len(shown) > MAX_PIXELS:
            raise XTrackError("XT_ARGUMENT", f"the frames have over {MAX_PIXELS} pixels; log a video file", "frames")
    if not shown:
        raise XTrackError("XT_ARGUMENT", "a video needs a frame", "frames")
    meta = {"frames": len(shown), "fps": fps, "width": shown[0].width, "height": shown[0].height}
    return Content("video", "data", "image/apng", animation(shown, fps), meta)
