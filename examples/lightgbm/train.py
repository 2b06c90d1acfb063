"""Learns hand-written digits with LightGBM, recorded and steered round by round.

npx xtrack run -- python3 examples/lightgbm/train.py        under the control plane
python3 examples/lightgbm/train.py                          alone: the events wait in the local spool
"""

import argparse
import os
import sys

import lightgbm
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

try:
    from xtrack.integrations.lightgbm import XTrackCallback
except ImportError:  # not installed and not started by XTrack: use the package of this checkout
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))
    from xtrack.integrations.lightgbm import XTrackCallback

import xtrack


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--lr", type=float, default=0.1, help="learning rate")
    parser.add_argument("--output", default="checkpoints", help="folder for checkpoints")
    options = parser.parse_args()

    images, digits = load_digits(return_X_y=True)
    train_x, val_x, train_y, val_y = train_test_split(images, digits, random_state=7)
    train = lightgbm.Dataset(train_x, train_y)
    val = lightgbm.Dataset(val_x, val_y, reference=train)
    params = {
        "objective": "multiclass",
        "metric": ["multi_logloss", "multi_error"],
        "num_class": 10,
        "num_leaves": 7,
        "learning_rate": options.lr,
        "num_threads": 2,
        "verbosity": -1,
    }
    with xtrack.start_run(name="digits-lightgbm", experiment="digits") as run:
        callback = XTrackCallback(run, checkpoint_dir=options.output, checkpoint_every=50)
        with callback:
            lightgbm.train(
                params,
                train,
                options.rounds,
                valid_sets=[train, val],
                valid_names=["train", "val"],
                callbacks=[callback],
            )


if __name__ == "__main__":
    main()
