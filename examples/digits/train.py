"""Trains a small network on hand-written digits, tracked by XTrack: parameters, metrics, progress, checkpoints, a model.

    npx xtrack run -- python3 examples/digits/train.py        under the control plane
    python3 examples/digits/train.py                          alone: the events wait in the local spool

While it trains, from another terminal: npx xtrack set latest lr=0.005, npx xtrack command latest pause (resume,
checkpoint_now, stop).
"""

import argparse
import json
import os
import sys
from typing import Any, Dict, Optional, Sequence

try:
    from xtrack import Knob, Run, Tracker
except ImportError:  # not installed and not started by XTrack: use the package of this checkout
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))
    from xtrack import Knob, Run, Tracker

import dataset
from network import Evaluation, Network

VALIDATION_SHARE = 0.2


def main(argv: Optional[Sequence[str]] = None) -> None:
    options = parse_options(argv)
    params = {key: value for key, value in vars(options).items() if key not in ("output", "resume")}
    with Tracker().start_run(name="digits-mlp", experiment="digits", params=params, tags={"example": "digits"}) as run:
        train(run, options, output_folder(options.output, run.run_id))


def parse_options(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Learn to read hand-written digits, tracked by XTrack.")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--hidden", type=int, default=32, help="units in the hidden layer")
    parser.add_argument("--lr", type=float, default=0.02, help="learning rate")
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same numbers on the same Python")
    parser.add_argument("--log-every", type=int, default=5, help="steps between two points of train_loss")
    parser.add_argument(
        "--output", default=os.environ.get("XTRACK_OUTPUT"), help="folder for checkpoints and the model"
    )
    parser.add_argument("--resume", default=os.environ.get("XTRACK_RESUME_CHECKPOINT"), help="checkpoint to go on from")
    return parser.parse_args(argv)


def output_folder(chosen: Optional[str], run_id: str) -> str:
    """`chosen`, or a folder of this run beside XTrack's data: nothing is written into the working directory."""
    data = os.environ.get("XTRACK_DATA") or os.path.join(os.path.expanduser("~"), ".xtrack")
    # A colon is fine in a run id and not in every file system.
    folder = os.path.abspath(chosen or os.path.join(data, "outputs", run_id.replace(":", "_")))
    os.makedirs(folder, exist_ok=True)
    return folder


def train(run: Run, options: argparse.Namespace, folder: str) -> None:
    run.set_status("initializing", message="reading the data set")
    training, validation = dataset.load(VALIDATION_SHARE, options.seed)
    network = Network(dataset.PIXELS, options.hidden, dataset.CLASSES, options.seed)
    state: Dict[str, Any] = {"epoch": 0, "step": 0, "best": 0.0}
    if options.resume:
        state = load_checkpoint(options.resume, network)
        run.log(f"resumed from {options.resume} at epoch {state['epoch']}")
    rate = run.knob("lr", options.lr, min=1e-5, max=1.0, scale="log")
    run.log_params({"data": {"train": len(training), "validation": len(validation), "pixels": dataset.PIXELS}})
    run.log(f"{len(training)} images to learn from, {len(validation)} held back")

    for epoch in range(state["epoch"] + 1, options.epochs + 1):
        run.set_status("training", message=f"epoch {epoch}", current=epoch - 1, total=options.epochs, unit="epoch")
        if not train_epoch(run, network, training, options, rate, state, epoch, folder):
            run.log(f"stopped on request in epoch {epoch}", level="warning")
            break
        state["epoch"] = epoch
        evaluate_epoch(run, network, training, validation, state, folder)

    run.set_status("finishing", message="saving the model", current=state["epoch"], total=options.epochs, unit="epoch")
    model = os.path.join(folder, "model.json")
    write_json(model, network.state())
    run.log_artifact(model, type="model", name="digits-mlp")
    run.log(f"best validation accuracy {state['best']:.4f}; everything is in {folder}")


def train_epoch(
    run: Run,
    network: Network,
    training: dataset.Samples,
    options: argparse.Namespace,
    rate: Knob,
    state: Dict[str, Any],
    epoch: int,
    folder: str,
) -> bool:
    """One pass over the training samples, counted in `state["step"]`. False when the run was asked to stop."""
    # The order depends on the epoch alone, so that a resumed run sees what an unbroken one would have seen.
    for batch in dataset.batches(training, options.batch_size, options.seed * 1_000_003 + epoch):
        result = network.step(batch.images, batch.labels, rate.value, options.momentum)
        state["step"] += 1
        if state["step"] % options.log_every == 0:
            run.log_metric("train_loss", result.loss, step=state["step"], epoch=epoch, phase="train")
        if run.checkpoint_requested:
            write_checkpoint(run, network, state, os.path.join(folder, f"step-{state['step']:06d}.json"))
        if not run.safe_point(step=state["step"]):
            return False
    return True


def evaluate_epoch(
    run: Run,
    network: Network,
    training: dataset.Samples,
    validation: dataset.Samples,
    state: Dict[str, Any],
    folder: str,
) -> None:
    """Measures the network on both sets, logs it and writes this epoch's checkpoint."""
    at = {"step": state["step"], "epoch": state["epoch"]}
    learned = network.evaluate(training.images, training.labels)
    result = network.evaluate(validation.images, validation.labels)
    run.log_metrics({"train_acc": learned.accuracy}, phase="train", **at)
    run.log_metrics({"val_loss": result.loss, "val_acc": result.accuracy}, phase="val", **at)
    is_best = result.accuracy > state["best"]
    state["best"] = max(state["best"], result.accuracy)
    save_checkpoint(run, network, state, result, is_best, folder)
    run.log(
        f"epoch {state['epoch']}: val_loss {result.loss:.4f} val_acc {result.accuracy:.4f}",
        level="info" if is_best else "debug",
    )


def save_checkpoint(
    run: Run, network: Network, state: Dict[str, Any], result: Evaluation, is_best: bool, folder: str
) -> None:
    metrics = {"val_loss": result.loss, "val_acc": result.accuracy}
    path = os.path.join(folder, f"epoch-{state['epoch']:03d}.json")
    write_checkpoint(run, network, state, path, metrics=metrics, is_best=is_best, best_key="val_acc")


def write_checkpoint(run: Run, network: Network, state: Dict[str, Any], path: str, **facts: Any) -> None:
    """A run that goes on from it repeats the epoch that it was written in."""
    write_json(path, {"state": state, "network": network.state()})
    run.log_checkpoint(step=state["step"], path=path, epoch=state["epoch"], **facts)


def load_checkpoint(path: str, network: Network) -> Dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        saved = json.load(file)
    network.restore(saved["network"])
    return saved["state"]


def write_json(path: str, value: Any) -> None:
    """Replaces the file in one step, so that a killed run leaves no half checkpoint."""
    partial = path + ".partial"
    with open(partial, "w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


if __name__ == "__main__":
    main()
