"""Whatever shows something -> an image or a figure: arrays, tensors, PIL, matplotlib, plotly, files."""

from __future__ import annotations

import io
import os
from typing import Any, Optional

from .._errors import XTrackError
from .._values.values import text
from .content import Content, image_size, taken
from .pixels import pixels, png

__all__ = ["drawn", "figure", "picture"]

# What a figure's `to_json` gives, by the library that made it.
JSON_OF = {"plotly": "application/vnd.plotly.v1+json", "altair": "application/vnd.vegalite+json"}


def picture(image: Any, layout: Optional[str] = None, white: float = 1.0) -> Content:
    """An image: see `Run.log_image`."""
    if isinstance(image, (bytes, bytearray, memoryview, str, os.PathLike)):
        return _image(*taken(image, "image/"))
    if type(image).__module__.split(".")[0] == "PIL":
        return _image("image/png", _saved(image))
    shown = drawn(image)
    if shown is not None:
        return _image("image/png", shown)
    return _image("image/png", png(pixels(image, layout, white)))


def figure(value: Any) -> Content:
    """A figure: see `Run.log_figure`."""
    shown = drawn(value)
    if shown is not None:
        return Content("figure", "figure", "image/png", shown, dict(image_size("image/png", shown)))
    to_json, to_html = getattr(value, "to_json", None), getattr(value, "to_html", None)
    if callable(to_json):
        mime = JSON_OF.get(type(value).__module__.split(".")[0], "application/json")
        return Content("figure", "figure", mime, text(to_json(), 1 << 30).encode())
    if callable(to_html):
        return Content("figure", "figure", "text/html", text(to_html(), 1 << 30).encode())
    raise XTrackError("XT_ARGUMENT", f"{type(value).__name__} is no figure of matplotlib, plotly or altair", "figure")


def drawn(value: Any) -> Optional[bytes]:
    """PNG of a matplotlib figure, of the figure of an axes or another artist, or of pyplot's current one; else None."""
    if callable(getattr(value, "gcf", None)):
        value = value.gcf()
    elif not hasattr(value, "savefig") and type(value).__module__.split(".")[0] in ("matplotlib", "mpl_toolkits"):
        value = getattr(value, "figure", None)
    if not callable(getattr(value, "savefig", None)):
        return None
    buffer = io.BytesIO()
    value.savefig(buffer, format="png")
    return buffer.getvalue()


def _image(mime: str, data: bytes) -> Content:
    return Content("image", "image", mime, data, dict(image_size(mime, data)))


def _saved(image: Any) -> bytes:
    if image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):  # PNG has no CMYK, YCbCr or floats
        image = image.convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
