"""A real `transformers.Trainer` on a tiny random model: recorded, and steered from outside."""

import os
import subprocess
import sys
import textwrap
import unittest

from .background import Background
from .case import FrameworkCase, needs
from .example import environ, run_example

torch = transformers = None  # set by setUpModule


def setUpModule():
    global torch, transformers
    torch, transformers, _ = needs("torch", "transformers", "accelerate")
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


def trainer_of(folder, callback, **options):
    """GPT-2 with one layer of 16 units, on 24 sequences of random tokens; an epoch is 6 steps."""
    config = transformers.GPT2Config(vocab_size=50, n_positions=8, n_embd=16, n_layer=1, n_head=2)
    tokens = torch.randint(0, 50, (24, 8), generator=torch.Generator().manual_seed(1))
    data = [{"input_ids": row, "labels": row} for row in tokens]
    options = {"logging_steps": 2, "save_strategy": "no", "learning_rate": 0.01, "max_steps": 12, **options}
    args = transformers.TrainingArguments(
        output_dir=os.path.join(folder, "out"),
        per_device_train_batch_size=4,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        **options,
    )
    model = transformers.GPT2LMHeadModel(config)
    trainer = transformers.Trainer(model, args, train_dataset=data, eval_dataset=data, callbacks=[callback])
    trainer.remove_callback(transformers.PrinterCallback)
    return trainer


def callback_of(run=None):
    from xtrack.integrations.transformers import XTrackCallback

    return XTrackCallback(run)


class Recording(FrameworkCase):
    def test_arguments_config_and_model_are_params(self):
        callback = callback_of()
        trainer_of(self.folder, callback, max_steps=2, run_name="tiny").train()
        callback.run.end()
        params = self.params()
        facts = {"args.learning_rate": 0.01, "args.per_device_train_batch_size": 4, "config.n_embd": 16}
        facts.update({"model.class": "GPT2LMHeadModel", "optimizer.class": "AdamW", "config.model_type": "gpt2"})
        self.assertEqual({key: params.get(key) for key in facts}, facts)
        self.assertEqual(self.events("run_start")[0]["name"], "tiny")

    def test_what_the_trainer_logs_arrives_by_phase_and_step(self):
        callback = callback_of()
        trainer_of(self.folder, callback, eval_strategy="steps", eval_steps=6).train()
        callback.run.end()
        self.assertEqual([step for step, _ in self.metrics("loss", phase="train")], [2, 4, 6, 8, 10, 12])
        self.assertEqual([step for step, _ in self.metrics("eval_loss", phase="val")], [6, 12])
        self.assertIn("train_runtime", self.keys())
        self.assertNotIn("epoch", self.keys())

    def test_saves_are_checkpoints_with_what_was_measured_and_the_best_marked(self):
        callback = callback_of()
        options = {"eval_strategy": "steps", "save_strategy": "steps", "eval_steps": 4, "save_steps": 4}
        trainer = trainer_of(self.folder, callback, load_best_model_at_end=True, **options)
        trainer.train()
        callback.run.end()
        saved = self.events("checkpoint")
        self.assertEqual([event["step"] for event in saved], [4, 8, 12])
        self.assertEqual([event["path"] for event in saved], [self.path("out", f"checkpoint-{n}") for n in (4, 8, 12)])
        losses = dict(self.metrics("eval_loss"))
        self.assertEqual([event["metrics"]["eval_loss"] for event in saved], [losses[n] for n in (4, 8, 12)])
        last_best = [event["path"] for event in saved if event["is_best"]][-1]
        self.assertEqual(last_best, trainer.state.best_model_checkpoint)
        self.assertEqual(saved[0]["best_key"], "eval_loss")

    def test_an_evaluation_after_training_belongs_to_the_run_and_the_next_training_has_its_own(self):
        trainer = trainer_of(self.folder, callback_of(), max_steps=2)
        trainer.train()
        trainer.evaluate()
        first = self.runs()[0]
        callback = callback_of()
        trainer_of(self.folder, callback, max_steps=2).train()
        callback.run.end()
        self.assertEqual(len(self.metrics("eval_loss", first, "val")), 1)
        self.assertEqual(len(self.runs()), 2)
        self.assertEqual([self.status(run) for run in self.runs()], ["completed", "completed"])

    def test_a_run_around_it_is_used_and_left_open(self):
        import xtrack

        with xtrack.start_run() as run:
            trainer_of(self.folder, callback_of(), max_steps=2).train()
            run.log_metric("after", 1.0)
        self.assertEqual(self.runs(), [run.run_id])
        self.assertEqual(self.metrics("after"), [(None, 1.0)])


class Steering(FrameworkCase):
    def setUp(self):
        super().setUp()
        self.callback = callback_of()
        schedule = {"lr_scheduler_type": "constant", "logging_steps": 1}
        self.trainer = trainer_of(self.folder, self.callback, max_steps=10_000_000, **schedule)
        self.training = Background(self.trainer.train)

    def tearDown(self):
        if self.training.is_alive():
            self.command("stop")
        self.training.finish()
        self.callback.run.end()

    def done(self, kind, payload=None):
        answer = self.result(self.command(kind, payload))
        self.assertEqual(answer["status"], "ok", answer)
        return answer.get("result")

    def begun(self):
        self.wait(lambda: "knob" in self.kinds(), "the training to begin")
        self.wait(lambda: self.metrics("loss"), "a step")

    def test_paused_it_stands_still_and_goes_on(self):
        self.begun()
        self.done("pause")
        step = self.trainer.state.global_step
        self.done("adjust_lr", {"lr": 0.002})
        self.assertEqual(self.trainer.state.global_step, step)
        self.assertEqual(self.events("status")[-1]["status"], "paused")
        self.done("resume")
        self.wait(lambda: self.trainer.state.global_step > step + 5, "more steps")

    def test_the_learning_rate_of_the_real_optimizer_changes_for_good(self):
        self.begun()
        self.assertEqual(self.done("adjust_lr", {"lr": 0.004}), {"lr": {"old": 0.01, "new": 0.004}})
        step = self.trainer.state.global_step
        self.wait(lambda: self.trainer.state.global_step > step + 5, "more steps")
        rates = {group["lr"] for group in self.trainer.optimizer.param_groups}
        self.assertEqual(rates, {0.004})
        self.wait(lambda: self.metrics("learning_rate")[-1][1] == 0.004, "the logged rate to follow")

    def test_a_requested_checkpoint_is_a_folder_that_loads_and_is_recorded(self):
        self.begun()
        saved = self.done("checkpoint_now")
        self.assertEqual(saved["path"], self.path("out", f"checkpoint-{saved['step']}"))
        transformers.GPT2LMHeadModel.from_pretrained(saved["path"])
        self.assertIn(saved["path"], [event["path"] for event in self.events("checkpoint")])

    def test_stopped_it_ends_at_a_step_as_after_its_last(self):
        self.begun()
        self.done("stop")
        self.assertEqual(self.training.finish().global_step, self.trainer.state.global_step)
        self.callback.run.end()
        self.assertEqual(self.status(), "completed")


class Surroundings(FrameworkCase):
    def test_the_example_runs(self):
        run_example(self, "transformers", "--steps", "20", "--output", self.path("out"))
        self.assertEqual(self.status(), "completed")
        self.assertEqual(self.metrics("loss")[-1][0], 20)
        self.assertTrue(self.metrics("eval_loss", phase="val"))
        self.assertTrue(os.path.isdir(self.events("checkpoint")[-1]["path"]))

    def test_an_exception_of_the_training_ends_the_run_as_failed(self):
        script = """
            from frameworks import test_transformers as here
            here.setUpModule()
            class Broken(here.transformers.TrainerCallback):
                def on_step_end(self, *args, **kwargs):
                    raise ZeroDivisionError("in step 1")
            trainer = here.trainer_of(".", here.callback_of())
            trainer.add_callback(Broken())
            trainer.train()
        """
        script = [sys.executable, "-c", textwrap.dedent(script)]
        ended = subprocess.run(script, env=environ(), cwd=self.folder, stderr=subprocess.PIPE, check=False)
        self.assertEqual(ended.returncode, 1)
        self.assertEqual(self.status(), "failed")
        self.assertEqual(self.events("run_end")[0]["error"]["message"], "in step 1")

    def test_without_transformers_the_error_names_the_command(self):
        script = "import sys; sys.modules['transformers'] = None; import xtrack.integrations.transformers"
        ended = subprocess.run([sys.executable, "-c", script], env=environ(), stderr=subprocess.PIPE, check=False)
        self.assertIn(b"pip install transformers", ended.stderr.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
