"""A PyTorch training under the real control plane, steered from another terminal by nothing but the command line."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from tests.case import PACKAGE

from .case import needs

ROOT = os.path.dirname(PACKAGE)
CLI = os.path.join(ROOT, "dist", "cli", "main.js")
EXAMPLE = os.path.join(ROOT, "examples", "pytorch", "train.py")
SECONDS = 60  # that a test waits for what must happen
ACKNOWLEDGED = 30.0  # seconds; on an idle machine it is milliseconds plus one step, and the test prints them


def setUpModule():
    needs("torch")
    if shutil.which("node") is None or not os.path.exists(CLI):
        raise unittest.SkipTest("node, or the built command line (npm run build), is not there")


class Terminal(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="xt-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.data = os.path.join(self.folder, "data")
        kept = {key: value for key, value in os.environ.items() if not key.startswith("XTRACK_")}
        self.environ = {**kept, "OMP_NUM_THREADS": "1"}
        # No longer than the test lasts, should it be killed.
        training = [sys.executable, EXAMPLE, "--seconds", "120", "--lr", "0.004", "--decay", "1"]
        self.host = subprocess.Popen(
            ["node", CLI, "run", "--data", self.data, "--json", "--", *training],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(self.leave)

    def leave(self):
        """A test that failed half way leaves no training behind."""
        if self.host.poll() is None:
            self.xtrack("stop", "latest")
            self.host.kill()
        self.host.communicate()

    def xtrack(self, *words):
        """(exit code, stdout) of one command in another terminal."""
        ended = subprocess.run(
            ["node", CLI, *words, "--data", self.data],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
            check=False,
        )
        return ended.returncode, ended.stdout.decode()

    def show(self):
        code, shown = self.xtrack("show", "latest", "--json")
        return json.loads(shown) if code == 0 else {"status": None, "metrics": [], "checkpoints": [], "commands": []}

    def command(self, kind, **payload):
        """What the training answered."""
        code, shown = self.xtrack("command", "latest", kind, "--payload", json.dumps(payload), "--json")
        self.assertEqual(code, 0, shown)
        return json.loads(shown)

    def metric(self, key):
        """(step, value) of the newest point."""
        found = [series for series in self.show()["metrics"] if series["key"] == key and series["phase"] == "train"]
        return (found[0]["step"], found[0]["value"]) if found else (0, None)

    def wait(self, ready, what):
        end = time.monotonic() + SECONDS
        while not ready():
            if time.monotonic() > end:
                self.fail(f"waited {SECONDS} s for {what}")
        return True

    def latencies(self):
        """Seconds from the issue of each command to its answer, as the control plane has them on record."""
        return {
            record["command"]: (record["answeredAt"] - record["issuedAt"]) / 1e6 for record in self.show()["commands"]
        }

    def test_pause_resume_adjust_lr_checkpoint_now_and_stop(self):
        self.wait(lambda: self.metric("loss")[0] > 0, "the first steps")

        self.command("pause")
        self.assertEqual(self.show()["status"], "paused")
        saved, again = (self.command("checkpoint_now")["result"] for _ in range(2))
        self.assertEqual(saved["step"], again["step"])  # not one step in between
        self.assertLessEqual(self.metric("loss")[0], saved["step"])

        self.command("resume")
        self.wait(lambda: self.metric("loss")[0] > saved["step"], "steps after the pause")
        self.assertNotEqual(self.show()["status"], "paused")

        changed = self.command("adjust_lr", lr=0.0005)["result"]
        self.assertEqual(changed, {"lr": {"old": 0.004, "new": 0.0005}})
        self.wait(lambda: self.metric("lr")[1] == 0.0005, "the rate of the real optimizer to be logged")

        requested = self.command("checkpoint_now")["result"]
        for each in (saved, requested):
            self.assertTrue(os.path.isfile(each["path"]), each)
            self.assertIn((each["step"], each["path"]), [(c["step"], c["path"]) for c in self.show()["checkpoints"]])
        self.assertEqual(self.rate_in(requested["path"]), 0.0005)

        self.command("stop")
        out, _ = self.host.communicate(timeout=SECONDS)
        self.assertEqual(self.host.returncode, 0)
        ended = json.loads(out)
        self.assertEqual((ended["status"], ended["exit"]["code"], ended["error"]), ("completed", 0, None))
        # At a step: the last one is whole, and is what the last checkpoint goes on from.
        self.assertEqual(ended["checkpoints"][-1]["step"], self.metric("loss")[0])
        self.assertEqual(ended["gaps"], [])

        taken = self.latencies()
        print("acknowledged in ms:", {kind: round(seconds * 1000, 1) for kind, seconds in taken.items()})
        self.assertEqual(set(taken), {"pause", "resume", "adjust_lr", "checkpoint_now", "stop"})
        self.assertLess(max(taken.values()), ACKNOWLEDGED)

    def rate_in(self, path):
        import torch

        return torch.load(path, weights_only=True)["optimizer"]["param_groups"][0]["lr"]


if __name__ == "__main__":
    unittest.main()
