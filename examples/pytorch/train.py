"""Trains a small network on three spirals with a hand-written PyTorch loop: recorded, steered from outside, resumable.

npx xtrack run -- python3 examples/pytorch/train.py --seconds 60       under the control plane
npx xtrack command latest pause                                        from another terminal
"""

import argparse
import math
import os
import sys
import time

import torch
from torch.utils.data import DataLoader, TensorDataset

try:
    from xtrack import Tracker
except ImportError:  # not installed and not started by XTrack: use the package of this checkout
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))
    from xtrack import Tracker

from xtrack.integrations.pytorch import PyTorchCallback

ARMS = 3


def main(argv=None):
    options = parse_options(argv)
    torch.manual_seed(options.seed)
    training, validation = spirals(20_000, options.seed), spirals(2_000, options.seed + 1)
    loader = DataLoader(TensorDataset(*training), batch_size=options.batch_size, shuffle=True)
    model = network(options.hidden)
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.lr)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=options.decay)
    with Tracker().start_run(name="spirals", experiment="pytorch", params=settings(options)):
        callback = PyTorchCallback(
            model,
            optimizer,
            scheduler,
            checkpoint_dir=options.output,
            monitor="val_acc",
            mode="max",
            watch=True,
            total_steps=None if options.seconds else options.epochs * len(loader),
        )
        callback.resume()
        train(callback, loader, validation, options)


def parse_options(argv=None):
    data = os.environ.get("XTRACK_DATA") or os.path.join(os.path.expanduser("~"), ".xtrack")
    output = os.environ.get("XTRACK_OUTPUT") or os.path.join(data, "outputs")
    parser = argparse.ArgumentParser(description="Learn three spirals in PyTorch, steered by XTrack.")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--steps", type=int, default=None, help="stop after so many steps")
    parser.add_argument("--seconds", type=float, default=None, help="train for so long, however many epochs that are")
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--decay", type=float, default=0.9998, help="of the learning rate, each step")
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", default=output, help="folder for checkpoints; each run has its own in it")
    return parser.parse_args(argv)


def settings(options):
    return {key: value for key, value in vars(options).items() if key != "output" and value is not None}


def train(callback, loader, validation, options):
    end = time.monotonic() + (options.seconds or math.inf)
    for _ in callback.epochs(sys.maxsize if options.seconds else options.epochs):
        callback.model.train()
        for inputs, targets in callback.batches(loader):
            loss = torch.nn.functional.cross_entropy(callback.model(inputs), targets)
            callback.optimizer.zero_grad()
            loss.backward()
            callback.optimizer.step()
            callback.scheduler.step()
            if not callback.on_step(loss=loss) or time.monotonic() > end or callback.step == options.steps:
                break
        callback.on_epoch_end(**evaluate(callback.model, *validation))
        if time.monotonic() > end or callback.step == options.steps:
            break


def evaluate(model, inputs, targets):
    model.eval()
    with torch.no_grad():
        scores = model(inputs)
    return {
        "val_loss": torch.nn.functional.cross_entropy(scores, targets).item(),
        "val_acc": (scores.argmax(1) == targets).double().mean().item(),
    }


def network(hidden):
    """2 coordinates -> one score for each arm."""
    return torch.nn.Sequential(
        torch.nn.Linear(2, hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(hidden, hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(hidden, ARMS),
    )


def spirals(count, seed):
    """Points on interleaved arms, with noise: (coordinates, arm of each)."""
    generator = torch.Generator().manual_seed(seed)
    arms = torch.arange(count) % ARMS
    radius = torch.rand(count, generator=generator).sqrt()
    angle = radius * 7 + arms * (2 * math.pi / ARMS) + torch.randn(count, generator=generator) * 0.15
    return torch.stack((radius * angle.cos(), radius * angle.sin()), 1), arms


if __name__ == "__main__":
    main()
