"""Searches for a classifier of hand-written digits with scikit-learn; `autolog` records it.

npx xtrack run -- python3 examples/sklearn/train.py        under the control plane
python3 examples/sklearn/train.py                          alone: the events wait in the local spool
"""

import argparse
import os
import sys

from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

try:
    from xtrack.integrations.sklearn import autolog
except ImportError:  # not installed and not started by XTrack: use the package of this checkout
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))
    from xtrack.integrations.sklearn import autolog

import xtrack


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--candidates", type=int, default=8)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()

    images, digits = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(images, digits, random_state=options.seed)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
    regularization = [10.0**exponent for exponent in range(-4, 4)]
    search = RandomizedSearchCV(
        pipeline,
        {"logisticregression__C": regularization},
        n_iter=min(options.candidates, len(regularization)),
        cv=3,
        random_state=options.seed,
    )
    with xtrack.start_run(name="digits-search", experiment="digits") as run, autolog():
        search.fit(train_x, train_y)
        accuracy = search.score(test_x, test_y)
        run.log_metric("accuracy", accuracy, phase="test")
    print(f"accuracy on images it has not seen: {accuracy:.3f}")


if __name__ == "__main__":
    main()
