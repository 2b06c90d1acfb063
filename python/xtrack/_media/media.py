"""Media and rich values bound to a step: images, histograms, tables, texts, figures, sound, moving pictures."""

from __future__ import annotations

import os
from time import monotonic
from typing import TYPE_CHECKING, Any, Optional, Sequence, Tuple

from .._errors import warn_once
from .._guard import guarded

if TYPE_CHECKING:
    from .._session import Session
    from .content import Content

__all__ = ["Media"]

# What one run may inline in a minute: beyond it, media go to files, so that they cannot crowd metrics out of the spool.
INLINE_BYTES_A_MINUTE = 64 * 1024 * 1024


class Media:
    """Part of `Run`.

    Encoding costs its caller (about 10 ms for an image of a megapixel) and nothing waits for the network. What fits
    one event (700 KiB) travels with it; a larger item, up to 256 MiB, becomes a file in the data folder.
    """

    run_id: str
    _session: "Session"
    _inlined: Tuple[float, int] = (0.0, 0)  # since when, bytes

    @guarded
    def log_image(
        self,
        key: str,
        image: Any,
        step: Optional[int] = None,
        caption: Optional[str] = None,
        *,
        layout: Optional[str] = None,
    ) -> None:
        """Records an image: an array or tensor, a PIL image, a matplotlib figure, bytes or path of an image file.

        Arrays (numpy, torch, jax, nested lists) are (H, W), (H, W, C) or (C, H, W) with 1, 3 or 4 channels; `layout`
        (`HWC`, `CHW`) says which where both fit. Integers are 0 to 255, floats 0 to 1, booleans black and white.
        """
        if self._keeps_media():
            from .pictures import picture

            self._log_content(key, picture(image, layout), step, caption)

    @guarded
    def log_histogram(
        self,
        key: str,
        values: Any,
        step: Optional[int] = None,
        bins: int = 64,
        range: Optional[Tuple[float, float]] = None,
        caption: Optional[str] = None,
    ) -> None:
        """Records how numbers are spread: an array, a tensor, any iterable, or `(counts, edges)` as numpy returns them.

        Up to 512 equal bins from the least value to the greatest, or over `range`. NaN, infinities and values out of
        range are counted apart.
        """
        if self._keeps_media():
            from .histogram import histogram

            self._log_content(key, histogram(values, bins, range), step, caption)

    @guarded
    def log_table(
        self,
        key: str,
        table: Any,
        step: Optional[int] = None,
        columns: Optional[Sequence[Any]] = None,
        caption: Optional[str] = None,
    ) -> None:
        """Records a table: rows (lists, dicts, dataclasses), a dict of columns, a data frame, a 1-d or 2-d array.

        `columns` names the cells of plain rows, and chooses among named ones. At most 10,000 rows (500,000 cells) are
        kept; how many were left out is noted.
        """
        if self._keeps_media():
            from .tables import table as made

            self._log_content(key, made(table, columns), step, caption)

    @guarded
    def log_text(self, key: str, text: str, step: Optional[int] = None, caption: Optional[str] = None) -> None:
        """Records a text that belongs to a step, a sample of what a model writes, say. Lines of a log are for `log`."""
        if self._keeps_media():
            from .._values.secrets import masked
            from .._values.values import text as clean
            from .content import MAX_ITEM, Content

            data = masked(clean(text, MAX_ITEM // 4)).encode()
            self._log_content(key, Content("text", "data", "text/plain", data), step, caption)

    @guarded
    def log_figure(self, key: str, figure: Any, step: Optional[int] = None, caption: Optional[str] = None) -> None:
        """Records a figure: matplotlib's as PNG, plotly's and altair's as the JSON that draws them again."""
        if self._keeps_media():
            from .pictures import figure as made

            self._log_content(key, made(figure), step, caption)

    @guarded
    def log_audio(
        self,
        key: str,
        audio: Any,
        step: Optional[int] = None,
        sample_rate: Optional[int] = None,
        caption: Optional[str] = None,
    ) -> None:
        """Records sound: bytes or path of a wav, mp3, ogg or flac file, or samples (n,) or (n, channels).

        Samples are floats of -1 to 1 or 16-bit integers; `sample_rate` is in Hz, and needed for them.
        """
        if self._keeps_media():
            from .sound import audio as made

            self._log_content(key, made(audio, sample_rate), step, caption)

    @guarded
    def log_video(
        self,
        key: str,
        video: Any,
        step: Optional[int] = None,
        fps: float = 4,
        caption: Optional[str] = None,
        *,
        layout: Optional[str] = None,
    ) -> None:
        """Records moving pictures: bytes or path of an mp4, webm, ogg, gif or png file, or a sequence of images.

        Images (see `log_image`, `layout` too) are kept as an animated PNG of `fps` frames a second.
        """
        if self._keeps_media():
            from .sound import video as made

            self._log_content(key, made(video, fps, layout), step, caption)

    @guarded
    def log_html(self, key: str, html: Any, step: Optional[int] = None, caption: Optional[str] = None) -> None:
        """Records a page: its text, its bytes, or the path of a file (as a `Path`, since a text is the page itself)."""
        if self._keeps_media():
            from .._values.values import text as clean
            from .content import MAX_ITEM, Content, read

            if isinstance(html, (bytes, bytearray)):
                data = bytes(html)
            else:
                data = read(html) if isinstance(html, os.PathLike) else clean(html, MAX_ITEM // 4).encode()
            self._log_content(key, Content("html", "data", "text/html", data), step, caption)

    # -- inside ----------------------------------------------------------------------------------------

    def _keeps_media(self) -> bool:
        """False where everything is thrown away: nothing is encoded or written then."""
        return self._session.settings.transport != "null"

    def _log_content(self, key: str, content: "Content", step: Optional[int], caption: Optional[str] = None) -> None:
        if not self._keeps_media():
            return
        from .._values.values import text as clean
        from .content import MAX_CAPTION, inlines, payload

        if caption is not None:
            content = content.with_meta({"caption": clean(caption, MAX_CAPTION)})
        inline = inlines(content)
        if not inline:
            warn_once(f"large {content.media}", f"{content.media} {key} does not fit one event and is kept as a file")
        elif not self.may_inline(len(content.data)):
            inline = False
            warn_once("media rate", "media come faster than 64 MiB a minute; some are kept as files (said once)")
        self._emit("artifact", payload(content, key, step, self.media_folder(), inline))

    def media_folder(self) -> str:
        """Where files of this run are kept beside the data: run ids may hold what file systems do not."""
        from hashlib import sha256

        folder = os.path.join(self._session.settings.data, "media", sha256(self.run_id.encode()).hexdigest()[:16])
        return os.path.abspath(folder)

    def may_inline(self, size: int) -> bool:
        """Whether so many bytes may go along with an event; they are counted: at most 64 MiB a minute."""
        since, spent = self._inlined
        now = monotonic()
        if now - since >= 60 or since == 0.0:
            since, spent = now, 0
        if spent + size > INLINE_BYTES_A_MINUTE:
            return False
        self._inlined = (since, spent + size)
        return True

    def _emit(self, kind: str, fields: str) -> None:
        raise NotImplementedError
