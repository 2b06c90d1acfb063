"""`xtrack.wandb`: tables, images, charts and files of a W&B script, as they reach the wire."""

import base64
import json
import os
import pathlib
import unittest

import xtrack.wandb as wandb
from xtrack import XTrackError

from .test_wandb import WandbCase


class Media(WandbCase):
    def content(self):
        found = [p for p in self.events("artifact") if "content" in p][-1]
        return found, json.loads(base64.b64decode(found["content"]))

    def test_a_table_with_pictures(self):
        wandb.init()
        table = wandb.Table(columns=["image", "label"], data=[[wandb.Image([[7]]), "seven"]])
        table.add_data(None, "none")
        table.add_column("n", [1, 2])
        table.add_computed_columns(lambda index, row: {"twice": row["n"] * 2})
        with self.assertRaises(XTrackError):
            table.add_data(1)
        self.assertEqual((table.get_column("label"), table.get_index()), (["seven", "none"], [0, 1]))
        wandb.log({"t": table})
        _, found = self.content()
        kinds = [(column["name"], column["type"]) for column in found["columns"]]
        self.assertEqual(kinds, [("image", "image"), ("label", "string"), ("n", "number"), ("twice", "number")])
        self.assertEqual(found["rows"][1], [None, "none", 2, 4])
        self.assertEqual(base64.b64decode(found["rows"][0][0]["content"])[:4], b"\x89PNG")

    def test_an_image_is_encoded_when_it_is_made(self):
        wandb.init()
        dots = [[0, 0]]
        image = wandb.Image(dots, boxes={"p": {"box_data": []}}, masks={"m": {"mask_data": [[1, 2]]}})
        dots[0][0] = 255
        wandb.log({"i": image})
        found = self.events("artifact")
        self.assertEqual([p["name"] for p in found], ["i", "i/masks/m"])
        self.assertEqual(found[0]["meta"]["boxes"], {"p": {"box_data": []}})
        with wandb.init():
            wandb.log({"again": wandb.Image([[0, 0]])})
        self.assertEqual(self.events("artifact")[-1]["checksum"], found[0]["checksum"])

    def test_what_cannot_be_encoded_logs_nothing(self):
        wandb.init()
        with self.said() as words:
            wandb.log({"i": wandb.Image("missing.png"), "h": wandb.Histogram(["x"]), "a": 1})
        self.assertEqual(words.getvalue().count("failed and is left out"), 2)
        self.assertEqual((self.events("artifact"), self.points()), ([], [(0, "a", 1)]))

    def test_a_histogram_has_its_bins(self):
        made = wandb.Histogram(np_histogram=([1, 2], [0, 1, 2]))
        self.assertEqual((made.histogram, made.bins), ([1, 2], [0, 1, 2]))

    def test_charts_are_tables_with_a_word_on_how_to_draw_them(self):
        wandb.init()
        matrix = wandb.plot.confusion_matrix(y_true=[0, 1, 1], preds=[0, 1, 0], class_names=["cat", "dog"])
        wandb.log({"c": matrix})
        meta, found = self.content()
        self.assertEqual(meta["meta"]["chart"], {"type": "confusion_matrix", "title": "Confusion Matrix Curve"})
        rows = [["cat", "cat", 1], ["cat", "dog", 0], ["dog", "cat", 1], ["dog", "dog", 1]]
        self.assertEqual(found["rows"], rows)

    def test_curves(self):
        truth, scores = [0, 0, 1, 1], [[0.9, 0.1], [0.4, 0.6], [0.65, 0.35], [0.2, 0.8]]
        roc = wandb.plot.roc_curve(truth, scores, labels=["no", "yes"], classes_to_plot=[1])
        points = [row[1:] for row in roc.table.data]
        self.assertEqual(points, [[0.0, 0.0], [0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [1.0, 1.0]])
        curve = wandb.plot.pr_curve(truth, scores, classes_to_plot=[1], interp_size=3)
        self.assertEqual(curve.table.data, [["1", 0.0, 1.0], ["1", 0.5, 1.0], ["1", 1.0, 2 / 3]])
        lines = wandb.plot.line_series([0, 1], [[1, 2], [3, 4]], keys=["a", "b"], xname="epoch")
        self.assertEqual(lines.table.columns, ["epoch", "line", "y"])
        self.assertEqual(lines.table.data, [[0, "a", 1], [1, "a", 2], [0, "b", 3], [1, "b", 4]])


class Files(WandbCase):
    def setUp(self):
        super().setUp()
        os.makedirs(self.path("in", "sub"))
        for name in ("a.txt", "sub/b.txt"):
            pathlib.Path(self.path("in", name)).write_text(name)

    def test_an_artifact_is_its_files_by_reference(self):
        run = wandb.init()
        artifact = wandb.Artifact("set", type="dataset", metadata={"n": 2})
        artifact.add_dir(self.path("in"))
        artifact.add_file(self.path("in", "a.txt"), name="again.txt")
        artifact.add_reference("s3://bucket/key")
        with artifact.new_file("made.txt") as file:
            file.write("made")
        artifact.add(wandb.Table(columns=["x"], data=[[1]]), "table")
        self.assertIs(run.log_artifact(artifact, aliases=["best"]).wait(), artifact)
        found = {p["name"]: p for p in self.events("artifact")}
        names = {"set/a.txt", "set/sub/b.txt", "set/again.txt", "set/key", "set/made.txt", "set/table"}
        self.assertEqual(set(found), names)
        first = found["set/a.txt"]
        self.assertEqual((first["type"], first["path"], first["size"]), ("data", self.path("in", "a.txt"), 5))
        meta = {"type": "dataset", "artifact": "set", "aliases": ["best"], "metadata": {"n": 2}}
        self.assertEqual(first["meta"], meta)
        self.assertEqual(found["set/key"]["path"], "s3://bucket/key")

    def test_save_the_folder_of_the_run_models_and_code(self):
        run = wandb.init(dir=self.path("out"))
        self.assertEqual(wandb.save(self.path("in", "*.txt"), base_path=self.folder), [self.path("in", "a.txt")])
        pathlib.Path(run.dir, "model.pt").write_text("weights")
        run.log_model(self.path("in", "a.txt"), name="m")
        pathlib.Path(self.path("in", "train.py")).write_text("print()")
        run.log_code(self.path("in"))
        found = [(p["name"], p["type"], p["upload"]) for p in self.events("artifact")]
        self.assertEqual(found[0], ("in/a.txt", "other", "inline"))
        self.assertEqual(found[1:3], [("m/a.txt", "model", "inline"), ("code/train.py", "other", "inline")])
        self.assertEqual(found[3], ("model.pt", "other", "inline"))

    def test_what_needs_a_server_names_the_alternative(self):
        run = wandb.init()
        for call in (
            wandb.Api, lambda: wandb.sweep({}), lambda: wandb.agent("s"), lambda: run.restore("x"),
            lambda: run.use_model("m"), wandb.Artifact("a", "b").download,
        ):  # fmt: skip
            with self.assertRaisesRegex(wandb.Error, "has no counterpart in XTrack: [a-z]"):
                call()
        self.assertTrue(wandb.login(key="secret"))
        self.assertIsNone(wandb.setup())


if __name__ == "__main__":
    unittest.main()
