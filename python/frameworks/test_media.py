"""Media of the real libraries: numpy, torch, jax, PIL, matplotlib, plotly, pandas."""

import base64
import io
import json
import unittest

import xtrack

from .case import FrameworkCase, needs


class MediaCase(FrameworkCase):
    def logged(self, act):
        """[(payload, bytes)] of the artifacts that `act(run)` logged."""
        with xtrack.start_run() as run:
            run.strict = True
            act(run)
        return [(p, base64.b64decode(p["content"])) for p in self.events("artifact", run.run_id)]

    def image(self, image, **options):
        """What a real PNG reader makes of it: (mode, (width, height), values in rows)."""
        [(payload, data)] = self.logged(lambda run: run.log_image("i", image, **options))
        self.assertEqual((payload["type"], payload["meta"]["mime"]), ("image", "image/png"))
        shown = needs("PIL.Image").open(io.BytesIO(data))
        return shown.mode, shown.size, needs("numpy").asarray(shown).tolist()

    def json(self, act):
        [(_, data)] = self.logged(act)
        return json.loads(data)


class Images(MediaCase):
    def test_numpy(self):
        np = needs("numpy")
        dots = np.arange(30, dtype="uint8").reshape(2, 5, 3)
        self.assertEqual(self.image(dots), ("RGB", (5, 2), dots.tolist()))
        self.assertEqual(self.image(dots.transpose(2, 0, 1)), ("RGB", (5, 2), dots.tolist()))
        self.assertEqual(self.image(dots[:, ::-1]), ("RGB", (5, 2), dots[:, ::-1].tolist()))
        self.assertEqual(self.image(dots[:, :, :1]), ("L", (5, 2), dots[:, :, 0].tolist()))
        self.assertEqual(self.image(np.zeros((1, 2, 2, 4), "uint8"))[:2], ("RGBA", (2, 2)))
        self.assertEqual(self.image(np.array([[True, False]]))[2], [[255, 0]])
        self.assertEqual(self.image(np.array([[-1, 300]]))[2], [[0, 255]])
        for kind in ("float16", "float32", "float64"):
            dots = np.array([[0, 0.5, 1, np.nan, np.inf, -1]], kind)
            self.assertEqual(self.image(dots)[2], [[0, 128, 255, 0, 255, 0]])

    def test_numpy_and_lists_agree(self):
        np = needs("numpy")
        dots = np.random.default_rng(1).random((5, 6, 3)) * 1.2 - 0.1
        self.assertEqual(self.image(dots.astype("float32")), self.image(dots.astype("float32").tolist()))

    def test_torch_has_planes_first(self):
        torch = needs("torch")
        planes = torch.arange(27, dtype=torch.uint8).reshape(3, 3, 3)
        self.assertEqual(self.image(planes)[2], planes.permute(1, 2, 0).tolist())
        self.assertEqual(self.image(planes, layout="HWC")[2], planes.tolist())
        traced = torch.full((1, 2, 2), 0.5, requires_grad=True)
        for tensor in (traced, traced.to(torch.bfloat16), traced.to(torch.float16)):
            self.assertEqual(self.image(tensor), ("L", (2, 2), [[128, 128], [128, 128]]))

    def test_jax(self):
        jnp = needs("jax.numpy")
        self.assertEqual(self.image(jnp.ones((2, 3), jnp.bfloat16)), ("L", (3, 2), [[255] * 3] * 2))

    def test_pil(self):
        new = needs("PIL.Image").new
        self.assertEqual(self.image(new("RGB", (2, 1), (1, 2, 3))), ("RGB", (2, 1), [[[1, 2, 3]] * 2]))
        self.assertEqual(self.image(new("CMYK", (1, 1)))[2], [[[255, 255, 255]]])

    def test_files_of_pil(self):
        image = needs("PIL.Image").new("RGB", (3, 2))
        for kind, mime in (("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp"), ("BMP", "image/bmp")):
            path = self.path(kind)
            image.save(path, kind)
            [(payload, data)] = self.logged(lambda run, path=path: run.log_image("i", path))
            with open(path, "rb") as file:
                self.assertEqual((payload["meta"]["mime"], data), (mime, file.read()))

    def test_an_animation_plays(self):
        np = needs("numpy")
        frames = np.arange(3 * 2 * 2 * 3, dtype="uint8").reshape(3, 2, 2, 3)
        [(payload, data)] = self.logged(lambda run: run.log_video("v", frames, fps=10, step=1))
        shown = needs("PIL.Image").open(io.BytesIO(data))
        self.assertEqual((payload["meta"]["frames"], shown.n_frames, shown.info["duration"]), (3, 3, 100))
        for index, frame in enumerate(frames):
            shown.seek(index)
            self.assertEqual(np.asarray(shown.convert("RGB")).tolist(), frame.tolist())


class Figures(MediaCase):
    def test_matplotlib(self):
        needs("matplotlib").use("Agg")
        plt = needs("matplotlib.pyplot")
        figure, axes = plt.subplots(figsize=(2, 1), dpi=50)
        self.addCleanup(plt.close, figure)
        axes.plot([1, 2])
        for value in (figure, axes, plt):
            [(payload, data)] = self.logged(lambda run, value=value: run.log_figure("f", value, step=1))
            self.assertEqual((payload["type"], payload["meta"]["mime"]), ("figure", "image/png"))
            self.assertEqual(needs("PIL.Image").open(io.BytesIO(data)).size[0], payload["meta"]["width"])
        self.assertEqual(self.image(figure)[0], "RGBA")

    def test_plotly(self):
        figure = needs("plotly.graph_objects").Figure(data={"type": "bar", "y": [1, 2]})
        [(payload, data)] = self.logged(lambda run: run.log_figure("f", figure))
        self.assertEqual(payload["meta"]["mime"], "application/vnd.plotly.v1+json")
        self.assertEqual(json.loads(data)["data"][0]["type"], "bar")


class Numbers(MediaCase):
    def test_the_histogram_is_that_of_numpy(self):
        np = needs("numpy")
        values = np.random.default_rng(1).normal(size=(20, 50)).astype("float32")
        counts, edges = np.histogram(values, 64)
        for given in (values, (counts, edges)):
            found = self.json(lambda run, given=given: run.log_histogram("h", given))
            self.assertEqual(found["counts"], counts.tolist())
            np.testing.assert_allclose(found["bins"], edges, atol=1e-5)

    def test_with_and_without_numpy_agree(self):
        np = needs("numpy")
        values = np.array([*range(100), np.nan, np.inf, -np.inf, 0.5, 300.0])
        array = self.json(lambda run: run.log_histogram("h", values, range=(0, 200)))
        plain = self.json(lambda run: run.log_histogram("h", values.tolist(), range=(0, 200)))
        np.testing.assert_allclose(array.pop("bins"), plain.pop("bins"))
        self.assertAlmostEqual(array.pop("mean"), plain.pop("mean"))
        self.assertEqual(array, plain)

    def test_tensors_and_odd_arrays(self):
        torch, np = needs("torch", "numpy")
        weights = torch.nn.Parameter(torch.arange(-5.0, 6.0))
        self.assertEqual(self.json(lambda run: run.log_histogram("h", weights, bins=2))["counts"], [5, 6])
        half = weights.to(torch.bfloat16)
        self.assertEqual(self.json(lambda run: run.log_histogram("h", half, bins=2))["count"], 11)
        near = np.array([1e16, 1e16 + 2])
        self.assertEqual(sum(self.json(lambda run: run.log_histogram("h", near))["counts"]), 2)
        self.assertEqual(self.json(lambda run: run.log_histogram("h", np.array([True, False])))["mean"], 0.5)


class Tables(MediaCase):
    def table(self, table, **options):
        found = self.json(lambda run: run.log_table("t", table, **options))
        return [(column["name"], column["type"]) for column in found["columns"]], found["rows"]

    def test_pandas(self):
        pd = needs("pandas")
        days = pd.to_datetime(["2024-01-02"] * 2)
        frame = pd.DataFrame({"n": [1, 2], "x": [0.5, float("nan")], "s": ["a", None], "t": days})
        columns, rows = self.table(frame)
        self.assertEqual(columns, [("n", "number"), ("x", "number"), ("s", "string"), ("t", "date")])
        self.assertEqual(rows[0], [1, 0.5, "a", "2024-01-02T00:00:00"])
        self.assertEqual(rows[1][1:3], ["NaN", None])
        self.assertEqual(self.table(frame, columns=["s"])[0], [("s", "string")])
        described = frame[["n"]].describe()
        self.assertEqual(self.table(described)[1][0], ["count", 2.0])
        grouped = frame.groupby("n").agg({"x": ["min", "max"]})
        self.assertEqual([name for name, _ in self.table(grouped)[0]], ["n", "x.min", "x.max"])

    def test_numpy(self):
        np = needs("numpy")
        self.assertEqual(self.table(np.eye(2), columns=["a", "b"])[1], [[1.0, 0.0], [0.0, 1.0]])
        named = np.array([(1, b"x"), (2, b"y")], dtype=[("n", "i4"), ("s", "S1")])
        self.assertEqual(self.table(named)[0][0], ("n", "number"))
        cells = [[np.float32(0.5), np.int64(3), np.bool_(True), np.array([1, 2]), np.datetime64("2024-01-02")]]
        columns, rows = self.table(cells)
        self.assertEqual([kind for _, kind in columns], ["number", "number", "boolean", "json", "date"])
        self.assertEqual(rows, [[0.5, 3, True, [1, 2], "2024-01-02"]])

    def test_sound(self):
        np = needs("numpy")
        tone = np.sin(np.arange(800) / 10).astype("float32")
        [(payload, data)] = self.logged(lambda run: run.log_audio("a", np.stack([tone, tone], 1), sample_rate=8_000))
        self.assertEqual((payload["meta"]["channels"], payload["meta"]["seconds"]), (2, 0.1))
        self.assertEqual(len(data), 44 + 800 * 4)


if __name__ == "__main__":
    unittest.main()
