"""A distributed PyTorch loop: two real processes, of which rank 0 hears the commands and both obey."""

import json
import os
import subprocess
import sys
import textwrap
import unittest

from .case import FrameworkCase, needs
from .example import environ

SCRIPT = """
import json, os, sys
import torch
import torch.distributed as dist
from xtrack.integrations.pytorch import PyTorchCallback

rank = int(os.environ["RANK"])
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method="file://" + os.path.abspath(sys.argv[1]), rank=rank, world_size=2)
torch.manual_seed(1)
model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(1, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
with PyTorchCallback(model, optimizer) as callback:
    resumed = callback.resume()
    first = callback.step
    for _ in callback.epochs(10**9):
        for number in range(50):
            optimizer.zero_grad()
            model(torch.tensor([[float(rank + 1)]])).square().mean().backward()
            optimizer.step()
            if not callback.on_step(loss=0.5):
                break
        callback.on_epoch_end()
state = {name: value.tolist() for name, value in model.module.state_dict().items()}
with open(f"{sys.argv[1]}.{rank}", "w") as file:
    json.dump([resumed, first, callback.step, optimizer.param_groups[0]["lr"], state], file)
dist.destroy_process_group()
"""


def setUpModule():
    needs("torch")


class TwoRanks(FrameworkCase):
    def start(self, meeting):
        """Starts both; what each knew at its end is read with `outcomes`."""
        with open(self.path("train.py"), "w") as file:
            file.write(textwrap.dedent(SCRIPT))
        self.processes = [
            subprocess.Popen(
                [sys.executable, "train.py", meeting],
                env=environ(WORLD_SIZE="2", RANK=str(rank), XTRACK_RUN_ID="both"),
                cwd=self.folder,
            )
            for rank in (0, 1)
        ]
        for process in self.processes:
            self.addCleanup(process.kill)

    def outcomes(self, meeting):
        self.assertEqual([process.wait(60) for process in self.processes], [0, 0])
        found = []
        for rank in (0, 1):
            with open(self.path(f"{meeting}.{rank}")) as file:
                found.append(json.load(file))
        return found

    def test_what_rank_0_is_told_both_do_at_the_same_step_and_both_go_on_from_its_checkpoint(self):
        self.start("first")
        self.wait(lambda: self.metrics("loss"), "a step")
        changed = self.result(self.command("adjust_lr", {"lr": 0.001}))
        self.assertEqual(changed["status"], "ok", changed)
        self.result(self.command("pause"))
        saved = self.result(self.command("checkpoint_now"))["result"]
        self.assertTrue(os.path.isfile(saved["path"]))
        self.result(self.command("resume"))
        self.assertEqual(self.result(self.command("stop"))["status"], "ok")
        outcomes = self.outcomes("first")
        self.assertEqual(outcomes[0], outcomes[1])
        self.assertEqual(outcomes[0][3], 0.001)
        self.assertEqual(self.status(), "completed")
        self.assertEqual({key[1] for key in self.collector.events}, {"0"})  # rank 1 says nothing of its own
        steps = outcomes[0][2]
        self.assertEqual(self.events("checkpoint")[-1]["step"], steps)

        self.collector.stop()
        self.collector.start()
        self.start("second")
        self.result(self.command("stop"))
        outcomes = self.outcomes("second")
        self.assertEqual([outcome[:2] for outcome in outcomes], [[True, steps], [True, steps]])
        self.assertEqual(outcomes[0], outcomes[1])


if __name__ == "__main__":
    unittest.main()
