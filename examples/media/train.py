"""Teaches a tiny model the rule of a cellular automaton, and shows what it sees: images, histograms, tables, text.

npx xtrack run -- python3 examples/media/train.py       under the control plane
python3 examples/media/train.py                         alone: the events wait in the local spool
"""

import argparse
import math
import os
import random
import sys
from typing import Any, Dict, List, Optional, Sequence

try:
    from xtrack import Run, Tracker
except ImportError:  # not installed and not started by XTrack: use the package of this checkout
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))
    from xtrack import Run, Tracker

Row = List[int]

WIDTH = 96  # cells of a row, which closes to a ring
NEIGHBOURHOODS = 8  # three cells, each dead or alive


def main(argv: Optional[Sequence[str]] = None) -> None:
    options = parse_options(argv)
    with Tracker().start_run(name=f"rule-{options.rule}", experiment="automaton", params=vars(options)) as run:
        train(run, options)


def parse_options(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Learn the rule of a cellular automaton, tracked by XTrack.")
    parser.add_argument("--rule", type=int, default=110, help="the automaton, by Wolfram's number (0 to 255)")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--lr", type=float, default=0.3, help="learning rate")
    parser.add_argument("--seed", type=int, default=3)
    return parser.parse_args(argv)


def train(run: Run, options: argparse.Namespace) -> None:
    chance = random.Random(options.seed)
    truth = [options.rule >> index & 1 for index in range(NEIGHBOURHOODS)]
    weights = [chance.gauss(0, 1) for _ in truth]
    run.log_image("automaton", picture(truth), caption=f"rule {options.rule}, as it is")
    for epoch in range(options.epochs):
        errors = learn(weights, truth, options.lr, chance)
        wrong = sum((weight > 0) != bool(cell) for weight, cell in zip(weights, truth))
        run.log_metrics({"loss": sum(errors) / len(errors), "wrong": wrong}, step=epoch, epoch=epoch)
        run.log_image("guess", picture([int(weight > 0) for weight in weights]), step=epoch)
        run.log_image("weights", [[sigmoid(weight) for weight in weights]], step=epoch, caption="white: alive")
        run.log_histogram("errors", errors, step=epoch, bins=20, range=(0.0, 1.0))
        if not run.safe_point(epoch):
            break
    run.log_table("rule", verdicts(weights, truth), step=options.epochs)
    run.log_text("rule", f"learned {number(weights)}, where {options.rule} was right", step=options.epochs)


def learn(weights: List[float], truth: Row, rate: float, chance: random.Random) -> List[float]:
    """One pass over random neighbourhoods, `weights` being one logit for each. Returns the errors on the way."""
    errors = []
    for _ in range(WIDTH):
        index = chance.randrange(NEIGHBOURHOODS)
        error = truth[index] - sigmoid(weights[index])
        weights[index] += rate * error / math.sqrt(WIDTH / NEIGHBOURHOODS)
        errors.append(abs(error))
    return errors


def picture(rule: Row) -> List[List[bool]]:
    """The automaton's history from one living cell: True is white."""
    row = [int(x == WIDTH // 2) for x in range(WIDTH)]
    rows = []
    for _ in range(WIDTH // 2):
        rows.append([not cell for cell in row])
        row = [rule[row[x - 1] * 4 + row[x] * 2 + row[(x + 1) % WIDTH]] for x in range(WIDTH)]
    return rows


def verdicts(weights: List[float], truth: Row) -> List[Dict[str, Any]]:
    """A row for each neighbourhood."""
    return [
        {"cells": f"{index:03b}", "alive": bool(cell), "certainty": sigmoid(weight), "right": (weight > 0) == cell}
        for index, (weight, cell) in enumerate(zip(weights, truth))
    ]


def number(weights: List[float]) -> int:
    return sum((weight > 0) << index for index, weight in enumerate(weights))


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


if __name__ == "__main__":
    main()
