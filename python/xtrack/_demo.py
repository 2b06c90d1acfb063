"""A short real training in plain Python, which shows what a run looks like and obeys the control plane."""

from __future__ import annotations

import json
import math
import os
import random
from time import monotonic, sleep
from typing import List, NamedTuple, Tuple

from ._delivery.transports import FileEndpoint
from ._run import Run
from ._tracker import Tracker

__all__ = ["demo"]

POINTS = 200
NOISE = 0.1
EVERY = 10  # steps between two looks at the validation data

Point = Tuple[float, float]


class Line(NamedTuple):
    """The model: y = slope * x + offset."""

    slope: float
    offset: float

    def loss(self, points: List[Point]) -> float:
        """Mean squared error."""
        return sum((self.slope * x + self.offset - y) ** 2 for x, y in points) / len(points)

    def improved(self, points: List[Point], rate: float) -> "Line":
        """One step of gradient descent."""
        slope = offset = 0.0
        for x, y in points:
            error = 2.0 * (self.slope * x + self.offset - y) / len(points)
            slope += error * x
            offset += error
        return Line(self.slope - rate * slope, self.offset - rate * offset)


def demo(steps: int, seconds: float) -> str:
    """Trains for about that long, and returns what to do next."""
    rng = random.Random(1)
    points = [(x, 3.0 * x - 1.0 + rng.gauss(0.0, NOISE)) for x in (rng.uniform(-1.0, 1.0) for _ in range(POINTS))]
    train, held_out = points[: POINTS * 4 // 5], points[POINTS * 4 // 5 :]
    params = {"steps": steps, "optimizer": {"name": "sgd", "lr": 0.05}, "data": {"points": POINTS, "noise": NOISE}}
    with Tracker().start_run("demo", params=params, tags={"kind": "demo"}) as run:
        print(f"run {run.run_id}: {steps} steps in about {seconds:g} s", flush=True)
        model, done = _train(run, train, held_out, steps, seconds)
        run.log(f"found y = {model.slope:.3f} x + {model.offset:.3f} after {done} steps; the truth is y = 3 x - 1")
    files = [endpoint.path for endpoint in run._session.endpoints if isinstance(endpoint, FileEndpoint)]
    first = f"npx xtrack replay {files[0]}, then " if files else ""
    return f"next: {first}npx xtrack show {run.run_id}"


def _train(run: Run, train: List[Point], held_out: List[Point], steps: int, seconds: float) -> Tuple[Line, int]:
    rate = run.knob("lr", 0.05, min=1e-4, max=0.5, scale="log")
    model, best, begun = Line(0.0, 0.0), math.inf, monotonic()
    for step in range(1, steps + 1):
        model = model.improved(train, rate.value)
        run.log_metrics({"loss": model.loss(train), "lr": rate.value}, step=step, phase="train")
        if step % EVERY == 0 or step == steps:
            loss = model.loss(held_out)
            run.log_metric("loss", loss, step=step, phase="val")
            run.set_status("training", current=step, total=steps, unit="steps")
            if run.checkpoint_requested or step == steps:
                _save(run, model, step, loss, loss < best)
            best = min(best, loss)
        if not run.safe_point(step):
            return model, step
        sleep(max(0.0, begun + seconds * step / steps - monotonic()))
    return model, steps


def _save(run: Run, model: Line, step: int, loss: float, is_best: bool) -> None:
    folder = os.path.join(os.path.expanduser(os.environ.get("XTRACK_DATA") or os.path.join("~", ".xtrack")), "demo")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, f"{run.run_id}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(model._asdict(), file)
    run.log_checkpoint(step, path, {"loss": loss}, is_best, "loss")
