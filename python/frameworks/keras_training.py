"""A small Keras training for `test_keras.py`, a process for each backend; it says as JSON what came of it.

record: a few epochs. steer: until it is stopped; saved weights are compared with the last ones. schedule: the same,
with a learning rate that is a schedule.
"""

import glob
import json
import os
import sys

import keras
import numpy

from xtrack.integrations.keras import XTrackCallback


def build(rate):
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Input((2,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)]
    model = keras.Sequential(layers, name="small")
    model.compile(keras.optimizers.SGD(rate), loss="mse", metrics=["mae"])
    return model


def data():
    x = numpy.random.default_rng(0).random((64, 2)).astype("float32")
    return x, x.sum(axis=1, keepdims=True)


def number(variable):
    return keras.ops.convert_to_numpy(variable)


def same(one, other):
    return all(numpy.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights()))


def record():
    model, (x, y) = build(0.05), data()
    options = {"batch_size": 16, "validation_split": 0.25, "verbose": 0}
    callback = XTrackCallback(checkpoint_dir="out", keep_last=1)
    halving = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch else rate)
    history = model.fit(x, y, epochs=3, callbacks=[callback, halving], **options).history
    loaded = [keras.models.load_model(path) for path in sorted(glob.glob("out/*/*.keras"))]
    evaluated = model.evaluate(x, y, verbose=0, return_dict=True, callbacks=[XTrackCallback()])
    print(json.dumps({"history": history, "same": [same(each, model) for each in loaded], "evaluated": evaluated}))


def steer(rate=0.05):
    model, (x, y) = build(rate), data()
    first = keras.models.clone_model(model)
    first.set_weights(model.get_weights())
    model.fit(x, y, batch_size=16, epochs=100_000, verbose=0, callbacks=[XTrackCallback(checkpoint_dir="out")])
    made = {"rate": float(number(model.optimizer.learning_rate)), "steps": int(number(model.optimizer.iterations))}
    saved = {}
    for path in glob.glob("out/*/*.keras"):
        loaded = keras.models.load_model(path)
        saved[os.path.basename(path)] = {"same": same(loaded, model), "step": int(number(loaded.optimizer.iterations))}
    print(json.dumps({**made, "learned": not same(first, model), "saved": saved}))


def schedule():
    steer(keras.optimizers.schedules.ExponentialDecay(0.05, 100, 0.9))


if __name__ == "__main__":
    {"record": record, "steer": steer, "schedule": schedule}[sys.argv[1]]()
