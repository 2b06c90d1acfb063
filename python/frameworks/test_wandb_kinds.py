"""`xtrack.wandb` and the media verbs beside real arrays, tensors, frames and figures: what others' trackers stumbled over."""

import base64
import copy
import io
import json
import pickle
import struct
import unittest
import wave

from .case import FrameworkCase, needs


class Kinds(FrameworkCase):
    def recorded(self, kind, act):
        """Payloads of what `act(run, wandb)` recorded."""
        import os
        from unittest import mock

        import xtrack.wandb as wandb
        from tests.collector import frames_of

        log = self.path("log.xtrack")
        environment = dict(XTRACK_TRANSPORT="file", XTRACK_FILE=log, XTRACK_DATA=self.folder)
        with mock.patch.dict(os.environ, environment):
            run = wandb.init(reinit=True)
            try:
                act(run, wandb)
            finally:
                wandb.finish()
        with open(log, "rb") as file:
            found = frames_of(file.read())[0]
        os.remove(log)
        return [event["p"] for event in found if event["t"] == kind]

    def test_a_watched_model_is_saved_and_copied(self):
        needs("torch")
        import torch

        def act(run, wandb):
            model = torch.nn.Linear(2, 1)
            wandb.watch(model, log="all", log_freq=1)
            model(torch.ones(1, 2)).sum().backward()
            for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
                again(torch.ones(1, 2)).sum().backward()
            torch.save(model, io.BytesIO())
            wandb.log({"loss": 1.0})

        names = [p["name"] for p in self.recorded("artifact", act)]
        self.assertEqual(sorted(names), ["gradients/bias", "gradients/weight", "parameters/bias", "parameters/weight"])

    def test_odd_values_take_nothing_along(self):
        needs("torch", "numpy")
        import numpy
        import torch

        def act(run, wandb):
            wandb.log({"a": 1.0, "z": torch.tensor(1 + 2j), "m": numpy.ma.masked, "b": torch.tensor(1.5, dtype=torch.bfloat16)})
            run.inner.log_histogram("f8", torch.linspace(-1, 1, 100).to(torch.float8_e4m3fn), 1)

        points = {key: value for p in self.recorded("metric_batch", act) for key, value in p["metrics"].items()}
        self.assertEqual(points, {"a": 1.0, "m": "NaN", "b": 1.5})
        self.assertEqual([p["meta"]["count"] for p in self.recorded("artifact", act)], [100])

    def test_sound_of_every_type_has_its_loudness(self):
        needs("numpy")
        import numpy

        wave_form = numpy.sin(numpy.linspace(0, 50, 1_000))
        for kind, loud in (("int16", 2**15), ("int32", 2**31), ("float32", 1), ("float64", 1), ("int8", 2**7)):
            with self.subTest(kind=kind):
                samples = (wave_form * 0.5 * loud).astype(kind)
                (found,) = self.recorded("artifact", lambda run, wandb: wandb.log({"s": wandb.Audio(samples, sample_rate=8_000)}))
                with wave.open(io.BytesIO(base64.b64decode(found["content"]))) as file:
                    heard = struct.unpack(f"<{file.getnframes()}h", file.readframes(file.getnframes()))
                self.assertAlmostEqual(max(heard) / 16_384, 1, delta=0.02)

    def test_pictures_and_videos_keep_their_range(self):
        needs("numpy")
        import numpy

        from xtrack._media.pixels import pixels

        levels = pixels(numpy.linspace(-1, 1, 64).reshape(8, 8)).data
        self.assertEqual((len(set(levels)), min(levels), max(levels)), (64, 0, 255))
        frames = (numpy.arange(2 * 3 * 64).reshape(2, 3, 8, 8) % 200).astype("float32")
        (found,) = self.recorded("artifact", lambda run, wandb: wandb.log({"v": wandb.Video(frames)}))
        self.assertGreater(len(base64.b64decode(found["content"])), 400)  # not black and white

    def test_frames_and_axes(self):
        needs("pandas", "matplotlib")
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
        import pandas

        _, axes = plt.subplots()
        axes.plot([1, 2])
        frame = pandas.DataFrame({"n": pandas.array([1, None], dtype="Int64"), "text": ["q", None]})
        found = self.recorded("artifact", lambda run, wandb: wandb.log({"t": frame, "ax": axes, "table": wandb.Table(dataframe=frame)}))
        self.assertEqual([p["meta"]["media"] for p in found], ["table", "figure", "table"])
        for each in (found[0], found[2]):
            shown = json.loads(base64.b64decode(each["content"]))
            self.assertEqual(shown["rows"], [[1, "q"], [None, None]])
            self.assertEqual([column["type"] for column in shown["columns"]], ["number", "string"])

    def test_a_summary_writer_records_here_too(self):
        needs("torch", "tensorboard")

        def act(run, wandb):
            wandb.init(sync_tensorboard=True)
            from xtrack.integrations import tensorboard as ours

            ours.patch()
            from torch.utils.tensorboard import SummaryWriter

            with SummaryWriter(self.path("runs")) as writer:
                for step in range(0, 50, 10):
                    writer.add_scalar("charts/return", step * 2.0, step)

        self.assertEqual([(p["step"], p["value"]) for p in self.recorded("metric", act)], [(step, step * 2.0) for step in range(0, 50, 10)])


if __name__ == "__main__":
    unittest.main()
