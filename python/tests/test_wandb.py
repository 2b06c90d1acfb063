"""`import xtrack.wandb as wandb`: what a W&B script says, as it reaches the wire."""

import argparse
import contextlib
import copy
import io
import json
import os
import pathlib
import unittest
from unittest import mock

import xtrack
import xtrack._errors
import xtrack.wandb as wandb

from .case import FolderCase, params_of
from .collector import frames_of


class WandbCase(FolderCase):
    """Runs of this process, logged to a file."""

    def setUp(self):
        super().setUp()
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("XTRACK_", "WANDB_"))}
        kept.update(XTRACK_TRANSPORT="file", XTRACK_FILE=self.path("log.xtrack"), XTRACK_DATA=self.folder)
        environment = mock.patch.dict(os.environ, kept, clear=True)
        environment.start()
        self.addCleanup(environment.stop)
        self.addCleanup(self.end_runs)
        xtrack._errors._said.clear()

    @staticmethod
    def end_runs():
        while wandb.run is not None:
            wandb.finish()

    def events(self, kind=None):
        """Payloads of what was logged; ends the runs that are open."""
        self.end_runs()
        with open(self.path("log.xtrack"), "rb") as file:
            found = frames_of(file.read())[0]
        return [event["p"] for event in found if kind in (None, event["t"]) and event["t"] != "hello"]

    def points(self):
        """[(step, key, value)] of all metrics, in order."""
        return [(p["step"], key, value) for p in self.events("metric_batch") for key, value in p["metrics"].items()]

    def params(self):
        return params_of(self.events("param"))

    def end(self):
        return self.events("run_end")[-1]

    @staticmethod
    @contextlib.contextmanager
    def said():
        with contextlib.redirect_stderr(io.StringIO()) as words:
            yield words


class Init(WandbCase):
    def test_arguments_become_experiment_name_tags_and_params(self):
        run = wandb.init(
            project="vision", entity="us", name="first", id="abc", tags=["a", "b"], notes="why", group="g",
            job_type="train", config={"lr": 0.1, "net": {"depth": 2}},
        )  # fmt: skip
        self.assertIs(wandb.run, run)
        self.assertEqual((run.id, run.name, run.path, run.tags), ("abc", "first", "us/vision/abc", ("a", "b")))
        self.assertEqual((run.group, run.job_type, run.notes, run.url), ("g", "train", "why", None))
        start = self.events("run_start")[0]
        self.assertEqual((start["run_id"], start["name"]), ({"id": "abc", "exp_id": "vision"}, "first"))
        tags = {"a": "true", "b": "true", "group": "g", "job_type": "train", "entity": "us", "notes": "why"}
        self.assertEqual(start["tags"], tags)
        self.assertEqual(self.params(), {"lr": 0.1, "net.depth": 2})
        self.assertIsNone(wandb.run)

    def test_variables_stand_in_for_missing_arguments(self):
        os.environ.update(WANDB_PROJECT="p", WANDB_NAME="n", WANDB_RUN_ID="r", WANDB_TAGS="x,y")
        os.environ.update(WANDB_RUN_GROUP="g", WANDB_NOTES="why")
        run = wandb.init(name="given", settings=wandb.Settings(run_group="of settings", anything=1))
        self.assertEqual((run.project, run.name, run.id, run.tags), ("p", "given", "r", ("x", "y")))
        self.assertEqual((run.group, run.notes, run.settings.anything), ("of settings", "why", 1))

    def test_disabled_records_nothing(self):
        for name, value in (("WANDB_MODE", "disabled"), ("WANDB_DISABLED", "true")):
            with mock.patch.dict(os.environ, {name: value}):
                run = wandb.init()
            self.assertTrue(run.disabled)
            wandb.log({"a": 1, "b": wandb.Image([[1]])})
            wandb.finish()
        self.assertFalse(os.path.exists(self.path("log.xtrack")))

    def test_an_open_run_is_returned_ended_first_or_left_open(self):
        first = wandb.init(config={"a": 1})
        with self.said() as words:
            self.assertIs(wandb.init(config={"b": 2}), first)
        self.assertIn("a run is open", words.getvalue())
        second = wandb.init(reinit=True)
        self.assertTrue(first.ended)
        third = wandb.init(reinit="create_new")
        self.assertFalse(second.ended)
        self.assertIs(wandb.run, third)
        third.finish()
        self.assertIs(wandb.run, second)
        self.assertEqual(len(self.events("run_start")), 3)

    def test_a_config_that_cannot_be_read_does_not_stop_the_script(self):
        with self.said() as words:
            self.assertEqual(dict(wandb.init(config=7).config), {})
            wandb.init(config=self.path("missing.json"), reinit=True)
        self.assertEqual(words.getvalue().count("config could not be read"), 2)


class Config(WandbCase):
    def test_items_are_attributes_and_changes_are_params(self):
        wandb.init(config=argparse.Namespace(lr=0.1, batch_size=8))
        wandb.config.epochs = 3
        wandb.config["lr"] = 0.1
        wandb.config.update({"lr": 0.2}, allow_val_change=True)
        wandb.config.setdefaults({"lr": 9, "seed": 1})
        self.assertEqual(dict(wandb.config), {"lr": 0.2, "batch_size": 8, "epochs": 3, "seed": 1})
        self.assertEqual((wandb.config.lr, wandb.config.get("none"), "seed" in wandb.config), (0.2, None, True))
        self.assertFalse(hasattr(wandb.config, "none"))
        self.assertEqual(copy.copy(wandb.config).lr, 0.2)
        self.assertEqual((lambda **given: given["seed"])(**wandb.config), 1)
        self.assertEqual(self.params(), {"lr": 0.2, "batch_size": 8, "epochs": 3, "seed": 1})

    def test_a_change_without_permission_is_recorded_and_said(self):
        wandb.init(config={"lr": 0.1})
        with self.said() as words:
            wandb.config.lr = 0.3
        self.assertIn("allow_val_change", words.getvalue())
        self.assertEqual(self.params(), {"lr": 0.3})

    def test_files_and_chosen_keys(self):
        path = pathlib.Path(self.path("c.json"))
        path.write_text(json.dumps({"lr": {"value": 0.1, "desc": "rate"}, "net": {"depth": 2}}))
        wandb.init(config=str(path), config_exclude_keys=["net"])
        self.assertEqual(dict(wandb.config), {"lr": 0.1})


class Log(WandbCase):
    def test_steps_count_by_themselves_and_commit_false_holds_back(self):
        run = wandb.init()
        wandb.log({"a": 1})
        wandb.log({"a": 2}, commit=False)
        self.assertEqual(run.step, 1)
        wandb.log({"b": {"c": 3, "d": {"e": 4}}})
        self.assertEqual(run.step, 2)
        self.assertEqual(self.points(), [(0, "a", 1), (1, "a", 2), (1, "b.c", 3), (1, "b.d.e", 4)])

    def test_explicit_steps(self):
        run = wandb.init()
        steps = []
        for data, options in (({"a": 1}, {"step": 10}), ({"b": 1}, {}), ({"c": 1}, {"step": 20, "commit": True})):
            wandb.log(data, **options)
            steps.append(run.step)
        self.assertEqual(steps, [10, 11, 21])
        wandb.log({"back": 1}, step=3)
        self.assertEqual(run.step, 21)
        self.assertEqual(self.points(), [(10, "a", 1), (10, "b", 1), (20, "c", 1), (3, "back", 1)])

    def test_what_is_held_back_goes_out_when_the_step_changes_and_at_the_end(self):
        wandb.init()
        wandb.log({"a": 1}, commit=False)
        wandb.log({"b": 2}, step=5, commit=False)
        wandb.log({"c": 3}, step=6, commit=False)
        self.assertEqual(self.points(), [(0, "a", 1), (5, "b", 2), (6, "c", 3)])

    def test_an_epoch_in_the_row_is_the_epoch_of_its_metrics(self):
        wandb.init()
        wandb.log({"loss": 1, "epoch": 0.5})
        wandb.log({"loss": 1})
        self.assertEqual([p.get("epoch") for p in self.events("metric_batch")], [0.5, None])

    def test_a_metric_may_have_a_step_of_its_own(self):
        wandb.init()
        wandb.define_metric("samples")
        wandb.define_metric("val/*", step_metric="samples")
        wandb.define_metric("val/raw", step_metric="nothing")
        wandb.log({"val/acc": 0.1})
        wandb.log({"samples": 100, "val/acc": 0.5, "val/raw": 1, "loss": 2})
        wandb.log({"val/acc": 0.6})
        expected = [
            (0, "val/acc", 0.1), (1, "samples", 100), (1, "val/raw", 1), (1, "loss", 2), (100, "val/acc", 0.5),
            (100, "val/acc", 0.6),
        ]  # fmt: skip
        self.assertEqual(self.points(), expected)

    def test_odd_values_do_not_take_the_others_with_them(self):
        wandb.init()
        with self.said() as words:
            wandb.log({"a": 1, "none": None, "object": object(), "nan": float("nan"), "flag": True, 7: 8})
            wandb.log("no dict")
            wandb.log({"b": 2}, step="x")
        self.assertEqual(self.points(), [(0, "a", 1), (0, "nan", "NaN"), (0, "flag", 1), (0, "7", 8), (1, "b", 2)])
        self.assertIn("object cannot be logged", words.getvalue())

    def test_media_texts_and_lists(self):
        wandb.init()
        images = [wandb.Image([[0]], caption="zero"), wandb.Image([[1]])]
        wandb.log({"i": images, "h": wandb.Histogram([1, 2]), "t": "words", "n": [1, 2, 3], "page": wandb.Html("<p>")})
        found = [(p["name"], p["meta"]["media"], p["meta"].get("index"), p["step"]) for p in self.events("artifact")]
        expected = [("i", "image", 0, 0), ("i", "image", 1, 0), ("h", "histogram", None, 0), ("t", "text", None, 0)]
        self.assertEqual(found, [*expected, ("n", "histogram", None, 0), ("page", "html", None, 0)])

    def test_after_the_end_and_before_the_start_one_line_is_said(self):
        with self.said() as words:
            wandb.log({"a": 1})
            wandb.log({"a": 1})
            self.assertIsNone(wandb.save("x"))
            run = wandb.init()
            run.finish()
            run.finish()
            run.log({"a": 1})
        self.assertEqual(words.getvalue().count("wandb.log was called with no open run"), 1)
        self.assertIn("after the end of its run", words.getvalue())
        for name in ("config", "summary"):
            with self.assertRaisesRegex(wandb.Error, "wandb.init"):
                getattr(wandb, name)
        self.assertEqual(self.points(), [])


class Summary(WandbCase):
    def final(self):
        return self.end().get("final_metrics")

    def test_the_last_value_unless_assigned_after_it(self):
        wandb.init()
        wandb.run.summary["best"] = 0.9
        wandb.summary.update({"name": "zoo", "deep": {"a": 1, "none": None}})
        wandb.summary.acc = 0.1
        wandb.log({"acc": 0.5, "word": "x"})
        wandb.log({"acc": 0.4})
        self.assertEqual((wandb.summary["acc"], wandb.summary.best, wandb.summary.get("none")), (0.4, 0.9, None))
        self.assertEqual(self.final(), {"best": 0.9, "deep.a": 1, "acc": 0.4})
        self.assertEqual(self.params(), {"summary.name": "zoo", "summary.word": "x"})

    def test_defined_summaries(self):
        wandb.init()
        wandb.define_metric("all", summary="min,max,mean,first,last")
        wandb.define_metric("loss", summary="best", goal="minimize")
        wandb.define_metric("acc", summary="best", goal="maximize")
        wandb.define_metric("noise", summary="none")
        with self.said() as words:
            wandb.define_metric("odd", summary="median")
        for value in (2, 3, 1, float("nan")):
            wandb.log(dict.fromkeys(("all", "loss", "acc", "noise", "odd"), value))
        self.assertIn("median", words.getvalue())
        expected = {"all.min": 1, "all.max": 3, "all.mean": 2.0, "all.first": 2, "all.last": "NaN", "odd": "NaN"}
        self.assertEqual(self.final(), {**expected, "loss.best": 1, "acc.best": 3})

    def test_a_summary_too_large_for_the_last_event_is_cut_and_said(self):
        run = wandb.init()
        run.summary.update({f"{'k' * 500}{index}": index for index in range(2_000)})
        with self.said() as words:
            found = self.final()
        self.assertTrue(500 < len(found) < 2_000)
        self.assertIn("512 KiB", words.getvalue())


class Ends(WandbCase):
    SCRIPT = """
        import xtrack.wandb as wandb
        wandb.init(id="r1")
        wandb.log({"loss": 0.5}, commit=False)
        wandb.summary["best"] = 1
    """

    def test_a_block_and_an_exit_code_say_how_it_ended(self):
        for end, status in ((lambda: wandb.finish(), "completed"), (lambda: wandb.finish(exit_code=3), "failed")):
            wandb.init()
            end()
            self.assertEqual(self.end()["status"], status)
        with self.assertRaises(ZeroDivisionError), wandb.init():
            raise ZeroDivisionError
        self.assertEqual((self.end()["status"], self.end()["error"]["type"]), ("failed", "ZeroDivisionError"))

    def test_a_script_that_never_calls_finish_records_its_summary(self):
        code, _, err = self.script(self.SCRIPT, XTRACK_TRANSPORT="file", XTRACK_FILE=self.path("log.xtrack"))
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.points(), [(0, "loss", 0.5)])
        self.assertEqual((self.end()["status"], self.end()["final_metrics"]), ("completed", {"best": 1, "loss": 0.5}))

    def test_a_script_that_fails_records_its_summary_too(self):
        script = self.SCRIPT + "    raise KeyError('lost')\n"
        code, _, _ = self.script(script, XTRACK_TRANSPORT="file", XTRACK_FILE=self.path("log.xtrack"))
        self.assertEqual(code, 1)
        self.assertEqual((self.end()["status"], self.end()["error"]["type"]), ("failed", "KeyError"))
        self.assertEqual(self.end()["final_metrics"], {"best": 1, "loss": 0.5})

    def test_alerts_are_log_lines_and_rare(self):
        wandb.init()
        wandb.alert(title="low", text="acc", level=wandb.AlertLevel.WARN)
        wandb.alert(title="low", text="acc")
        wandb.alert(title="low", text="again", wait_duration=0)
        found = [(p["level"], p["msg"], p["logger"]) for p in self.events("log")]
        self.assertEqual(found, [("warning", "low: acc", "alert"), ("info", "low: again", "alert")])

    def test_both_interfaces_log_to_the_same_run(self):
        run = wandb.init()
        self.assertIs(xtrack.active_run(), run.inner)
        xtrack.log_metric("own", 1, step=0)
        self.assertEqual([p["key"] for p in self.events("metric")], ["own"])


class Stopping(FolderCase):
    def test_a_stop_ends_the_loop_as_ctrl_c_would(self):
        collector = self.collector()
        process = self.popen(
            """
            import time
            import xtrack.wandb as wandb
            with wandb.init(id="r1"):
                while True:
                    wandb.log({"a": 1})
                    time.sleep(0.001)
            """,
            XTRACK_TRANSPORT="unix",
            XTRACK_SOCKET=self.path("xtrack.sock"),
        )
        self.addCleanup(process.kill)
        self.assertTrue(collector.wait(lambda: any(len(known) > 1 for known in collector.events.values())))
        collector.command("c1", "stop")
        process.communicate(timeout=120)
        found = collector.of("r1")
        answers = [event["p"]["status"] for event in found if event["t"] == "command_result"]
        self.assertEqual((answers, found[-1]["p"]["status"]), (["ok"], "killed"))


if __name__ == "__main__":
    unittest.main()
