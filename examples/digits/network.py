"""A network with one hidden layer, trained by gradient descent with momentum: plain lists, no numpy.

A matrix is a list of rows. Weights are kept as one row per output unit, so that every product is a dot of two rows.
"""

import math
import random
from operator import mul
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

Vector = List[float]
Matrix = List[Vector]


class Evaluation(NamedTuple):
    """Mean cross-entropy in nats and the share of right answers, over a set of samples."""

    loss: float
    accuracy: float


class Network:
    """inputs -> hidden (ReLU) -> classes (softmax)."""

    def __init__(self, inputs: int, hidden: int, classes: int, seed: int) -> None:
        rng = random.Random(seed)
        # He initialisation keeps the variance of the activations through the ReLU.
        self.layers = [_Layer(inputs, hidden, rng), _Layer(hidden, classes, rng)]

    def step(self, images: Matrix, labels: Sequence[int], rate: float, momentum: float) -> Evaluation:
        """One update on one batch. Returns the loss and accuracy from before the update."""
        first, second = self.layers
        hidden = [[max(0.0, z) for z in row] for row in first.forward(images)]
        predicted = [_softmax(row) for row in second.forward(hidden)]
        # The gradient of cross-entropy through softmax is (probability - truth); the batch's mean is taken here.
        errors = [
            [(p - (k == label)) / len(labels) for k, p in enumerate(row)] for row, label in zip(predicted, labels)
        ]
        back = second.backward(errors)
        hidden_errors = [[e if h > 0.0 else 0.0 for e, h in zip(*rows)] for rows in zip(back, hidden)]
        second.update(hidden, errors, rate, momentum)
        first.update(images, hidden_errors, rate, momentum)
        return _evaluate(predicted, labels)

    def evaluate(self, images: Matrix, labels: Sequence[int]) -> Evaluation:
        """Loss and accuracy without learning."""
        first, second = self.layers
        hidden = [[max(0.0, z) for z in row] for row in first.forward(images)]
        return _evaluate([_softmax(row) for row in second.forward(hidden)], labels)

    def state(self) -> Dict[str, Any]:
        """Weights and momentum as plain JSON values: all that `restore` needs to go on exactly where it was."""
        return {"layers": [dict(vars(layer)) for layer in self.layers]}

    def restore(self, state: Dict[str, Any]) -> None:
        """Takes over what `state` gave."""
        for layer, saved in zip(self.layers, state["layers"]):
            vars(layer).update(saved)


class _Layer:
    def __init__(self, inputs: int, outputs: int, rng: random.Random) -> None:
        spread = math.sqrt(2.0 / inputs)
        self.weights = [[rng.gauss(0.0, spread) for _ in range(inputs)] for _ in range(outputs)]
        self.biases = [0.0] * outputs
        self.weight_velocity = [[0.0] * inputs for _ in range(outputs)]
        self.bias_velocity = [0.0] * outputs

    def forward(self, inputs: Matrix) -> Matrix:
        units = list(zip(self.weights, self.biases))
        return [[sum(map(mul, row, weights), bias) for weights, bias in units] for row in inputs]

    def backward(self, errors: Matrix) -> Matrix:
        by_input = list(zip(*self.weights))
        return [[sum(map(mul, row, weights)) for weights in by_input] for row in errors]

    def update(self, inputs: Matrix, errors: Matrix, rate: float, momentum: float) -> None:
        by_input = list(zip(*inputs))
        for unit, error in enumerate(zip(*errors)):
            gradient = [sum(map(mul, error, column)) for column in by_input]
            velocity = [momentum * v - rate * g for v, g in zip(self.weight_velocity[unit], gradient)]
            self.weight_velocity[unit] = velocity
            self.weights[unit] = [w + v for w, v in zip(self.weights[unit], velocity)]
            self.bias_velocity[unit] = momentum * self.bias_velocity[unit] - rate * sum(error)
            self.biases[unit] += self.bias_velocity[unit]


def _softmax(scores: Sequence[float]) -> Vector:
    highest = max(scores)  # keeps exp() from overflowing
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def _evaluate(predicted: Matrix, labels: Sequence[int]) -> Evaluation:
    pairs: List[Tuple[Vector, int]] = list(zip(predicted, labels))
    # A probability may round to 0; the smallest normal float keeps its logarithm finite.
    loss = -sum(math.log(max(row[label], 2.3e-308)) for row, label in pairs) / len(pairs)
    right = sum(row[label] == max(row) for row, label in pairs)
    return Evaluation(loss, right / len(pairs))
