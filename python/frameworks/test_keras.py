"""Keras 3 on each of its backends: what is recorded, and that what is steered is the training that really runs."""

import importlib.util
import json
import os
import subprocess
import sys
import unittest

from .case import FrameworkCase, needs
from .example import environ, run_example

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keras_training.py")
SECONDS = 240  # that a training may take to end, imports included: a generous limit, not a measure


def setUpModule():
    if importlib.util.find_spec("keras") is None:  # importing it here would choose a backend for this process
        needs("keras")


class OnBackend:
    """The specification, once for each backend."""

    backend = ""

    def setUp(self):
        super().setUp()
        if importlib.util.find_spec(self.backend) is None:
            needs(self.backend)
        self.training = None
        self.addCleanup(self.reap)

    def begin(self, what):
        quiet = {"KERAS_BACKEND": self.backend, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        self.training = subprocess.Popen(
            [sys.executable, SCRIPT, what],
            env=environ(**quiet),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self):
        out, err = self.training.communicate(timeout=SECONDS)
        self.assertEqual(self.training.returncode, 0, err)
        self.assertNotIn("xtrack:", err)  # no fault of tracking was told
        return json.loads(out.splitlines()[-1])

    def reap(self):
        if self.training is not None and self.training.poll() is None:
            self.training.kill()
            self.training.communicate()

    def test_a_training_is_recorded(self):
        self.begin("record")
        made = self.end()
        fitted, evaluated = self.runs()
        params = self.params(fitted)
        self.assertEqual((params["model.name"], params["model.params"], params["backend"]), ("small", 17, self.backend))
        self.assertEqual((params["fit.epochs"], params["fit.steps"]), (3, 3))
        self.assertEqual(params["optimizer.class"], "SGD")
        self.assertEqual([step for step, _ in self.metrics("batch_loss", fitted, "train")], list(range(1, 10)))
        for key, phase in (("loss", "train"), ("mae", "train"), ("val_loss", "val"), ("val_mae", "val")):
            measured = list(zip([3, 6, 9], made["history"][key]))
            self.assertEqual(self.metrics(key, fitted, phase), measured)
        self.assertEqual([value for _, value in self.metrics("lr", fitted)], [0.05, 0.025, 0.0125])
        saved = self.events("checkpoint", fitted)
        self.assertEqual([(each["step"], each["epoch"]) for each in saved], [(3, 1), (6, 2), (9, 3)])
        self.assertEqual({each["best_key"] for each in saved}, {"val_loss"})
        losses = made["history"]["val_loss"]
        best = [loss == min(losses[: number + 1]) for number, loss in enumerate(losses)]
        self.assertEqual([each["is_best"] for each in saved], best)
        kept = {saved[-1]["path"], saved[losses.index(min(losses))]["path"]}
        self.assertEqual({each["path"] for each in saved if os.path.exists(each["path"])}, kept)
        self.assertTrue(made["same"][-1])
        self.assertEqual(self.metrics("loss", evaluated, "test")[0][1], made["evaluated"]["loss"])
        self.assertEqual([self.status(run) for run in self.runs()], ["completed", "completed"])

    def test_a_training_is_steered(self):
        self.begin("steer")
        self.wait(lambda: len(self.metrics("batch_loss")) > 10, "some batches")
        early = self.result(self.command("checkpoint_now"))
        self.assertEqual(early["status"], "ok", early)
        self.assertTrue(os.path.exists(early["result"]["path"]))

        self.assertEqual(self.result(self.command("pause"))["status"], "ok")
        changed = self.result(self.command("adjust_lr", {"lr": 0.0}))
        self.assertEqual(changed["result"], {"lr": {"old": 0.05, "new": 0.0}})
        held = len(self.metrics("batch_loss"))
        self.assertEqual(self.result(self.command("resume"))["status"], "ok")
        self.wait(lambda: len(self.metrics("batch_loss")) > held + 10, "batches after the pause")
        late = self.result(self.command("checkpoint_now"))
        self.assertEqual(self.result(self.command("stop"))["status"], "ok")
        made = self.end()

        # Nothing was learned any more from the change on, so the optimizer did not only say that its rate is 0.
        self.assertEqual((made["rate"], made["learned"]), (0.0, True))
        saved = [made["saved"][os.path.basename(answer["result"]["path"])] for answer in (early, late)]
        self.assertEqual([each["same"] for each in saved], [False, True])
        self.assertEqual([each["step"] for each in saved], [answer["result"]["step"] for answer in (early, late)])
        (change,) = self.events("change")
        self.assertLess(change["step"], late["result"]["step"])
        self.assertIn((change["step"], 0.0), self.metrics("lr"))
        # It ended at a batch: no step was done that is not recorded.
        self.assertEqual(made["steps"], self.metrics("batch_loss")[-1][0])
        self.assertIn("paused", [status["status"] for status in self.events("status")])
        self.assertEqual(self.status(), "completed")


class Jax(OnBackend, FrameworkCase):
    backend = "jax"

    def test_a_schedule_is_refused_with_the_reason(self):
        self.begin("schedule")
        self.wait(lambda: self.metrics("batch_loss"), "a batch")
        refused = self.result(self.command("adjust_lr", {"lr": 0.01}))
        self.assertEqual(refused["status"], "error")
        self.assertIn("has a schedule", refused["error"])
        self.result(self.command("stop"))
        self.assertTrue(self.end()["learned"])

    def test_the_example_runs_and_goes_on_from_its_checkpoint(self):
        arguments = ["--points", "128", "--batch-size", "64", "--output", self.path("out")]
        run_example(self, "keras", "--epochs", "2", *arguments, KERAS_BACKEND="jax", XTRACK_RUN_ID="one")
        newest = self.events("checkpoint")[-1]["path"]
        going_on = {"XTRACK_RUN_ID": "one", "XTRACK_RESUME_CHECKPOINT": newest}
        run_example(self, "keras", "--epochs", "3", *arguments, KERAS_BACKEND="jax", **going_on)
        self.assertEqual([step for step, _ in self.metrics("val_loss", phase="val")], [2, 4, 6])
        self.assertEqual(self.status(), "completed")


class Torch(OnBackend, FrameworkCase):
    backend = "torch"


class Tensorflow(OnBackend, FrameworkCase):
    backend = "tensorflow"


if __name__ == "__main__":
    unittest.main()
