"""Minimizes a function of two numbers with Optuna: a study is a run, each trial a child run.

npx xtrack run -- python3 examples/optuna/train.py        under the control plane
python3 examples/optuna/train.py                          alone: the events wait in the local spool
"""

import argparse
import os
import sys

import optuna

try:
    from xtrack.integrations.optuna import XTrackCallback
except ImportError:  # not installed and not started by XTrack: use the package of this checkout
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))
    from xtrack.integrations.optuna import XTrackCallback

import xtrack

STEPS = 20  # of one trial


def descend(trial: optuna.Trial) -> float:
    """Gradient descent on (x - 1)² + 10·(y - x²)², whose learning rate and start are what the study looks for."""
    rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
    x, y = trial.suggest_float("x", -2.0, 2.0), trial.suggest_float("y", -2.0, 2.0)
    value = float("inf")
    for step in range(STEPS):
        bend = y - x * x
        dx, dy = 2 * (x - 1) - 40 * x * bend, 20 * bend
        x, y = x - rate * max(-10.0, min(10.0, dx)), y - rate * max(-10.0, min(10.0, dy))
        value = (x - 1) ** 2 + 10 * (y - x * x) ** 2
        trial.report(value, step)  # recorded in the run of the trial as well
        if trial.should_prune():
            raise optuna.TrialPruned
    return value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name="descent",
        sampler=optuna.samplers.TPESampler(seed=options.seed),
        pruner=optuna.pruners.MedianPruner(n_warmup_steps=5),
    )
    with xtrack.start_run(name="descent", experiment="optuna") as run, XTrackCallback(run) as callback:
        study.optimize(callback.track_in_trial(descend), n_trials=options.trials, callbacks=[callback])
    print(f"best value {study.best_value:.4g} with {study.best_params}")


if __name__ == "__main__":
    main()
