"""What people type, in every usual form, and what becomes of it: no spelling and no odd value costs an event."""

import argparse
import collections
import contextlib
import dataclasses
import enum
import io
import os
import pathlib
import types
import unittest
from unittest import mock

import xtrack
import xtrack._errors
from xtrack import Tracker

from .case import FolderCase, params_of
from .collector import frames_of


class Forms(FolderCase):
    def events(self, act, **start):
        """Every event of one run, and what was said on stderr."""
        xtrack._errors._said.clear()
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            with Tracker(transport="file", file=self.path("x"), data=self.folder).start_run(**start) as run:
                act(run)
        with open(self.path("x"), "rb") as file:
            found = frames_of(file.read())[0]
        os.remove(self.path("x"))
        return [event for event in found if event["t"] != "hello"], said.getvalue()

    def payloads(self, kind, act, **start):
        events, said = self.events(act, **start)
        return [event["p"] for event in events if event["t"] == kind], said

    def points(self, act):
        """[(key, value, step, phase)] of all metrics."""
        events, said = self.events(act)
        found = []
        for event in events:
            p = event["p"]
            pairs = [(p["key"], p["value"])] if event["t"] == "metric" else list(p.get("metrics", {}).items())
            found += [(key, value, p.get("step"), p.get("ctx", {}).get("phase")) for key, value in pairs]
        return found, said


class Steps(Forms):
    def test_no_step_costs_its_point(self):
        for step, kept in ((0.5, 0), (2.0, 2), (-1.5, -2), ("7", 7), ("x", None), (float("nan"), None), (2**60, None), (None, None)):
            with self.subTest(step=step):
                points, said = self.points(lambda run: run.log_metric("loss", 1.5, step))
                self.assertEqual(points, [("loss", 1.5, kept, None)])
                self.assertEqual("step" in said, step not in (2.0, "7", None))
                points, _ = self.points(lambda run: run.log_metrics({"a": 1, "b": 2}, step=step))
                self.assertEqual([(key, at) for key, _, at, _ in points], [("a", kept), ("b", kept)])

    def test_fractions_keep_their_order(self):
        points, said = self.points(lambda run: [run.log_metric("loss", i, step=i / 2) for i in range(10)])
        self.assertEqual([value for _, value, _, _ in points], list(range(10)))
        self.assertEqual([step for _, _, step, _ in points], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
        self.assertEqual(said.count("\n"), 1)

    def test_an_epoch_that_is_none_costs_nothing(self):
        for epoch in ("x", float("inf"), object()):
            points, said = self.points(lambda run: run.log_metric("loss", 1, 3, epoch))
            self.assertEqual(points, [("loss", 1, 3, None)])
            self.assertIn("epoch", said)


class Phases(Forms):
    def test_every_usual_spelling(self):
        class Stage(enum.Enum):
            VALIDATING = "validate"

        spelled = {"eval": "val", "Validation": "val", "valid": "val", "dev": "val", "EVALUATION": "val", "training": "train"}
        for phase, meant in [*spelled.items(), ("testing", "test"), (Stage.VALIDATING, "val"), ("sanity-check", "val")]:
            with self.subTest(phase=phase):
                points, said = self.points(lambda run: run.log_metric("loss", 1, 1, phase=phase))
                self.assertEqual((points, said), ([("loss", 1, 1, meant)], ""))

    def test_another_word_is_said_and_mixed_into_no_series(self):
        points, said = self.points(lambda run: [run.log_metrics({"loss": i}, i, phase="holdout") for i in range(2)])
        self.assertEqual(points, [("holdout/loss", 0, 0, None), ("holdout/loss", 1, 1, None)])
        self.assertEqual(said.count("holdout"), 2)  # once, with the key


class Values(Forms):
    def test_a_bad_value_takes_no_other_along_and_is_named_once_a_key(self):
        def act(run):
            for _ in range(3):
                run.log_metrics({"loss": 0.1, "bad": None, "worse": "x", "val": {"acc": 0.9, "deep": {"f1": 1}}}, 1)

        points, said = self.points(act)
        self.assertEqual(points, [("loss", 0.1, 1, None), ("val.acc", 0.9, 1, None), ("val.deep.f1", 1, 1, None)] * 3)
        self.assertEqual((said.count("'bad'"), said.count("'worse'"), said.count("\n")), (1, 1, 2))

    def test_the_context_of_a_number_never_costs_it(self):
        points, said = self.points(lambda run: run.log_metric("a", 1, 1, batch_size="x", agg="median", wrong=3))
        self.assertEqual(points, [("a", 1, 1, None)])
        for named in ("batch_size", "median", "wrong"):
            self.assertIn(named, said)

    def test_what_is_hidden_or_missing_is_no_number(self):
        Masked = type("MaskedConstant", (), {"__float__": lambda self: 0.0})
        Missing = type("NAType", (), {})
        points, _ = self.points(lambda run: run.log_metrics({"a": Masked(), "b": Missing()}))
        self.assertEqual([value for _, value, _, _ in points], ["NaN", "NaN"])


class Starts(Forms):
    def start(self, **given):
        payloads, said = self.payloads("run_start", lambda run: None, **given)
        return payloads[0], said

    def test_tags_in_every_form(self):
        for tags in (["a", "b"], ("a", "b"), {"b", "a"}):
            self.assertEqual(self.start(tags=tags)[0]["tags"], {"a": "true", "b": "true"})
        self.assertEqual(self.start(tags="baseline")[0]["tags"], {"baseline": "true"})
        self.assertEqual(self.start(tags=types.SimpleNamespace(team="x"))[0]["tags"], {"team": "x"})

    def test_one_bad_argument_takes_no_other_along(self):
        class Hostile:
            def __str__(self):
                raise RuntimeError("no text")

        found, said = self.start(name="named", experiment="exp", tags={"good": 1, "bad": Hostile()})
        self.assertEqual((found["name"], found["run_id"]["exp_id"], found["tags"]), ("named", "exp", {"good": "1"}))
        self.assertTrue(found["source"] and found["env"])
        self.assertIn("'bad'", said)
        found, said = self.start(name=Hostile(), experiment="exp", wrong=1)
        self.assertEqual(found["run_id"]["exp_id"], "exp")
        self.assertIn("'name'", said)
        self.assertIn("'wrong'", said)

    def test_the_forms_of_the_first_emitter(self):
        found, _ = self.start(name="n", run_id="r-7", experiment_id="exp", tags={"a": 1})
        self.assertEqual((found["name"], found["run_id"]), ("n", {"id": "r-7", "exp_id": "exp"}))


class Configs(Forms):
    def params(self, given):
        return params_of(self.payloads("param", lambda run: run.log_params(given))[0])

    def test_any_object_whose_fields_can_be_read(self):
        class Base:
            epochs = 3

            @property
            def shown(self):
                raise RuntimeError

            def method(self):
                pass

        class Plain(Base):
            def __init__(self):
                self.lr, self.layers, self._hidden = 0.1, [1, 2], 7

        class Slots:
            __slots__ = ("lr", "unset")

            def __init__(self):
                self.lr = 0.2

        class Nested:
            def __init__(self):
                self.optim, self.seed = Plain(), 1

        class Flags:
            def flag_values_dict(self):
                return {"lr": 0.3}

        @dataclasses.dataclass
        class Data:
            lr: float = 0.4

        self.assertEqual(self.params(Plain()), {"epochs": 3, "lr": 0.1, "layers": [1, 2]})
        self.assertEqual(self.params(Slots()), {"lr": 0.2})
        self.assertEqual(self.params(Base), {"epochs": 3})
        self.assertEqual(self.params(Nested())["optim.lr"], 0.1)
        self.assertEqual(self.params(Flags()), {"lr": 0.3})
        self.assertEqual(self.params(Data()), {"lr": 0.4})
        self.assertEqual(self.params(argparse.Namespace(a=1)), {"a": 1})
        self.assertEqual(self.params(collections.namedtuple("Pair", "a b")(1, 2)), {"a": 1, "b": 2})
        module = types.ModuleType("settings")
        module.lr, module.os = 0.5, os
        self.assertEqual(self.params(module), {"lr": 0.5})

    def test_what_says_more_than_its_fields_is_no_config_within_one(self):
        class Told:
            def __init__(self):
                self.x = 1

            def __repr__(self):
                return "Told(1)"

        self.assertEqual(self.params({"a": Told(), "b": pathlib.Path("/x"), "c": print}), {"a": "Told(1)", "b": "/x", "c": "print"})
        self.assertEqual(self.params(Told()), {"x": 1})

    def test_an_object_that_holds_more_than_settings_stays_one_leaf(self):
        class Net:
            def __init__(self):
                self.width, self.weights = 3, [object()]

        class Circle:
            def __init__(self):
                self.lr, self.me = 0.1, self

        class Large:
            def __init__(self):
                self.rows = [[0.0] * 100 for _ in range(200)]

        found = self.params({"net": Net(), "circle": Circle(), "large": Large(), "lr": 0.1})
        self.assertEqual(sorted(found), ["circle", "large", "lr", "net"])
        self.assertIn("Net object", found["net"])
        self.assertEqual(self.params(Circle())["lr"], 0.1)

    def test_the_path_below_a_key(self):
        found, _ = self.payloads("param", lambda run: run.log_param("optimizer", 0.9, nested_key=["betas", "b1"]))
        self.assertEqual([(p["key"], p["nested_key"]) for p in found], [("optimizer", ["betas", "b1"])])
        def both(run):
            run.log_param("optimizer", "adam", ["type"])
            run.log_param("scheduler", "cosine", "type")

        self.assertEqual(params_of(self.payloads("param", both)[0]), {"optimizer.type": "adam", "scheduler.type": "cosine"})


class Verbs(Forms):
    def test_log_takes_metrics_or_a_line(self):
        def act(run):
            run.log(loss=0.5, step=3)
            run.log({"loss": 0.4, "val": {"acc": 1}}, step=4)
            run.log({"loss": 0.3}, 5)
            run.log({"loss": 0.2}, phase="eval", step=6)

        points, said = self.points(act)
        self.assertEqual(said, "")
        self.assertEqual(
            points,
            [("loss", 0.5, 3, None), ("loss", 0.4, 4, None), ("val.acc", 1, 4, None), ("loss", 0.3, 5, None), ("loss", 0.2, 6, "val")],
        )
        lines, _ = self.payloads("log", lambda run: (run.log("warming up"), run.log("bad", "warn", 7, epoch=2, key="x")))
        self.assertEqual([(p["msg"], p["level"], p.get("step")) for p in lines], [("warming up", "info", None), ("bad", "warning", 7)])
        self.assertEqual(lines[1]["fields"], {"epoch": 2, "key": "x"})

    def test_artifacts_and_checkpoints_in_both_forms(self):
        path = pathlib.Path(self.path("file.bin"))
        path.write_bytes(b"x")
        forms = (
            lambda run: run.log_artifact(path, "model", "m", {"a": 1}),
            lambda run: run.log_artifact(str(path), artifact_type="model", name="m", metadata={"a": 1}, upload_strategy="reference"),
            lambda run: run.log_artifact(path, type="model", name="m", meta={"a": 1}, nobody=1),
        )
        for act in forms:
            (found,), _ = self.payloads("artifact", act)
            self.assertEqual((found["type"], found["name"], found["meta"], found["upload"]), ("model", "m", {"a": 1}, "reference"))
        forms = (
            lambda run: run.log_checkpoint(7, path, {"loss": 0.1, "bad": "x"}, True, "loss", 2),
            lambda run: run.log_checkpoint(path, 7, 2, {"loss": 0.1}, True, "loss"),
            lambda run: run.log_checkpoint(str(path), step=7, epoch=2, metrics={"loss": 0.1}, is_best=True, best_metric_key="loss"),
            lambda run: run.log_checkpoint(path=path, step=7, epoch=2, metrics={"loss": 0.1}, is_best=True, best_key="loss"),
        )
        for act in forms:
            (found,), said = self.payloads("checkpoint", act)
            self.assertEqual(
                (found["step"], found["path"], found["epoch"], found["metrics"], found["is_best"], found["best_key"]),
                (7, str(path), 2, {"loss": 0.1}, True, "loss"),
            )

    def test_progress_in_every_form(self):
        forms = (
            lambda run: run.set_status("training", "epoch 1", 3, 10, "step"),
            lambda run: run.set_status("training", "epoch 1", (3, 10, "step")),
            lambda run: run.set_status("TRAINING", message="epoch 1", progress=(3, 10, "step")),
            lambda run: run.set_status("training", "epoch 1", progress={"current": 3, "total": 10, "unit": "step"}),
        )
        for act in forms:
            (found,), _ = self.payloads("status", act)
            self.assertEqual(found["progress"], {"cur": 3, "total": 10, "unit": "step"})
        (found,), said = self.payloads("status", lambda run: run.set_status("training", progress=("x", 1)))
        self.assertEqual((found["status"], "progress" in said), ("training", True))

    def test_init_has_the_words_of_others(self):
        environment = {"XTRACK_TRANSPORT": "file", "XTRACK_FILE": self.path("x"), "XTRACK_DATA": self.folder}
        with mock.patch.dict(os.environ, environment):
            run = xtrack.init(project="digits", config={"lr": 0.1}, name="first", id="r-9", group="g", tags=["fp16"])
            xtrack.log(loss=0.5, step=1)
            xtrack.log("a line")
            run.end()
        with open(self.path("x"), "rb") as file:
            found = {event["t"]: event["p"] for event in frames_of(file.read())[0]}
        self.assertEqual(found["run_start"]["run_id"], {"id": "r-9", "exp_id": "digits"})
        self.assertEqual((found["run_start"]["name"], found["run_start"]["tags"]), ("first", {"fp16": "true", "group": "g"}))
        self.assertEqual((found["param"]["key"], found["metric_batch"]["metrics"], found["log"]["msg"]), ("lr", {"loss": 0.5}, "a line"))


class Exits(FolderCase):
    """The exit code decides, however a script leaves."""

    CASES = (
        ("sys.exit(3)", 3, "failed"),
        ("sys.exit()", 0, "completed"),
        ("sys.exit('bad')", 1, "failed"),
        ("exit(5)", 5, "failed"),
        ("sys.exit(130)", 130, "killed"),
        ("try: sys.exit(4)\nexcept SystemExit: pass", 0, "completed"),
        ("try: sys.exit(4)\nexcept SystemExit: sys.exit(0)", 0, "completed"),
        ("try: 1 / 0\nexcept ZeroDivisionError: sys.exit(1)", 1, "failed"),
        ("def main():\n  try: sys.exit(2)\n  finally: print()\nmain()", 2, "failed"),
        ("import threading\nt = threading.Thread(target=sys.exit, args=(9,)); t.start(); t.join()", 0, "completed"),
        ("import argparse; argparse.ArgumentParser().parse_args(['--nope'])", 2, "failed"),
        ("with run: sys.exit(7)", 7, "failed"),
        ("1 / 0", 1, "failed"),
    )

    def test_alone(self):
        for number, (code, exit_code, status) in enumerate(self.CASES):
            with self.subTest(code=code):
                log = self.path(f"{number}.xtrack")
                script = f"import sys, xtrack\nrun = xtrack.Tracker(transport='file', file={log!r}).start_run()\n{code}\n"
                left, _, said = self.script(script)
                self.assertEqual(left, exit_code, said)
                with open(log, "rb") as file:
                    ends = [event["p"]["status"] for event in frames_of(file.read())[0] if event["t"] == "run_end"]
                self.assertEqual(ends, [status])


if __name__ == "__main__":
    unittest.main()
