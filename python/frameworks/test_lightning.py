"""A real Lightning trainer with XTrackLogger and XTrackCallback: recorded, and steered from outside."""

import logging
import os
import signal
import subprocess
import sys
import textwrap
import unittest
import warnings

from .background import Background
from .case import FrameworkCase, needs
from .example import environ, run_example

torch = pl = None  # set by setUpModule


def setUpModule():
    global torch, pl
    torch, pl = needs("torch", "lightning.pytorch")
    torch.set_num_threads(1)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


def module(**options):
    """Learns y = 2x with Adam at `rate` and a schedule that has no effect within a test."""

    class Line(pl.LightningModule):
        def __init__(self, rate=0.1, net=None):
            super().__init__()
            self.save_hyperparameters()
            self.net = torch.nn.Linear(1, 1)

        def training_step(self, batch, _):
            loss = self.measure(batch)
            self.log("train_loss", loss)
            return loss

        def validation_step(self, batch, _):
            self.log("val_loss", self.measure(batch))

        def test_step(self, batch, _):
            self.log("test_loss", self.measure(batch))

        def measure(self, batch):
            return torch.nn.functional.mse_loss(self.net(batch[0]), batch[1])

        def configure_optimizers(self):
            optimizer = torch.optim.Adam(self.parameters(), lr=self.hparams.rate)
            schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1_000_000)
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    return Line(**options)


def batches():
    """An epoch of 4."""
    inputs = torch.linspace(-1, 1, 40).unsqueeze(1)
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, 2 * inputs), batch_size=10)


class LightningCase(FrameworkCase):
    def setUp(self):
        super().setUp()
        caught = warnings.catch_warnings()
        caught.__enter__()
        self.addCleanup(caught.__exit__, None, None, None)
        warnings.simplefilter("ignore")  # of few DataLoader workers and the like
        from xtrack.integrations import lightning

        self.logger = lightning.XTrackLogger("line", experiment="lines")
        self.callback = lightning.XTrackCallback()

    def trainer(self, callbacks=(), **options):
        options = {"max_epochs": 2, "log_every_n_steps": 1, "enable_checkpointing": bool(callbacks), **options}
        return pl.Trainer(
            logger=self.logger,
            callbacks=[self.callback, *callbacks],
            default_root_dir=self.folder,
            accelerator="cpu",
            enable_progress_bar=False,
            enable_model_summary=False,
            **options,
        )


class Recording(LightningCase):
    def test_metrics_arrive_by_phase_and_step_and_a_test_belongs_to_the_same_run(self):
        trainer = self.trainer()
        model = module()
        trainer.fit(model, batches(), batches())
        trainer.test(model, batches(), verbose=False)
        self.logger.experiment.end()
        self.assertEqual(len(self.runs()), 1)
        self.assertEqual([step for step, _ in self.metrics("train_loss", phase="train")], list(range(8)))
        self.assertEqual([step for step, _ in self.metrics("val_loss", phase="val")], [3, 7])
        self.assertEqual(len(self.metrics("test_loss", phase="test")), 1)
        self.assertEqual({value for _, value in self.metrics("lr")}, {0.1})
        self.assertNotIn("epoch", self.keys())
        self.assertEqual(self.status(), "completed")

    def test_hyper_parameters_model_optimizer_and_trainer_are_params(self):
        self.trainer().fit(module(rate=0.2, net={"depth": 3, "widths": [1, 2]}), batches())
        self.logger.experiment.end()
        params = self.params()
        facts = {"rate": 0.2, "net.depth": 3, "net.widths": [1, 2], "optimizer.class": "Adam", "optimizer.lr": 0.2}
        facts.update({"model.class": "Line", "model.parameters": 2, "trainer.max_epochs": 2})
        self.assertEqual({key: params.get(key) for key in facts}, facts)
        start = self.events("run_start")[0]
        self.assertEqual((start["name"], start["run_id"]["exp_id"]), ("line", "lines"))

    def test_namespaces_are_hyper_parameters_too(self):
        from argparse import Namespace

        self.logger.log_hyperparams(Namespace(lr=1, inner=Namespace(depth=2)))
        self.logger.experiment.end()
        self.assertEqual(self.params(), {"lr": 1, "inner.depth": 2})

    def test_the_files_of_model_checkpoint_are_recorded_with_the_best_marked(self):
        keeper = pl.callbacks.ModelCheckpoint(monitor="val_loss", save_top_k=2, save_last=True)
        self.trainer([keeper], max_epochs=3).fit(module(), batches(), batches())
        run_id = self.logger.version
        self.logger.experiment.end()
        saved = self.events("checkpoint")
        best = [event for event in saved if event["path"] == keeper.best_model_path][-1]
        self.assertTrue(best["is_best"])
        self.assertEqual(best["best_key"], "val_loss")
        self.assertAlmostEqual(best["metrics"]["val_loss"], keeper.best_model_score.item())
        self.assertEqual(best["step"], 12)
        self.assertIn(keeper.last_model_path, [event["path"] for event in saved])
        self.assertEqual(os.path.dirname(best["path"]), self.path("line", run_id, "checkpoints"))

    def test_an_exception_ends_the_run_as_failed_and_an_interrupt_as_killed(self):
        from xtrack.integrations.lightning import XTrackLogger

        class Broken(pl.Callback):
            def __init__(self, error):
                self.error = error

            def on_train_batch_end(self, *args):
                raise self.error

        # Lightning ignores further ones after the first.
        self.addCleanup(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
        for error, raised in ((ZeroDivisionError("no"), ZeroDivisionError), (KeyboardInterrupt(), SystemExit)):
            self.logger = XTrackLogger()
            with self.assertRaises(raised):
                self.trainer([Broken(error)]).fit(module(), batches())
            self.callback.run = None
        self.assertEqual([self.status(run) for run in self.runs()], ["failed", "killed"])
        self.assertEqual(self.events("run_end", self.runs()[0])[0]["error"]["type"], "ZeroDivisionError")

    def test_the_next_training_has_a_run_of_its_own(self):
        from xtrack.integrations.lightning import XTrackCallback, XTrackLogger

        self.trainer().fit(module(), batches())
        self.logger, self.callback = XTrackLogger(), XTrackCallback()
        self.trainer().fit(module(), batches())
        self.logger.experiment.end()
        self.assertEqual([self.status(run) for run in self.runs()], ["completed", "completed"])

    def test_a_run_around_it_is_used_and_left_open(self):
        import xtrack

        with xtrack.start_run() as run:
            self.trainer().fit(module(), batches())
            run.log_metric("after", 1.0)
        self.assertEqual(self.runs(), [run.run_id])
        self.assertEqual(self.metrics("after"), [(None, 1.0)])


class Steering(LightningCase):
    def setUp(self):
        super().setUp()
        self.model = module()
        # min_epochs would hold up an early stop; it does not hold up this one.
        self.fitting = self.trainer(max_epochs=-1, min_epochs=1_000_000)
        self.training = Background(lambda: self.fitting.fit(self.model, batches()))
        self.wait(lambda: self.metrics("lr"), "a step")

    def tearDown(self):
        if self.training.is_alive():
            self.command("stop")
        self.training.finish()
        self.logger.experiment.end()

    def done(self, kind, payload=None):
        answer = self.result(self.command(kind, payload))
        self.assertEqual(answer["status"], "ok", answer)
        return answer.get("result")

    def test_paused_it_stands_still_takes_commands_and_goes_on(self):
        self.done("pause")
        step = self.fitting.global_step
        self.assertEqual(self.done("checkpoint_now")["step"], step)
        self.assertEqual(self.events("status")[-1]["status"], "paused")
        self.done("resume")
        self.wait(lambda: self.fitting.global_step > step + 10, "more steps")

    def test_the_learning_rate_of_the_real_optimizer_changes_for_good(self):
        self.assertEqual(self.done("adjust_lr", {"factor": 0.5}), {"lr": {"old": 0.1, "new": 0.05}})
        step = self.fitting.global_step
        self.wait(lambda: self.fitting.global_step > step + 10, "more steps")
        self.assertEqual(self.fitting.optimizers[0].param_groups[0]["lr"], 0.05)
        self.wait(lambda: self.metrics("lr")[-1][1] == 0.05, "the logged rate to follow")

    def test_a_requested_checkpoint_is_a_file_that_goes_on_and_is_recorded(self):
        saved = self.done("checkpoint_now")
        self.assertIn(saved["path"], [event["path"] for event in self.events("checkpoint")])
        self.assertEqual(torch.load(saved["path"], weights_only=True)["global_step"], saved["step"])
        loaded = type(self.model).load_from_checkpoint(saved["path"])
        self.assertEqual(loaded.hparams.rate, 0.1)

    def test_stopped_it_ends_at_a_batch_as_after_its_last(self):
        self.done("stop")
        self.training.finish()
        self.logger.experiment.end()
        self.assertEqual(self.fitting.state.status, "finished")
        self.assertEqual(self.status(), "completed")


class Surroundings(FrameworkCase):
    def run_python(self, *arguments):
        command = [sys.executable, *arguments]
        return subprocess.run(command, env=environ(), cwd=self.folder, stderr=subprocess.PIPE, check=False)

    def test_the_example_runs(self):
        run_example(self, "lightning", "--steps", "120", "--output", self.path("out"))
        self.assertEqual(self.status(), "completed")
        self.assertEqual(len(self.metrics("test_acc", phase="test")), 1)
        self.assertTrue(all(os.path.isfile(event["path"]) for event in self.events("checkpoint") if event["is_best"]))

    def test_two_ranks_are_one_run_and_do_the_same(self):
        script = """
            from frameworks import test_lightning as here
            here.setUpModule()
            from xtrack.integrations.lightning import XTrackCallback, XTrackLogger

            logger = XTrackLogger()
            trainer = here.pl.Trainer(
                logger=logger, callbacks=[XTrackCallback()], default_root_dir=".", accelerator="cpu", devices=2,
                strategy="ddp", max_epochs=-1, log_every_n_steps=1, enable_progress_bar=False,
                enable_model_summary=False, enable_checkpointing=False,
            )
            trainer.fit(here.module(), here.batches())
            with open(f"rank{trainer.global_rank}", "w") as file:
                file.write(f"{trainer.global_step} {trainer.optimizers[0].param_groups[0]['lr']}")
        """
        with open(self.path("train.py"), "w") as file:
            file.write(textwrap.dedent(script))
        training = Background(lambda: self.run_python(self.path("train.py")))
        self.wait(lambda: self.metrics("lr"), "a step")
        self.result(self.command("adjust_lr", {"lr": 0.03}))
        saved = self.result(self.command("checkpoint_now"))["result"]
        self.result(self.command("stop"))
        ended = training.finish()
        self.assertEqual(ended.returncode, 0, ended.stderr)
        ranks = []
        for name in ("rank0", "rank1"):
            with open(self.path(name)) as file:
                ranks.append(file.read())
        self.assertEqual(ranks[0], ranks[1])
        self.assertTrue(ranks[0].endswith(" 0.03"), ranks)
        self.assertTrue(os.path.isfile(saved["path"]))
        self.assertEqual(len(self.runs()), 1)

    def test_without_lightning_the_error_names_the_command(self):
        script = "import sys; sys.modules.update({'lightning': None, 'pytorch_lightning': None})"
        ended = self.run_python("-c", script + "; import xtrack.integrations.lightning")
        self.assertIn(b"pip install lightning", ended.stderr.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
