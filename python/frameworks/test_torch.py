"""A hand-written PyTorch loop with PyTorchCallback: recorded, steered, killed and gone on with."""

import itertools
import os
import signal
import subprocess
import sys
import unittest

from .background import Background
from .case import FrameworkCase, needs
from .example import environ as script_environ
from .example import run_example

torch = None  # set by setUpModule


def setUpModule():
    global torch
    torch = needs("torch")
    torch.set_num_threads(1)


def line(**options):
    """Learns y = 2x from 40 points: (callback, loader). One epoch is 4 steps."""
    from xtrack.integrations.pytorch import PyTorchCallback

    torch.manual_seed(1)
    inputs = torch.linspace(-1, 1, 40).unsqueeze(1)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, 2 * inputs), batch_size=10)
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return PyTorchCallback(model, optimizer, options.pop("scheduler", lambda _: None)(optimizer), **options), loader


def fit(callback, loader, epochs):
    for _ in callback.epochs(epochs):
        for inputs, targets in callback.batches(loader):
            loss = torch.nn.functional.mse_loss(callback.model(inputs), targets)
            callback.optimizer.zero_grad()
            loss.backward()
            callback.optimizer.step()
            if callback.scheduler is not None:
                callback.scheduler.step()
            if not callback.on_step(loss=loss):
                break
        callback.on_epoch_end(val_loss=loss.item(), train_acc=1.0)


class Recording(FrameworkCase):
    def test_model_optimizer_and_schedule_are_params(self):
        callback, _ = line(scheduler=lambda o: torch.optim.lr_scheduler.StepLR(o, 5, gamma=0.5))
        callback.close()
        params = self.params()
        facts = {"model.class": "Linear", "model.parameters": 2, "model.trainable_parameters": 2}
        facts.update({"model.device": "cpu", "model.dtype": "float32"})
        facts.update({"optimizer.class": "SGD", "optimizer.lr": 0.1, "optimizer.nesterov": False})
        facts.update({"scheduler.class": "StepLR", "scheduler.step_size": 5, "scheduler.gamma": 0.5})
        self.assertEqual({key: params.get(key) for key in facts}, facts)

    def test_each_step_has_its_loss_and_learning_rate_and_each_epoch_its_measures(self):
        callback, loader = line(watch=True)
        with callback:
            fit(callback, loader, 2)
        self.assertEqual(self.status(), "completed")
        for key in ("loss", "lr", "grad_norm"):
            self.assertEqual([step for step, _ in self.metrics(key, phase="train")], list(range(1, 9)), key)
        self.assertEqual({value for _, value in self.metrics("lr")}, {0.1})
        self.assertEqual([step for step, _ in self.metrics("val_loss", phase="val")], [4, 8])
        self.assertEqual(self.metrics("train_acc", phase="train"), [(4, 1.0), (8, 1.0)])
        self.assertTrue(all(value > 0 for _, value in self.metrics("steps_per_second")))

    def test_each_epoch_leaves_a_checkpoint_and_only_the_newest_and_the_best_stay(self):
        callback, _ = line(keep_last=2, monitor="val_acc", mode="max")
        with callback:
            for epoch, accuracy in enumerate([0.1, 0.9, float("nan"), 0.5, 0.6]):
                callback.on_epoch_start(epoch)
                callback.on_step()
                callback.on_epoch_end(val_acc=accuracy)
        recorded = self.events("checkpoint")
        self.assertEqual([event["is_best"] for event in recorded], [True, True, False, False, False])
        self.assertEqual([event.get("best_key") for event in recorded[:3]], ["val_acc", "val_acc", None])
        self.assertEqual([event["metrics"]["val_acc"] for event in recorded[3:]], [0.5, 0.6])
        self.assertEqual([event["step"] for event in recorded], [1, 2, 3, 4, 5])
        folder = os.path.dirname(recorded[0]["path"])
        self.assertEqual(sorted(os.listdir(folder)), [f"epoch-00000{number}.pt" for number in (1, 3, 4)])
        self.assertEqual(os.path.basename(folder), self.runs()[0])

    def test_a_run_that_was_given_is_not_ended_and_its_failure_is_recorded_by_its_owner(self):
        import xtrack

        with self.assertRaises(ZeroDivisionError), xtrack.start_run() as run:
            with line(run=run)[0]:
                pass
            run.log_metric("after", 1.0)
            raise ZeroDivisionError
        self.assertEqual(self.metrics("after"), [(None, 1.0)])
        self.assertEqual(self.status(), "failed")

    def test_an_exception_ends_a_run_that_was_started_here_as_failed(self):
        with self.assertRaises(ZeroDivisionError), line()[0]:
            raise ZeroDivisionError("no")
        self.assertEqual(self.status(), "failed")
        self.assertEqual(self.events("run_end")[0]["error"]["message"], "no")

    def test_a_folder_that_cannot_be_written_does_not_end_the_training(self):
        with open(self.path("blocked"), "w"):
            pass
        callback, loader = line(checkpoint_dir=self.path("blocked"))
        with callback:
            fit(callback, loader, 2)
            with self.assertRaises(OSError):
                callback.save()
        self.assertEqual((callback.step, self.events("checkpoint"), self.status()), (8, [], "completed"))


class Steering(FrameworkCase):
    def setUp(self):
        super().setUp()
        self.callback, loader = line(scheduler=lambda o: torch.optim.lr_scheduler.StepLR(o, 1, gamma=1.0))
        endless = itertools.cycle(list(loader))  # no epoch ends, so what is saved was asked for
        self.training = Background(lambda: fit(self.callback, endless, 1))

    def tearDown(self):
        if self.training.is_alive():
            self.command("stop")
        self.training.finish()
        self.callback.close()

    def done(self, kind, payload=None):
        answer = self.result(self.command(kind, payload))
        self.assertEqual(answer["status"], "ok", answer)
        return answer.get("result")

    def test_paused_it_stands_still_takes_commands_and_goes_on(self):
        self.done("pause")
        step = self.callback.step
        saved = self.done("checkpoint_now")
        self.assertEqual((saved["step"], self.callback.step), (step, step))
        self.assertEqual(self.events("status")[-1]["status"], "paused")
        self.done("resume")
        self.wait(lambda: self.callback.step > step + 10, "more steps")

    def test_the_learning_rate_of_the_real_optimizer_changes_and_outlasts_the_schedule(self):
        self.assertEqual(self.done("adjust_lr", {"lr": 0.025}), {"lr": {"old": 0.1, "new": 0.025}})
        step = self.callback.step
        self.wait(lambda: self.callback.step > step + 10, "more steps")
        self.assertEqual(self.callback.optimizer.param_groups[0]["lr"], 0.025)
        self.done("adjust_lr", {"factor": 2})
        self.assertEqual(self.callback.optimizer.param_groups[0]["lr"], 0.05)
        self.wait(lambda: self.metrics("lr")[-1][1] == 0.05, "the logged rate to follow")
        changes = [(event["old"], event["value"]) for event in self.events("change")]
        self.assertEqual(changes, [(0.1, 0.025), (0.025, 0.05)])

    def test_what_no_schedule_can_go_on_from_is_refused_and_changes_nothing(self):
        for payload in ({"lr": 0}, {"lr": -1}, {"lr": "fast"}, {}):
            with self.subTest(payload):
                self.assertEqual(self.result(self.command("adjust_lr", payload))["status"], "error")
        self.assertEqual(self.callback.optimizer.param_groups[0]["lr"], 0.1)

    def test_a_requested_checkpoint_is_a_file_that_loads_and_is_recorded(self):
        saved = self.done("checkpoint_now")
        state = torch.load(saved["path"], weights_only=True)
        self.assertEqual(state["step"], saved["step"])
        self.assertEqual(set(state["model"]), {"weight", "bias"})
        self.assertIn(saved["path"], [event["path"] for event in self.events("checkpoint")])

    def test_stopped_it_leaves_the_loop_at_a_step_and_keeps_its_place(self):
        self.done("stop")
        self.training.finish()
        self.callback.close()
        self.assertTrue(self.callback.stopped)
        last = self.events("checkpoint")[-1]
        self.assertEqual(last["step"], self.callback.step)
        self.assertEqual(torch.load(last["path"], weights_only=True)["batch"], self.callback.step)


class NoCheckpoints(FrameworkCase):
    def test_a_request_for_one_is_refused_with_the_reason(self):
        callback, loader = line(checkpoint_dir=None)
        with callback:
            training = Background(lambda: fit(callback, loader, sys.maxsize))
            answer = self.result(self.command("checkpoint_now"))
            self.command("stop")
            training.finish()
        self.assertEqual(answer["status"], "error")
        self.assertIn("checkpoint_dir", answer["error"])


# Dropout, shuffling, momentum and a schedule: whatever is not restored shows in the weights.
GOING_ON = """
import os, signal, sys, torch
from xtrack.integrations.pytorch import PyTorchCallback

torch.manual_seed(3)
data = torch.utils.data.TensorDataset(torch.randn(60, 4), torch.randn(60, 1))
loader = torch.utils.data.DataLoader(data, batch_size=10, shuffle=True)
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=24)
with PyTorchCallback(model, optimizer, scheduler) as callback:
    callback.resume()
    for _ in callback.epochs(4):
        for inputs, targets in callback.batches(loader):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(inputs), targets).backward()
            optimizer.step()
            scheduler.step()
            callback.on_step()
            if callback.step == int(os.environ.get("SAVE_AT", 0)):
                callback.save()
            if callback.step == int(os.environ.get("DIE_AT", 0)):
                os.kill(os.getpid(), signal.SIGKILL)
        callback.on_epoch_end()
    torch.save(model.state_dict(), os.environ["WEIGHTS"])
"""


class GoingOn(FrameworkCase):
    def train(self, weights, **environ):
        """Exit code of one process that trains the run called `weights`."""
        variables = script_environ(XTRACK_RUN_ID=weights, WEIGHTS=self.path(weights), **environ)
        return subprocess.run([sys.executable, "-c", GOING_ON], env=variables, cwd=self.folder, check=False).returncode

    def test_killed_and_restarted_it_ends_with_the_weights_of_an_unbroken_training(self):
        self.assertEqual(self.train("unbroken"), 0)
        self.assertEqual(self.train("killed", DIE_AT="13"), -signal.SIGKILL)  # goes on from the end of epoch 1
        self.assertEqual(self.train("killed", SAVE_AT="16", DIE_AT="17"), -signal.SIGKILL)  # in the middle of epoch 2
        self.assertEqual(self.train("killed"), 0)
        lines = [event["msg"] for event in self.events("log", "killed")]
        self.assertEqual([text.rpartition(" at ")[2] for text in lines], ["epoch 2, step 12", "epoch 2, step 16"])
        unbroken, killed = (torch.load(self.path(name), weights_only=True) for name in ("unbroken", "killed"))
        for name, weights in unbroken.items():
            self.assertTrue(torch.equal(weights, killed[name]), name)

    def test_the_checkpoint_that_the_control_plane_names_comes_first(self):
        self.assertEqual(self.train("first"), 0)
        best = next(event["path"] for event in self.events("checkpoint", "first") if event["step"] == 18)
        self.assertEqual(self.train("second", XTRACK_RESUME_CHECKPOINT=best), 0)
        self.assertEqual([event["step"] for event in self.events("checkpoint", "second")], [24])

    def test_nothing_in_a_checkpoint_is_executed(self):
        import pickle

        callback, _ = line()
        with callback, open(self.path("evil.pt"), "wb") as file:
            file.write(b"cos\nsystem\n(S'touch " + self.path("owned").encode() + b"'\ntR.")
            file.flush()
            with self.assertRaises(pickle.UnpicklingError):
                callback.resume(self.path("evil.pt"))
        self.assertFalse(os.path.exists(self.path("owned")))


class Surroundings(FrameworkCase):
    def test_without_torch_the_error_names_the_command(self):
        script = "import sys; sys.modules['torch'] = None; import xtrack.integrations.pytorch"
        script = [sys.executable, "-c", script]
        ended = subprocess.run(script, env=script_environ(), stderr=subprocess.PIPE, check=False)
        self.assertIn(b"pip install torch", ended.stderr.splitlines()[-1])

    def test_the_example_learns(self):
        run_example(self, "pytorch", "--epochs", "2", "--output", self.path("out"))
        self.assertEqual(self.status(), "completed")
        losses = [value for _, value in self.metrics("loss")]
        self.assertLess(losses[-1], losses[0] / 2)
        self.assertEqual(len(self.events("checkpoint")), 2)


if __name__ == "__main__":
    unittest.main()
