"""Media without any library: what reaches the wire for images, histograms, tables, texts, sound and pages."""

import base64
import contextlib
import dataclasses
import datetime
import hashlib
import io
import json
import math
import os
import pathlib
import stat
import struct
import unittest
import wave
import zlib

import xtrack._errors
from xtrack import Tracker, XTrackError

from .collector import frames_of
from .test_wire import WireCase

GIF = b"GIF89a\x02\x00\x03\x00" + b"\0" * 8
SVG = b'<?xml version="1.0"?><!-- a drawing --><svg xmlns="http://www.w3.org/2000/svg"/>'


def decoded(data):
    """(width, height, channels, rows of bytes) of a PNG without filters, all its checksums verified."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = [], 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert int.from_bytes(data[at + 8 + size : at + 12 + size], "big") == zlib.crc32(kind + body)
        chunks.append((kind, body))
        at += 12 + size
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (chunks[0][0], depth, rest, chunks[-1]) == (b"IHDR", 8, [0, 0, 0], (b"IEND", b""))
    channels = {0: 1, 2: 3, 6: 4}[colour]
    raw = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    line = 1 + width * channels
    assert len(raw) == line * height and not any(raw[::line])
    return width, height, channels, [list(raw[y * line + 1 : (y + 1) * line]) for y in range(height)]


class MediaCase(WireCase):
    def frames(self, act, **options):
        """Those of this run alone: a log file goes on where it ended."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path("log.xtrack"))
        return super().frames(act, **options)

    def kept(self, act):
        """(payload without its content, bytes) of the one artifact that `act(run)` logged."""
        payload = self.one(act)
        content = payload.pop("content", None)
        if content is None:
            self.assertEqual(payload["upload"], "reference")
            data = pathlib.Path(payload["path"]).read_bytes()
        else:
            self.assertEqual(payload["upload"], "inline")
            data = base64.b64decode(content, validate=True)
        self.assertEqual(payload["size"], len(data))
        self.assertEqual(payload["checksum"], f"sha256:{hashlib.sha256(data).hexdigest()}")
        return payload, data

    def json(self, act):
        return json.loads(self.kept(act)[1])

    def refused(self, act, words):
        with self.assertRaises(XTrackError) as caught:
            self.frames(act)
        self.assertEqual(caught.exception.code, "XT_ARGUMENT")
        self.assertIn(words, str(caught.exception))


class Images(MediaCase):
    def rows(self, image, **options):
        return decoded(self.kept(lambda run: run.log_image("i", image, **options))[1])

    def test_an_image_is_one_artifact_bound_to_its_step(self):
        payload, data = self.kept(lambda run: run.log_image("val/digit", [[0, 255, 7]], step=4, caption="seven"))
        self.assertEqual(payload.pop("checksum")[7:15], payload.pop("path")[18:26])
        meta = {"media": "image", "mime": "image/png", "width": 3, "height": 1, "caption": "seven"}
        rest = {"run_id": "r1", "type": "image", "name": "val/digit", "meta": meta, "step": 4, "upload": "inline"}
        self.assertEqual(payload, {**rest, "size": len(data)})
        self.assertEqual(decoded(data), (3, 1, 1, [[0, 255, 7]]))

    def test_the_path_of_an_inlined_item_is_a_label_that_leads_nowhere(self):
        payload, _ = self.kept(lambda run: run.log_image("/../a/./../b", [[1]], step=2))
        self.assertRegex(payload["path"], "^media/a/b/2-[0-9a-f]{8}\\.png$")
        payload, _ = self.kept(lambda run: run.log_image("a", [[1]]))
        self.assertRegex(payload["path"], "^media/a/[0-9a-f]{16}\\.png$")

    def test_colours_and_alpha(self):
        self.assertEqual(self.rows([[(1, 2, 3), (4, 5, 6)]]), (2, 1, 3, [[1, 2, 3, 4, 5, 6]]))
        self.assertEqual(self.rows([[(1, 2, 3, 4)]]), (1, 1, 4, [[1, 2, 3, 4]]))
        self.assertEqual(self.rows([[(9,), (8,)]]), (2, 1, 1, [[9, 8]]))

    def test_planes_first_where_only_that_fits_or_when_told(self):
        planes = [[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 10], [11, 12]]]
        rows = [[1, 5, 9, 2, 6, 10], [3, 7, 11, 4, 8, 12]]
        self.assertEqual(self.rows(planes), (2, 2, 3, rows))
        square = [[[y * 9 + x * 3 + c for c in range(3)] for x in range(3)] for y in range(3)]
        self.assertEqual(self.rows(square)[3][0], list(range(9)))
        self.assertEqual(self.rows(square, layout="CHW")[3][0], [0, 9, 18, 1, 10, 19, 2, 11, 20])

    def test_booleans_floats_and_what_is_out_of_range(self):
        self.assertEqual(self.rows([[True, False]])[3], [[255, 0]])
        self.assertEqual(self.rows([[0.0, 0.5, 1.0, -0.1, 1.01]])[3], [[0, 128, 255, 0, 255]])
        self.assertEqual(self.rows([[math.nan, math.inf, -math.inf, 1]])[3], [[0, 255, 0, 255]])
        self.assertEqual(self.rows([[-5, 300]])[3], [[0, 255]])

    def test_rows_may_be_bytes(self):
        self.assertEqual(self.rows([b"\x00\x01", b"\x02\x03"]), (2, 2, 1, [[0, 1], [2, 3]]))

    def test_files_and_bytes_are_taken_as_they_are_by_what_they_hold(self):
        path = self.path("picture.txt")
        pathlib.Path(path).write_bytes(GIF)
        for source, mime, data in ((path, "image/gif", GIF), (SVG, "image/svg+xml", SVG)):
            payload, kept = self.kept(lambda run, source=source: run.log_image("i", source))
            self.assertEqual((payload["meta"]["mime"], kept), (mime, data))
        self.assertEqual(self.one(lambda run: run.log_image("i", path))["meta"]["height"], 3)

    def test_what_is_no_image_is_refused(self):
        for image, words in (
            (b"hello", "no known format"),
            ([[1, 2], [3]], "no image"),
            ([["a"]], "no image"),
            ([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], "2 x 2 x 2 is no image"),
            ([[]], "no image"),
            (7, "no image"),
        ):
            with self.subTest(image=image):
                self.refused(lambda run, image=image: run.log_image("i", image), words)
        self.refused(lambda run: run.log_image("i", [[1]], layout="WHC"), "layout")


class Histograms(MediaCase):
    def test_equal_bins_from_the_least_to_the_greatest(self):
        payload, data = self.kept(lambda run: run.log_histogram("h", range(10), step=1, bins=5))
        self.assertEqual(payload["meta"]["mean"], 4.5)
        expected = {"bins": [0.0, 1.8, 3.6, 5.4, 7.2, 9.0], "counts": [2, 2, 2, 2, 2]}
        found = json.loads(data)
        self.assertEqual([round(edge, 9) for edge in found.pop("bins")], expected["bins"])
        self.assertEqual(found, {"counts": expected["counts"], "count": 10, "min": 0.0, "max": 9.0, "mean": 4.5})

    def test_nan_infinities_and_what_is_out_of_range_are_counted_apart(self):
        values = [math.nan, math.inf, -math.inf, -math.inf, -1, 0.25, 0.75, 1, 9, 9]
        found = self.json(lambda run: run.log_histogram("h", values, bins=2, range=(0, 1)))
        self.assertEqual(found["counts"], [1, 2])
        apart = {key: found[key] for key in ("count", "nan", "inf", "neg_inf", "below", "above")}
        self.assertEqual(apart, {"count": 6, "nan": 1, "inf": 1, "neg_inf": 2, "below": 1, "above": 2})

    def test_counts_and_edges(self):
        found = self.json(lambda run: run.log_histogram("h", ([3, 1], [0, 0.5, 1])))
        self.assertEqual(found, {"bins": [0, 0.5, 1], "counts": [3, 1], "count": 4, "min": 0, "max": 1})

    def test_a_single_value_and_none_at_all(self):
        found = self.json(lambda run: run.log_histogram("h", [5, 5], bins=4))
        self.assertEqual((sum(found["counts"]), found["bins"][0], found["bins"][-1]), (2, 4.5, 5.5))
        self.assertEqual(self.json(lambda run: run.log_histogram("h", [math.nan]))["nan"], 1)
        nothing = self.json(lambda run: run.log_histogram("h", iter(())))
        self.assertEqual(nothing, {"bins": [], "counts": [], "count": 0})

    def test_nested_lists_and_neighbouring_floats(self):
        self.assertEqual(self.json(lambda run: run.log_histogram("h", [[1, 2], [3, [4]]]))["count"], 4)
        near = [1e16, 1e16 + 2]
        self.assertEqual(sum(self.json(lambda run: run.log_histogram("h", near))["counts"]), 2)
        tiny = [0.0, 5e-324]
        self.assertEqual(sum(self.json(lambda run: run.log_histogram("h", tiny))["counts"]), 2)

    def test_what_is_no_histogram_is_refused(self):
        self.refused(lambda run: run.log_histogram("h", ["a"]), "numbers, not str")
        self.refused(lambda run: run.log_histogram("h", [1], bins=513), "bins")
        self.refused(lambda run: run.log_histogram("h", ([1], [2, 1])), "do not rise")
        self.refused(lambda run: run.log_histogram("h", [-1e308, 1e308]), "cannot be drawn")
        self.refused(lambda run: run.log_histogram("h", 5), "not iterable")


class Tables(MediaCase):
    def table(self, *arguments, **options):
        return self.json(lambda run: run.log_table("t", *arguments, **options))

    def test_dicts_make_columns_in_the_order_of_their_coming(self):
        found = self.table([{"a": 1, "b": "x"}, {"c": math.nan, "a": 2.5}])
        columns = [{"name": "a", "type": "number"}, {"name": "b", "type": "string"}, {"name": "c", "type": "number"}]
        self.assertEqual(found, {"columns": columns, "rows": [[1, "x", None], [2.5, None, "NaN"]]})

    def test_lists_columns_and_single_values(self):
        self.assertEqual(self.table([[1, 2], [3]])["rows"], [[1, 2], [3, None]])
        named = self.table([[1, 2]], columns=["x", "y"])
        self.assertEqual([column["name"] for column in named["columns"]], ["x", "y"])
        self.assertEqual(self.table({"x": [1, 2], "y": [3]})["rows"], [[1, 3], [2, None]])
        self.assertEqual(self.table({"x": [1], "y": [2]}, columns=["y"])["rows"], [[2]])
        self.assertEqual(self.table([1, 2])["columns"], [{"name": "value", "type": "number"}])
        self.assertEqual(self.table([], columns=["x"]), {"columns": [{"name": "x", "type": "null"}], "rows": []})

    def test_types_of_cells(self):
        @dataclasses.dataclass
        class Row:
            flag: bool
            day: datetime.date
            nested: dict
            mixed: object
            nothing: object = None

        day = datetime.date(2024, 2, 29)
        found = self.table([Row(True, day, {"a": 1}, 1), Row(False, day, {"b": [2]}, "x")])
        kinds = {column["name"]: column["type"] for column in found["columns"]}
        self.assertEqual(
            kinds, {"flag": "boolean", "day": "date", "nested": "json", "mixed": "mixed", "nothing": "null"}
        )
        self.assertEqual(found["rows"][0], [True, "2024-02-29", {"a": 1}, 1, None])

    def test_rows_and_cells_are_bounded_and_what_is_left_out_is_noted(self):
        payload, data = self.kept(lambda run: run.log_table("t", [[index] for index in range(10_005)]))
        self.assertEqual(payload["meta"]["omitted"], 5)
        found = json.loads(data)
        self.assertEqual((len(found["rows"]), found["omitted"]), (10_000, 5))
        wide = self.table([[0] * 1_000 for _ in range(600)])
        self.assertEqual((len(wide["rows"]), wide["omitted"]), (500, 100))
        self.assertLess(len(self.table([["x" * 100_000]])["rows"][0][0]), 5_000)
        self.assertLess(len(self.table([[[[0] * 900] * 20]])["rows"][0][0]), 5_000)

    def test_what_is_no_table_is_refused(self):
        self.refused(lambda run: run.log_table("t", 7), "no table")
        self.refused(lambda run: run.log_table("t", "text"), "no table")
        self.refused(lambda run: run.log_table("t", [[0] * 1_001]), "columns")


class Others(MediaCase):
    def test_a_text(self):
        payload, data = self.kept(lambda run: run.log_text("sample", "Grüße\ud800", step=3))
        self.assertEqual((payload["type"], payload["meta"]["media"], payload["step"]), ("data", "text", 3))
        self.assertEqual(data.decode(), "Grüße\ufffd")

    def test_sound_of_samples(self):
        payload, data = self.kept(lambda run: run.log_audio("a", [0.0, 1.0, -2.0, math.nan], sample_rate=8_000))
        self.assertEqual(payload["meta"]["seconds"], 4 / 8_000)
        with wave.open(io.BytesIO(data)) as file:
            self.assertEqual(file.getparams()[:4], (1, 2, 8_000, 4))
            self.assertEqual(struct.unpack("<4h", file.readframes(4)), (0, 32_767, -32_767, 0))
        _, stereo = self.kept(lambda run: run.log_audio("a", [(1, 2), (3, 40_000)], sample_rate=8_000))
        with wave.open(io.BytesIO(stereo)) as file:
            self.assertEqual(struct.unpack("<4h", file.readframes(2)), (1, 2, 3, 32_767))
        self.assertEqual(self.kept(lambda run: run.log_audio("a", stereo))[1], stereo)
        self.refused(lambda run: run.log_audio("a", [0.5]), "rate")

    def test_moving_pictures(self):
        payload, data = self.kept(lambda run: run.log_video("v", [[[0, 1]], [[2, 3]], [[4, 5]]], fps=2))
        self.assertEqual(payload["meta"]["mime"], "image/apng")
        self.assertEqual(decoded(data)[3], [[0, 1]])
        self.assertEqual((data.count(b"fcTL"), data.count(b"fdAT")), (3, 2))
        mp4 = b"\0\0\0\x20ftypisom" + b"\0" * 20
        self.assertEqual(self.kept(lambda run: run.log_video("v", mp4))[0]["meta"]["mime"], "video/mp4")
        self.refused(lambda run: run.log_video("v", [[[0, 1]], [[2]]]), "differ in size")

    def test_a_page_is_a_text_or_a_file(self):
        page = pathlib.Path(self.path("p.html"))
        page.write_text("<p>file")
        self.assertEqual(self.kept(lambda run: run.log_html("h", page))[1], b"<p>file")
        payload, data = self.kept(lambda run: run.log_html("h", "<p>text"))
        self.assertEqual((payload["meta"]["mime"], data), ("text/html", b"<p>text"))

    def test_a_figure_that_is_none_is_refused(self):
        self.refused(lambda run: run.log_figure("f", object()), "no figure")


class Bounds(MediaCase):
    def setUp(self):
        super().setUp()
        xtrack._errors._said.clear()

    def said(self, act):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            found = act()
        return found, said.getvalue()

    def test_an_item_over_one_event_becomes_a_private_file_and_says_so_once(self):
        page = "x" * 800_000

        def twice(run):
            run.log_html("big", page, step=1)
            run.log_html("big", page, step=2)

        found, said = self.said(lambda: self.frames(twice))
        first, second = (event["p"] for event in found if event["t"] == "artifact")
        self.assertEqual((first["upload"], first["step"], second["step"]), ("reference", 1, 2))
        self.assertEqual(first["path"], second["path"])  # the same bytes are kept once
        self.assertTrue(first["path"].startswith(self.path("media")))
        self.assertEqual(pathlib.Path(first["path"]).read_text(), page)
        self.assertEqual(stat.S_IMODE(os.stat(first["path"]).st_mode), 0o600)
        self.assertEqual(os.listdir(os.path.dirname(first["path"])), [os.path.basename(first["path"])])
        self.assertEqual(said.count("does not fit one event"), 1)

    def test_media_that_would_crowd_the_spool_become_files(self):
        page = os.urandom(700 * 1024)
        found, said = self.said(lambda: self.frames(lambda run: [run.log_html("h", page, step=s) for s in range(95)]))
        uploads = [event["p"]["upload"] for event in found if event["t"] == "artifact"]
        self.assertEqual(uploads, ["inline"] * 93 + ["reference"] * 2)
        self.assertEqual(said.count("64 MiB a minute"), 1)

    def test_a_folder_that_cannot_be_written_costs_the_item_and_nothing_else(self):
        pathlib.Path(self.path("media")).write_text("a file is in the way")
        tracker = Tracker(transport="file", file=self.path("x"), data=self.folder)

        def act():
            with tracker.start_run() as run:
                run.log_html("h", "x" * 800_000)
                run.log_metric("a", 1)

        _, said = self.said(act)
        self.assertIn("log_html failed", said)
        with open(self.path("x"), "rb") as file:
            kinds = [event["t"] for event in frames_of(file.read())[0]]
        self.assertEqual(kinds, ["hello", "run_start", "metric", "run_end"])

    def test_a_bad_value_never_reaches_training(self):
        tracker = Tracker(transport="file", file=self.path("x"), data=self.folder)

        def act():
            with tracker.start_run() as run:
                for verb in (run.log_image, run.log_histogram, run.log_table, run.log_figure, run.log_audio):
                    verb("k", object())
                run.log_text("k", "good", step="bad")

        _, said = self.said(act)
        self.assertEqual(said.count("failed and was ignored"), 5)
        self.assertIn("step 'bad' cannot be read", said)

    def test_with_tracking_off_nothing_is_encoded_or_written(self):
        run = Tracker(transport="null", data=self.path("data"), strict=True).start_run()
        run.log_image("i", object())
        run.log_html("h", "x" * 800_000)
        run.end()
        self.assertFalse(os.path.exists(self.path("data")))


if __name__ == "__main__":
    unittest.main()
