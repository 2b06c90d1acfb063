"""What `log` takes besides numbers: Image, Histogram, Audio, Video, Html, Plotly, Object3D, Molecule."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, Optional, Sequence

from .._errors import warn_once
from .._media.content import Content
from .._values.arrays import as_array
from .._values.values import text

if TYPE_CHECKING:
    from .._run import Run

__all__ = ["Audio", "Histogram", "Html", "Image", "Molecule", "Object3D", "Plotly", "Value", "Video"]

MAX_HTML = 64 * 1024 * 1024  # characters


class Value:
    """Encoded when it is made, so that what the script does to its arrays afterwards changes nothing."""

    content: Optional[Content] = None

    def send(self, run: "Run", key: str, step: Optional[int], **meta: Any) -> None:
        """Records it under `key`."""
        if self.content is not None:
            run._log_content(key, self.content.with_meta(meta), step)

    def _encode(self, make: Callable[[], Content], caption: Optional[str] = None, **meta: Any) -> None:
        """What cannot be encoded is said once, and logs nothing."""
        try:
            shown = None if caption is None else text(caption, 4_096)
            self.content = make().with_meta(dict(meta, caption=shown))
        except Exception as error:
            name = type(self).__name__
            warn_once(f"{name} {type(error).__name__}", f"wandb.{name} failed and is left out: {error} (said once)")


class Image(Value):
    """An image; see `Run.log_image`. Floats over 1 are read as 0 to 255. Masks are kept as images of their own."""

    def __init__(
        self,
        data_or_path: Any,
        mode: Optional[str] = None,
        caption: Optional[str] = None,
        grouping: Optional[int] = None,
        classes: Optional[Sequence[Any]] = None,
        boxes: Optional[Mapping[str, Any]] = None,
        masks: Optional[Mapping[str, Any]] = None,
        file_type: Optional[str] = None,
        normalize: bool = True,
    ) -> None:
        from .._media.pictures import picture

        self.caption = caption
        self._masks: Dict[str, Image] = {}
        given = data_or_path.content if isinstance(data_or_path, Image) else None
        self._encode(
            lambda: given or picture(_opened(data_or_path), None, _white(data_or_path)),
            caption,
            grouping=grouping,
            classes=classes,
            boxes=boxes,
            masks={name: mask.get("class_labels") for name, mask in masks.items()} if masks else None,
        )
        for name, mask in (masks or {}).items():
            self._masks[name] = Image(mask.get("path", mask.get("mask_data")))

    def send(self, run: "Run", key: str, step: Optional[int], **meta: Any) -> None:
        super().send(run, key, step, **meta)
        for name, mask in self._masks.items():
            mask.send(run, f"{key}/masks/{name}", step, **meta)


class Histogram(Value):
    """A histogram of up to 512 bins, of numbers or of what `numpy.histogram` returned."""

    def __init__(self, sequence: Any = None, np_histogram: Optional[Sequence[Any]] = None, num_bins: int = 64) -> None:
        from .._media.histogram import histogram

        self._encode(lambda: histogram(tuple(np_histogram) if np_histogram is not None else sequence, num_bins))

    @property
    def bins(self) -> Any:
        """Edges of the bins."""
        return self._facts().get("bins", [])

    @property
    def histogram(self) -> Any:
        """How many values each bin holds."""
        return self._facts().get("counts", [])

    def _facts(self) -> Any:
        import json

        return json.loads(self.content.data) if self.content is not None else {}


class Audio(Value):
    """Sound: a file, or samples and their rate (in Hz)."""

    def __init__(self, data_or_path: Any, sample_rate: Optional[int] = None, caption: Optional[str] = None) -> None:
        from .._media.sound import audio

        self._encode(lambda: audio(_opened(data_or_path), sample_rate), caption)


class Video(Value):
    """A video file, or an array (time, channel, height, width); of a batch of them the first."""

    def __init__(
        self,
        data_or_path: Any,
        caption: Optional[str] = None,
        fps: Optional[int] = None,
        format: Optional[str] = None,
    ) -> None:
        from .._media.sound import video

        def make() -> Content:
            frames = _opened(data_or_path)
            if getattr(frames, "ndim", 0) == 5:
                warn_once("video batch", "of a batch of videos the first is kept")
                frames = frames[0]
            return video(frames, fps or 4, "CHW" if getattr(frames, "ndim", 0) == 4 else None, _white(frames))

        self._encode(make, caption)


class Html(Value):
    """A page: its text, the path of an `.html` file, or an open file."""

    def __init__(self, data: Any, inject: bool = True, data_is_not_path: bool = False) -> None:
        from .._media.content import read

        def make() -> Content:
            source = _opened(data)
            is_path = not data_is_not_path and isinstance(source, (str, os.PathLike))
            if is_path and os.fspath(source).endswith(".html"):
                source = read(source)
            page = source if isinstance(source, bytes) else text(source, MAX_HTML).encode()
            return Content("html", "data", "text/html", page)

        self._encode(make)


class Plotly(Value):
    """A figure of plotly or matplotlib."""

    def __init__(self, val: Any) -> None:
        from .._media.pictures import figure

        self._encode(lambda: figure(val))


class _File(Value):
    """What is recorded as the file that it is."""

    def __init__(self, path: Any, caption: Optional[str], media: str) -> None:
        self._path = path
        self._meta = {"media": media, "caption": caption}

    def send(self, run: "Run", key: str, step: Optional[int], **meta: Any) -> None:
        kept = {name: value for name, value in {**self._meta, "step": step, **meta}.items() if value is not None}
        run.log_artifact(self._path, type="data", name=key, meta=kept)


class Object3D(_File):
    """Points (x, y, z and more) of an array as a table, or a file by reference."""

    def __init__(self, data_or_path: Any, caption: Optional[str] = None, **kwargs: Any) -> None:
        super().__init__(getattr(data_or_path, "name", data_or_path), caption, "object3d")
        points = data_or_path.get("points") if isinstance(data_or_path, dict) else data_or_path
        if as_array(points) is not None or isinstance(points, (list, tuple)):
            from .._media.tables import table

            self._encode(lambda: table(points), caption, chart={"type": "points3d"})
            self._path = None

    def send(self, run: "Run", key: str, step: Optional[int], **meta: Any) -> None:
        if self._path is None:
            Value.send(self, run, key, step, **meta)
        else:
            super().send(run, key, step, **meta)


class Molecule(_File):
    """A molecule's file, by reference."""

    def __init__(self, data_or_path: Any, caption: Optional[str] = None, **kwargs: Any) -> None:
        super().__init__(getattr(data_or_path, "name", data_or_path), caption, "molecule")


def _opened(source: Any) -> Any:
    """The bytes or text of an open file; anything else as it is."""
    is_file = callable(getattr(source, "read", None)) and callable(getattr(source, "seek", None))
    if not is_file or type(source).__module__.split(".")[0] == "PIL":
        return source
    found = source.read(MAX_HTML)
    return found


def _white(image: Any) -> float:
    """255 for floats that go beyond 1; what is not finite says nothing."""
    array = as_array(image)
    if array is None or array.dtype.kind != "f" or not array.size:
        return 1.0
    return 255.0 if array.max(where=array < float("inf"), initial=0.0) > 1.5 and array.min() >= 0 else 1.0
