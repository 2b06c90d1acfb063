"""Trains a small classifier with PyTorch Lightning, recorded by XTrackLogger and steered through XTrackCallback.

npx xtrack run -- python3 examples/lightning/train.py
"""

import argparse
import os
import sys

import torch
from torch.utils.data import DataLoader, TensorDataset

try:
    import lightning.pytorch as pl
except ImportError:
    import pytorch_lightning as pl

try:
    from xtrack import Tracker
except ImportError:  # not installed and not started by XTrack: use the package of this checkout
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))
    from xtrack import Tracker

from xtrack.integrations.lightning import XTrackCallback, XTrackLogger


class Rings(pl.LightningModule):
    """Tells an inner disc from the ring around it."""

    def __init__(self, hidden, lr):
        super().__init__()
        self.save_hyperparameters()
        self.net = torch.nn.Sequential(torch.nn.Linear(2, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 2))

    def training_step(self, batch, _):
        loss, accuracy = self.measure(batch)
        self.log_dict({"train_loss": loss, "train_acc": accuracy})
        return loss

    def validation_step(self, batch, _):
        loss, accuracy = self.measure(batch)
        self.log_dict({"val_loss": loss, "val_acc": accuracy})

    def test_step(self, batch, _):
        loss, accuracy = self.measure(batch)
        self.log_dict({"test_loss": loss, "test_acc": accuracy})

    def measure(self, batch):
        inputs, targets = batch
        scores = self.net(inputs)
        return torch.nn.functional.cross_entropy(scores, targets), (scores.argmax(1) == targets).float().mean()

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.trainer.estimated_stepping_batches)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def main(argv=None):
    options = parse_options(argv)
    pl.seed_everything(options.seed)
    model = Rings(options.hidden, options.lr)
    with Tracker().start_run(name="rings", experiment="lightning") as run:
        trainer = pl.Trainer(
            logger=XTrackLogger(save_dir=options.output),
            callbacks=[XTrackCallback(), pl.callbacks.ModelCheckpoint(monitor="val_loss", save_last=True)],
            max_epochs=options.epochs,
            max_steps=options.steps,
            accelerator="cpu",
            log_every_n_steps=5,
            enable_progress_bar=False,
        )
        trainer.fit(model, rings(5_000, 1, shuffle=True), rings(1_000, 2), ckpt_path=run.resume_checkpoint)
        trainer.test(model, rings(1_000, 3), verbose=False)


def parse_options(argv=None):
    data = os.environ.get("XTRACK_DATA") or os.path.join(os.path.expanduser("~"), ".xtrack")
    output = os.environ.get("XTRACK_OUTPUT") or os.path.join(data, "outputs")
    parser = argparse.ArgumentParser(description="Learn rings with PyTorch Lightning, steered by XTrack.")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--steps", type=int, default=-1, help="stop after so many steps")
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", default=output, help="folder for checkpoints")
    return parser.parse_args(argv)


def rings(count, seed, shuffle=False):
    """Points of the square from -1 to 1, and whether each is in the disc of radius 0.7."""
    points = torch.rand(count, 2, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return DataLoader(TensorDataset(points, (points.norm(dim=1) < 0.7).long()), batch_size=50, shuffle=shuffle)


if __name__ == "__main__":
    main()
