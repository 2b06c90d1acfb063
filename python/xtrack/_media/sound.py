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
    rows: List[Any] = found.tolist() if found is not None else list(as_lists(sound))
    together = bool(rows) and isinstance(rows[0], (list, tuple))
    channels = len(rows[0]) if together else 1
    if not 1 <= channels <= 32:
        raise XTrackError("XT_ARGUMENT", f"{channels} channels: give samples as (n,) or (n, channels)", "audio")
    if together and any(len(row) != channels for row in rows):
        raise XTrackError("XT_ARGUMENT", "the samples differ in channels", "audio")
    flat = [value for row in rows for value in row] if together else rows
    scale = 1 if all(isinstance(value, int) for value in flat) else FULL
    # NaN is silence: it is neither above nor below anything.
    return channels, array("h", (_sample(value * scale) for value in flat))


def _sample(value: float) -> int:
    return FULL if value > FULL else -FULL if value < -FULL else int(value) if value == value else 0


def video(frames: Any, fps: float = 4, layout: Optional[str] = None) -> Content:
    """Moving pictures: see `Run.log_video`."""
    if isinstance(frames, GIVEN):
        mime, data = taken(frames, "video/", "image/gif", "image/png")
        return Content("video", "data", mime, data)
    if not fps > 0:
        raise XTrackError("XT_ARGUMENT", f"fps {fps} is not above 0", "fps")
    shown = []
    for frame in frames:
        shown.append(pixels(frame, layout))
        if shown[0].width * shown[0].height * len(shown) > MAX_PIXELS:
            raise XTrackError("XT_ARGUMENT", f"the frames have over {MAX_PIXELS} pixels; log a video file", "frames")
    if not shown:
        raise XTrackError("XT_ARGUMENT", "a video needs a frame", "frames")
    meta = {"frames": len(shown), "fps": fps, "width": shown[0].width, "height": shown[0].height}
    return Content("video", "data", "image/apng", animation(shown, fps), meta)
