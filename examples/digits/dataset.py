"""The digits as two lists of (pixels, label) pairs: read from the shipped file, scaled, shuffled and split."""

import csv
import gzip
import io
import os
import random
from typing import List, NamedTuple, Sequence, Tuple

CLASSES = 10
PIXELS = 64
_DARKEST = 16.0  # each pixel counts the ink in a 4x4 block
_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "digits.csv.gz")


class Samples(NamedTuple):
    """Images (64 numbers in 0..1 each) and the digit that each one shows, in the same order."""

    images: List[List[float]]
    labels: List[int]

    def __len__(self) -> int:  # the number of samples, not of the two columns
        return len(self.labels)


def load(validation_share: float, seed: int) -> Tuple[Samples, Samples]:
    """The training and the validation samples. The same seed gives the same split."""
    with gzip.open(_FILE) as compressed:
        rows = [[int(cell) for cell in row] for row in csv.reader(io.TextIOWrapper(compressed, "ascii"))]
    random.Random(seed).shuffle(rows)
    held_back = int(len(rows) * validation_share)
    return _samples(rows[held_back:]), _samples(rows[:held_back])


def batches(samples: Samples, size: int, seed: int) -> List[Samples]:
    """The samples in a new order, cut into batches; the last one may be smaller."""
    order = list(range(len(samples)))
    random.Random(seed).shuffle(order)
    return [_pick(samples, order[start : start + size]) for start in range(0, len(order), size)]


def _samples(rows: Sequence[Sequence[int]]) -> Samples:
    return Samples([[pixel / _DARKEST for pixel in row[:PIXELS]] for row in rows], [row[PIXELS] for row in rows])


def _pick(samples: Samples, indices: Sequence[int]) -> Samples:
    return Samples([samples.images[i] for i in indices], [samples.labels[i] for i in indices])
