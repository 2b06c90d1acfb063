"""Trains a tiny GPT-2 from scratch to continue arithmetic sequences, with `Trainer`, recorded and steered by XTrack.

    npx xtrack run -- python3 examples/transformers/train.py

Nothing is downloaded: the model is made from a config, and the data on the spot.
"""

import argparse
import os
import sys

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

try:
    from xtrack import Tracker
except ImportError:  # not installed and not started by XTrack: use the package of this checkout
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))
    from xtrack import Tracker

from xtrack.integrations.transformers import XTrackCallback

NUMBERS = 64  # the vocabulary: a token is a number
LENGTH = 16


def main(argv=None):
    options = parse_options(argv)
    config = GPT2Config(
        vocab_size=NUMBERS, n_positions=LENGTH, n_embd=64, n_layer=2, n_head=4, bos_token_id=None, eos_token_id=None
    )
    args = TrainingArguments(
        output_dir=options.output,
        max_steps=options.steps,
        per_device_train_batch_size=32,
        learning_rate=options.lr,
        logging_steps=5,
        eval_strategy="steps",
        eval_steps=50,
        save_strategy="steps",
        save_steps=50,
        save_total_limit=2,
        load_best_model_at_end=True,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        seed=options.seed,
    )
    with Tracker().start_run(name="sequences", experiment="transformers") as run:
        trainer = Trainer(
            model=GPT2LMHeadModel(config),
            args=args,
            train_dataset=sequences(2_000, options.seed),
            eval_dataset=sequences(200, options.seed + 1),
            callbacks=[XTrackCallback()],
        )
        trainer.train(resume_from_checkpoint=run.resume_checkpoint)
        trainer.evaluate()


def parse_options(argv=None):
    data = os.environ.get("XTRACK_DATA") or os.path.join(os.path.expanduser("~"), ".xtrack")
    output = os.environ.get("XTRACK_OUTPUT") or os.path.join(data, "outputs", "transformers")
    parser = argparse.ArgumentParser(description="Learn arithmetic sequences with Transformers, steered by XTrack.")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", default=output, help="folder for checkpoints")
    return parser.parse_args(argv)


def sequences(count, seed):
    """Each starts anywhere and goes on in equal strides, modulo the vocabulary."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.randint(0, NUMBERS, (count, 1), generator=generator)
    stride = torch.randint(1, 10, (count, 1), generator=generator)
    tokens = (start + stride * torch.arange(LENGTH)) % NUMBERS
    return [{"input_ids": row, "labels": row} for row in tokens]


if __name__ == "__main__":
    main()
