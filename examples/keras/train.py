"""Learns which of two spirals a point is on with Keras 3, recorded and steered batch by batch.

npx xtrack run -- python3 examples/keras/train.py        under the control plane
python3 examples/keras/train.py                          alone: the events wait in the local spool
"""

import argparse
import os
import sys

import keras
import numpy

try:
    from xtrack.integrations.keras import XTrackCallback
except ImportError:  # not installed and not started by XTrack: use the package of this checkout
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))
    from xtrack.integrations.keras import XTrackCallback

import xtrack


def spirals(points: int, seed: int) -> "tuple[numpy.ndarray, numpy.ndarray]":
    """Points in the plane, and which of two spirals each is on."""
    rng = numpy.random.default_rng(seed)
    labels = rng.integers(0, 2, points)
    angles = 3 * numpy.pi * numpy.sqrt(rng.random(points))
    turned = angles + numpy.pi * labels
    plane = numpy.stack([angles * numpy.cos(turned), angles * numpy.sin(turned)], axis=1) / 5
    return (plane + rng.normal(0, 0.05, plane.shape)).astype("float32"), labels.astype("float32")


def network(lr: float) -> keras.Model:
    model = keras.Sequential(
        [
            keras.layers.Input((2,)),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ],
        name="spirals",
    )
    model.compile(keras.optimizers.Adam(lr), loss="binary_crossentropy", metrics=["accuracy"])
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=0.003, help="learning rate")
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--output", default="checkpoints", help="folder for checkpoints")
    options = parser.parse_args()

    keras.utils.set_random_seed(7)
    train_x, train_y = spirals(options.points, 1)
    with xtrack.start_run(name="spirals", experiment="keras", params=vars(options)) as run:
        # After a restart the control plane names the checkpoint to go on from.
        model = keras.models.load_model(run.resume_checkpoint) if run.resume_checkpoint else network(options.lr)
        batches = -(-options.points // options.batch_size)
        model.fit(
            train_x,
            train_y,
            batch_size=options.batch_size,
            epochs=options.epochs,
            initial_epoch=int(model.optimizer.iterations) // batches,
            validation_data=spirals(500, 2),
            callbacks=[XTrackCallback(run, checkpoint_dir=options.output)],
            verbose=0,
        )


if __name__ == "__main__":
    main()
