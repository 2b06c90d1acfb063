"""`xtrack.wandb` where scripts do what others' trackers stumbled over: processes, resuming, odd rows, names, files, ends."""

import array
import copy
import os
import pathlib
import pickle
import struct
import threading
import unittest
import wave
from io import BytesIO

import xtrack.wandb as wandb
from xtrack.wandb._resume import StepFile

from .case import FolderCase, params_of
from .collector import frames_of
from .test_wandb import WandbCase


class Script(FolderCase):
    def events(self, script, kind, code=0, **environ):
        log = self.path("log.xtrack")
        left, _, said = self.script(script, XTRACK_TRANSPORT="file", XTRACK_FILE=log, **environ)
        self.assertEqual(left, code, said)
        with open(log, "rb") as file:
            return [event["p"] for event in frames_of(file.read())[0] if event["t"] == kind], said


class Processes(Script):
    def test_a_fork_beside_a_thread_that_logs_does_not_hang(self):
        script = """
        import os, threading, time
        import xtrack.wandb as wandb
        wandb.init()
        stop = []
        def loop():
            while not stop: wandb.log({f"k{i}": 1.0 for i in range(50)})
        thread = threading.Thread(target=loop, daemon=True); thread.start()
        for _ in range(8):
            pid = os.fork()
            if pid == 0:
                wandb.log({"child": 1.0}); os._exit(0)
            os.waitpid(pid, 0)
        stop.append(1); thread.join(); wandb.finish()
        """
        self.events(script, "run_end")

    def test_a_run_that_is_given_to_a_spawned_process_logs_there(self):
        script = """
        import multiprocessing, os, sys
        import xtrack.wandb as wandb
        def work(run):
            assert run.config["lr"] == 0.1
            run.log({"child": 1.0}); wandb.log({"module": 2.0}); run.finish()
        if __name__ == "__main__":
            run = wandb.init(config={"lr": 0.1})
            run.log({"main": 0.0})
            child = multiprocessing.get_context("spawn").Process(target=work, args=(run,)); child.start(); child.join()
            assert child.exitcode == 0
            wandb.finish()
        """
        path = self.path("train.py")
        pathlib.Path(path).write_text("\n".join(line[8:] for line in script.splitlines()))
        found, _ = self.events(f"import runpy; runpy.run_path({path!r}, run_name='__main__')", "metric_batch")
        steps = {key: p["step"] for p in found for key in p["metrics"]}
        self.assertEqual(steps, {"main": 0, "child": 1, "module": 2})

    def test_what_cannot_be_sent_to_another_process_costs_no_run(self):
        config = {"act": lambda x: x, "lr": 0.1, "lock": threading.Lock(), "out": pathlib.Path("/x"), "n": {"k": [1]}}
        run = wandb.init(config=config, mode="disabled")
        inner, settings, known, step = run.__reduce__()[1]
        again = pickle.loads(pickle.dumps((settings, known, step)))
        self.assertEqual({key: again[1][key] for key in ("lr", "out", "n")}, {key: config[key] for key in ("lr", "out", "n")})
        self.assertIsInstance(again[1]["lock"], str)
        wandb.finish()

    def test_a_code_that_a_worker_leaves_with_reaches_its_pool(self):
        script = """
        import pickle, sys, xtrack
        xtrack.start_run()
        try: sys.exit(3)
        except SystemExit as left: seen = pickle.loads(pickle.dumps(left))
        assert type(seen) is SystemExit and seen.code == 3
        """
        self.events(script, "run_end")

    def test_the_step_of_a_resumed_run_has_its_place_on_the_disk(self):
        StepFile(self.path(""), "r-1").next = 7
        place = os.stat(self.path("wandb", "steps", "r-1"))
        self.assertEqual((place.st_size, place.st_blocks > 0), (8, True))
        self.assertEqual(StepFile(self.path(""), "r-1").next, 7)

    def test_what_the_summary_says_survives_every_end(self):
        ends = ("os.kill(os.getpid(), 15); time.sleep(30)", "sys.exit(3)", "1 / 0", "run.inner.end()", "pass")
        for last, code in zip(ends, (-15, 3, 1, 0, 0)):
            with self.subTest(last=last):
                script = f"""
                import os, sys, time
                import xtrack.wandb as wandb
                run = wandb.init(); wandb.log({{"acc": 0.5}}); run.summary["best_acc"] = 0.9
                {last}
                """
                found, _ = self.events(script, "run_end", code)
                os.remove(self.path("log.xtrack"))
                self.assertEqual(found[0]["final_metrics"], {"acc": 0.5, "best_acc": 0.9})

    def test_a_second_process_goes_on_after_the_last_step(self):
        script = """
        import os, xtrack.wandb as wandb
        run = wandb.init(id="resume/me", resume=os.environ["RESUME"])
        for i in range(3): wandb.log({"loss": i})
        print(run.starting_step)
        """
        for resume in ("allow", "must", "never", "allow"):
            found, _ = self.events(script, "metric_batch", RESUME=resume)
        self.assertEqual([p["step"] for p in found], [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5])
        with open(self.path("log.xtrack"), "rb") as file:
            ids = {event["p"]["run_id"] for event in frames_of(file.read())[0] if event["t"] == "metric_batch"}
        self.assertEqual(len(ids), 1)


class Copies(WandbCase):
    def test_a_run_in_a_config_is_copied_as_itself(self):
        run = wandb.init()
        self.assertIs(copy.deepcopy({"run": run})["run"], run)
        self.assertIs(copy.deepcopy([run.inner])[0], run.inner)

    def test_the_hooks_of_a_watched_model_are_saved_as_nothing(self):
        class Hooked:
            training = True

            def named_parameters(self):
                return []

            def register_forward_hook(self, hook):
                self.hook = hook
                return self

            def remove(self):
                pass

        run = wandb.init()
        model = Hooked()
        run.watch(model, log="parameters")
        self.assertIsNone(pickle.loads(pickle.dumps(model.hook))(model, 1, 2))
        self.assertIsNone(copy.deepcopy(model.hook)(model, 1, 2))


class Rows(WandbCase):
    def test_a_value_that_is_none_takes_nothing_of_its_row_along(self):
        class Complex:
            shape, dtype = (), type("dtype", (), {"kind": "f"})

            def __float__(self):
                raise TypeError("a complex number")

        wandb.init()
        with self.said() as words:
            for _ in range(2):
                wandb.log({"a": 1.0, "z": Complex(), "b": 2.0, "img": wandb.Image([[0, 255]])})
        self.assertEqual(self.points(), [(0, "a", 1.0), (0, "b", 2.0), (1, "a", 1.0), (1, "b", 2.0)])
        self.assertEqual(len(self.events("artifact")), 2)
        self.assertEqual(words.getvalue().count("'z'"), 1)

    def test_fractions_of_a_step_metric_never_go_back(self):
        wandb.init()
        wandb.define_metric("*", step_metric="epoch")
        for i in range(1, 31):
            wandb.log({"loss": float(i), "epoch": i / 10})
        steps = [step for step, key, _ in self.points() if key == "loss"]
        self.assertEqual((len(steps), steps), (30, sorted(steps)))

    def test_frames_and_axes(self):
        class Frame:
            columns, index = ["a", "b"], range(1)

            def head(self, most):
                return self

            def __len__(self):
                return 1

            def iter_rows(self):
                return iter([(1, "x")])

        class Figure:
            def savefig(self, file, **options):
                file.write(b"\x89PNG\r\n\x1a\n" + bytes(16))

        class Axes:
            def get_figure(self):
                return Figure()

        wandb.init()
        wandb.log({"t": Frame(), "ax": Axes()})
        self.assertEqual([p["meta"]["media"] for p in self.events("artifact")], ["table", "figure"])

    def test_twenty_globs_are_looked_through_once_a_key(self):
        run = wandb.init()
        for n in range(20):
            wandb.define_metric(f"group{n}/*", step_metric="samples")
        wandb.log({"samples": 3, "group7/a": 1})
        seen = []
        run._metrics._rules[0].covers = lambda key: seen.append(key)
        wandb.log({"samples": 4, "group7/a": 2})
        self.assertEqual(seen, [])
        self.assertIn((4, "group7/a", 2), self.points())


class Names(WandbCase):
    def test_a_run_is_renamed_and_ids_are_taken_as_they_are(self):
        run = wandb.init(name="old", id="lr=0.1,bs=32")
        run.name = "new"
        self.assertEqual((run.name, run.id), ("new", "lr=0.1,bs=32"))
        inner = run.inner.run_id
        self.assertEqual(self.events("tags"), [{"run_id": inner, "tags": {"xtrack.name": "new"}}])
        for given, other in (("a b", "a-b"), ("ä", "a"), ("x" * 300, "x" * 299), ("-x", "x"), ("x", "-x")):
            runs = [wandb.init(id=each, reinit=True) for each in (given, given, other)]
            self.assertEqual(runs[0].inner.run_id, runs[1].inner.run_id)
            self.assertNotEqual(runs[0].inner.run_id, runs[2].inner.run_id)
            self.assertEqual(runs[0].id, given)

    def test_the_calls_of_public_scripts(self):
        """Each in the manner of a library or script that is used a lot."""
        version = tuple(int(part) for part in wandb.__version__.split(".")[:3])
        self.assertGreaterEqual(version, (0, 13, 6))  # gates of evaluation harnesses
        wandb.require("core")
        wandb.setup()
        self.assertTrue(wandb.login(key="x", relogin=True, host=None))
        # A language model trainer.
        run = wandb.init(project="owt", name="gpt2", config=dict(batch_size=12), magic=True, reinit=True, settings=wandb.Settings(start_method="fork"))
        wandb.log({"iter": 0, "train/loss": 4.2, "lr": 6e-4, "mfu": -100.0})
        # A detector: callbacks that look for an open run, log plots, and save weights.
        self.assertIsNotNone(wandb.run)
        wandb.run or wandb.init()
        wandb.run.log({"lr/pg0": 0.1}, step=1)
        wandb.run.log({"metrics/mAP50(B)": 0.5, "val_batch": wandb.Image([[0]])}, step=1)
        wandb.run.summary["best"] = 1
        artifact = wandb.Artifact(type="model", name=f"run_{wandb.run.id}_model")
        artifact.add_file(__file__)
        wandb.run.log_artifact(artifact, aliases=["best"])
        # An evaluation harness: tables of samples, a config of several parts.
        run.config.update({"task_configs": {"arc": {"num_fewshot": 0}}})
        run.log({"evaluation/eval_results": wandb.Table(columns=["Tasks", "Value"], data=[["arc", 0.5]])})
        # A vision toolkit's hook.
        wandb.config.update({"model": {"type": "ResNet"}}, allow_val_change=True)
        wandb.define_metric("val/*", step_metric="train/step", summary="max")
        # Callbacks of a library for transformers.
        run._label(code="transformers_trainer")
        wandb.define_metric("train/global_step")
        wandb.define_metric("*", step_metric="train/global_step", step_sync=True)
        wandb.log({"train/loss": 1.0, "train/global_step": 10})
        wandb.watch(object(), log="gradients", log_freq=100)
        # A logger of a training framework.
        self.assertTrue(isinstance(run, (wandb.sdk.wandb_run.Run, wandb.wandb_run.Run)))
        run.define_metric("trainer/global_step")
        run.log({"trainer/global_step": 3, "acc": 0.1}, step=12)
        run.log_artifact(wandb.Artifact("model-x", "model", metadata={"score": None}), aliases=["latest"])
        wandb.save("*.none")
        # Reinforcement learning scripts.
        wandb.log({"videos": wandb.Video(b"GIF89a" + bytes(20), fps=4, format="gif")})
        wandb.log({"hist": wandb.Histogram([1.0, 2.0]), "global_step": 5}, commit=False)
        # Segmentation: classes of masks.
        classes = wandb.Classes([{"id": 0, "name": "cat"}])
        wandb.log({"seg": wandb.Image([[0]], masks={"p": {"mask_data": [[0]], "class_labels": {0: "cat"}}}, classes=classes)})
        wandb.alert(title="t", text="x", level=wandb.AlertLevel.WARN)
        wandb.run.log_code(self.folder)
        wandb.termwarn("said")
        self.assertEqual(wandb.data_types.Table, wandb.Table)
        wandb.finish(exit_code=0)
        wandb.teardown()


class Values(WandbCase):
    def pcm(self, samples):
        wandb.init()
        wandb.log({"a": wandb.Audio(samples, sample_rate=8000)})
        import base64

        data = base64.b64decode(self.events("artifact")[-1]["content"])
        os.remove(self.path("log.xtrack"))
        with wave.open(BytesIO(data)) as file:
            return list(struct.unpack(f"<{file.getnframes()}h", file.readframes(file.getnframes())))

    def test_whole_samples_of_32_bits_are_not_cut(self):
        self.assertEqual(self.pcm([2**30, -(2**30), 0]), [16384, -16384, 0])
        self.assertEqual(self.pcm([16384, -16384, 0]), [16384, -16384, 0])

    def test_a_picture_of_minus_one_to_one_keeps_its_levels(self):
        from xtrack._media.pixels import pixels

        self.assertEqual(list(pixels([[-1.0, -0.5, 0.0, 0.5, 1.0]]).data), [0, 64, 128, 191, 255])
        self.assertEqual(list(pixels([[0.0, -0.01, 1.0]]).data), [0, 0, 255])
        self.assertEqual(list(pixels([[-3.0, 0.0, 3.0]]).data), [0, 128, 255])

    def test_missing_cells_are_null_and_their_column_stays_what_it_is(self):
        Missing = type("NAType", (), {})
        wandb.init()
        wandb.log({"t": wandb.Table(columns=["n"], data=[[1], [Missing()], [None]])})
        import base64
        import json

        found = json.loads(base64.b64decode(self.events("artifact")[-1]["content"]))
        self.assertEqual((found["rows"], found["columns"]), ([[1], [None], [None]], [{"name": "n", "type": "number"}]))

    def test_a_list_of_a_million_numbers_is_taken_at_once(self):
        from unittest import mock

        from xtrack._media import histogram

        with mock.patch.object(histogram, "_gather", side_effect=AssertionError("one by one")):
            facts = histogram.histogram(list(range(100_000))).meta
            self.assertEqual((facts["count"], facts["max"]), (100_000, 99_999))
            histogram.histogram(array.array("d", [1.0]).tolist())


class Folders(Script):
    def test_small_files_go_along_up_to_64_mib_a_minute(self):
        script = """
        import os, xtrack.wandb as wandb
        os.makedirs("many")
        for i in range(100): open(f"many/{i:03}.bin", "wb").write(bytes([i]) * 699_000)
        wandb.init(); wandb.log_artifact("many", name="many", type="dataset"); wandb.finish()
        """
        found, said = self.events(script, "artifact")
        self.assertEqual(len(found), 100, said)
        ways = [p["upload"] for p in found]
        self.assertEqual(ways, ["inline"] * 96 + ["reference"] * 4)


class Kept(WandbCase):
    def test_what_lies_in_a_temporary_folder_is_there_afterwards(self):
        import tempfile

        run = wandb.init()
        with tempfile.TemporaryDirectory() as folder:
            small, large = pathlib.Path(folder, "small.json"), pathlib.Path(folder, "large.bin")
            small.write_text("{}")
            large.write_bytes(b"x" * 800_000)
            made = wandb.Artifact("m", type="model")
            made.add_dir(folder)
            run.log_artifact(made)
            large.write_bytes(b"y")  # what is written there later changes nothing
        found = {p["name"]: p for p in self.events("artifact")}
        self.assertEqual(found["m/small.json"]["upload"], "inline")
        self.assertEqual(pathlib.Path(found["m/large.bin"]["path"]).read_bytes(), b"x" * 800_000)

    def test_code_is_found_behind_a_folder_of_many_files(self):
        for name in ("data", "src", "node_modules"):
            os.mkdir(self.path(name))
        for n in range(1_100):
            open(self.path("data", f"{n}.txt"), "w").close()
        for path in (("src", "model.py"), ("train.py",), ("node_modules", "theirs.py")):
            open(self.path(*path), "w").close()
        run = wandb.init()
        run.log_code(self.folder)
        self.assertEqual([p["name"] for p in self.events("artifact")], ["code/train.py", "code/src/model.py"])


class TensorBoard(Script):
    def test_what_a_writer_is_given_is_recorded_too(self):
        os.makedirs(self.path("tensorboardX"))
        open(self.path("tensorboardX", "__init__.py"), "w").write("from .writer import SummaryWriter")
        writer = "class SummaryWriter:\n" + "".join(
            f"    def {name}(self, *given, **named): print('{name}')\n" for name in ("add_scalar", "add_scalars", "add_text", "add_hparams", "add_audio")
        )
        open(self.path("tensorboardX", "writer.py"), "w").write(writer)
        script = f"""
        import sys; sys.path.insert(0, {self.folder!r})
        import xtrack.wandb as wandb
        wandb.init(project="cleanRL", sync_tensorboard=True, monitor_gym=True, save_code=True)
        from tensorboardX import SummaryWriter
        wandb.init(sync_tensorboard=True)
        w = SummaryWriter()
        w.add_scalar("charts/return", 2.0, 7)
        w.add_scalar("charts/return", 3.0, global_step=8)
        w.add_scalars("losses", {{"a": 1, "b": 2}}, 9)
        w.add_text("note", "words", 1)
        w.add_hparams({{"lr": 0.1}}, {{}})
        w.add_audio("broken", object())
        """
        found, said = self.events(script, "metric")
        self.assertEqual([(p["key"], p["value"], p["step"]) for p in found], [("charts/return", 2.0, 7), ("charts/return", 3.0, 8)])
        with open(self.path("log.xtrack"), "rb") as file:
            events = frames_of(file.read())[0]
        self.assertEqual([e["p"]["metrics"] for e in events if e["t"] == "metric_batch"], [{"losses/a": 1, "losses/b": 2}])
        self.assertEqual(params_of(e["p"] for e in events if e["t"] == "param")["lr"], 0.1)


if __name__ == "__main__":
    unittest.main()
