"""Scripts written for W&B, run word for word against the real package (offline) and against XTrack's."""

import ast
import importlib
import inspect
import json
import os
import subprocess
import sys
import textwrap
import unittest

from tests.case import PACKAGE

from .case import FrameworkCase, needs

SECONDS = 240  # that a script may take: the real package starts a process of its own

PYTORCH = """
    import json, os
    import wandb
    import torch
    torch.manual_seed(0)

    run = wandb.init(project="demo", name="torch", config={"lr": 0.1, "epochs": 3, "net": {"hidden": 4}}, tags=["cpu"])
    config = wandb.config
    model = torch.nn.Sequential(torch.nn.Linear(2, config["net"]["hidden"]), torch.nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=config.lr)
    wandb.watch(model, log="all", log_freq=2)
    wandb.define_metric("val/*", step_metric="epoch")
    wandb.define_metric("loss", summary="min")
    steps = []
    for epoch in range(config.epochs):
        for _ in range(2):
            loss = model(torch.ones(3, 2)).pow(2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            wandb.log({"loss": loss.item(), "lr": optimizer.param_groups[0]["lr"]})
        wandb.log({"val/acc": epoch / 10, "epoch": epoch}, commit=False)
        wandb.log({"grid": wandb.Image(torch.rand(3, 8, 8), caption="noise"), "weights": wandb.Histogram([1, 2, 3])})
        steps.append(wandb.run.step)
    table = wandb.Table(columns=["id", "score"])
    table.add_data(0, 0.5)
    wandb.log({"predictions": table})
    path = os.path.join(wandb.run.dir, "model.pt")
    torch.save(model.state_dict(), path)
    wandb.save(path, base_path=wandb.run.dir)
    artifact = wandb.Artifact("model", type="model", metadata={"epochs": config.epochs})
    artifact.add_file(path)
    run.log_artifact(artifact)
    wandb.run.summary["best"] = 0.25
    wandb.alert(title="done", text="training is over", level=wandb.AlertLevel.INFO)
    seen = {"steps": steps, "config": dict(config), "best": wandb.summary["best"], "step": run.step}
    seen["acc"], seen["lowest"] = wandb.summary["val/acc"], round(wandb.summary["loss"]["min"], 5)
    wandb.finish()
    print(json.dumps([seen, wandb.run is None]))
"""

KERAS = """
    import argparse, json
    import wandb

    parser = argparse.ArgumentParser()
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--lr", type=float, default=0.01)
    args = parser.parse_args([])
    wandb.init(project="demo", config=args, group="keras", job_type="train", notes="as in the guide")
    config = wandb.config
    config.epochs = 2
    config.setdefaults({"lr": 5, "optimizer": "adam"})
    config.update({"lr": 0.02}, allow_val_change=True)

    class History:
        def on_epoch_end(self, epoch, logs):
            wandb.log({"epoch": epoch, **logs}, step=epoch)

    history = History()
    for epoch in range(config.epochs):
        history.on_epoch_end(epoch, {"loss": 1.0 / (epoch + 1), "nested": {"accuracy": epoch, "deep": {"x": 1}}})
    wandb.log({"done": True}, commit=True)
    seen = {"lr": config.lr, "batch": config["batch_size"], "optimizer": config.get("optimizer"), "has": "lr" in config}
    seen["keys"] = sorted(key for key in config.keys())
    seen["summary"] = [wandb.run.summary[key] for key in ("loss", "epoch", "done")]
    seen["nested"] = [wandb.run.summary["nested"]["accuracy"], wandb.run.summary["nested"]["deep"]["x"]]
    seen["run"] = [wandb.run.step, wandb.run.group, wandb.run.job_type, wandb.run.notes, wandb.run.project]
    wandb.finish(exit_code=0)
    print(json.dumps(seen))
"""

TRAINER = """
    import json
    import wandb

    class Callback:
        def __init__(self):
            self._wandb = wandb

        def setup(self, arguments):
            if self._wandb.run is None:
                self._wandb.init(project="hf", name="bert", id="hfrun", resume="allow")
            self._wandb.config.update(arguments, allow_val_change=True)
            self._wandb.define_metric("train/global_step")
            self._wandb.define_metric("*", step_metric="train/global_step", step_sync=True)

        def on_log(self, logs, step):
            self._wandb.log({**logs, "train/global_step": step})

        def on_train_end(self):
            with self._wandb.init(project="hf") if self._wandb.run is None else self._wandb.run as run:
                run.summary["total_flos"] = 12
                run.summary.update({"more": 1})

    callback = Callback()
    callback.setup({"learning_rate": 5e-5, "fp16": False, "nothing": None, "label_names": ["a"]})
    callback.setup({"learning_rate": 3e-5, "model/num_parameters": 10})
    for step in (10, 20, 30):
        callback.on_log({"train/loss": 1 / step, "train/epoch": step / 10}, step)
    seen = [wandb.run.id, wandb.run.step, wandb.config["learning_rate"], wandb.config["model/num_parameters"]]
    seen.append(wandb.run.summary["train/global_step"])
    callback.on_train_end()
    print(json.dumps([seen, wandb.run is None]))
"""

PLOTS = """
    import json
    import numpy as np
    import wandb

    with wandb.init(project="demo", tags=["plots"]) as run:
        truth, scores = [0, 0, 1, 1], np.array([[0.9, 0.1], [0.4, 0.6], [0.65, 0.35], [0.2, 0.8]])
        matrix = wandb.plot.confusion_matrix(y_true=truth, preds=[0, 1, 1, 1], class_names=["cat", "dog"])
        roc = wandb.plot.roc_curve(truth, scores, labels=["cat", "dog"])
        precision = wandb.plot.pr_curve(truth, scores, labels=["cat", "dog"])
        lines = wandb.plot.line_series(xs=[0, 1], ys=[[1, 2], [3, 4]], keys=["a", "b"], title="two", xname="epoch")
        table = wandb.Table(data=[[1, 0.5], [2, 0.25]], columns=["x", "y"])
        run.log({"matrix": matrix, "roc": roc, "pr": precision, "lines": lines})
        run.log({"line": wandb.plot.line(table, "x", "y", title="t"), "dots": wandb.plot.scatter(table, "x", "y")})
        run.log({"bars": wandb.plot.bar(table, "x", "y"), "spread": wandb.plot.histogram(table, "y")})
        run.log({"page": wandb.Html("<p>hello"), "mode": "text", "list": [1, 2]})
        run.log({"pictures": [wandb.Image(np.zeros((4, 4), "uint8")), wandb.Image(np.zeros((4, 4, 3), "uint8"))]})
        seen = [[actual, predicted, float(count)] for actual, predicted, count in matrix.table.data]
        cells = [table.columns, table.get_column("y"), [row for _, row in table.iterrows()], table.data]
        print(json.dumps([seen, cells, run.step]))
"""

SCRIPTS = {"pytorch": PYTORCH, "keras": KERAS, "trainer": TRAINER, "plots": PLOTS}


class Scripts(FrameworkCase):
    def both(self, name, *modules):
        """What the script printed with XTrack, after it printed the same with the real package."""
        needs("wandb", *modules)
        script = textwrap.dedent(SCRIPTS[name])
        real = self.printed(script, WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DIR=self.folder)
        ours = self.printed(script.replace("import wandb\n", "import xtrack.wandb as wandb\n"))
        self.assertEqual(ours, real)
        return ours

    def printed(self, script, **environ):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": PACKAGE, "WANDB_CONSOLE": "off", **environ},
            cwd=self.folder,
            capture_output=True,
            timeout=SECONDS,
        )
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return json.loads(done.stdout.decode().strip().splitlines()[-1])

    def test_a_pytorch_loop(self):
        self.both("pytorch", "torch")
        self.assertEqual(self.status(), "completed")
        self.assertEqual(self.metrics("val/acc"), [(0, 0.0), (1, 0.1), (2, 0.2)])
        self.assertEqual([step for step, _ in self.metrics("loss")], [0, 1, 3, 4, 6, 7])
        self.assertEqual(self.params()["net.hidden"], 4)
        names = [payload["name"] for payload in self.events("artifact")]
        for name in ("gradients/0.weight", "parameters/1.bias", "grid", "weights", "predictions", "model/model.pt"):
            self.assertIn(name, names)
        self.assertEqual(self.events("run_end")[0]["final_metrics"]["best"], 0.25)

    def test_a_keras_like_script(self):
        self.both("keras")
        self.assertEqual(self.metrics("nested.accuracy"), [(0, 0), (1, 1)])
        self.assertEqual(self.params()["optimizer"], "adam")

    def test_a_callback_as_the_trainer_of_transformers_has_it(self):
        self.both("trainer")
        self.assertEqual([step for step, _ in self.metrics("train/loss")], [10, 20, 30])
        self.assertEqual(self.runs(), ["hfrun"])

    def test_plots_and_media(self):
        self.both("plots", "numpy", "sklearn", "PIL")
        charts = [payload["meta"]["chart"]["type"] for payload in self.events("artifact") if "chart" in payload["meta"]]
        self.assertEqual(charts, ["confusion_matrix", "line", "line", "line", "line", "scatter", "bar", "histogram"])


class Names(unittest.TestCase):
    """Every name that the scripts use is in both packages, and every keyword is taken by both."""

    def test_names_and_keywords(self):
        real, ours = needs("wandb"), importlib.import_module("xtrack.wandb")
        for name, script in SCRIPTS.items():
            for node in ast.walk(ast.parse(textwrap.dedent(script))):
                call = node if isinstance(node, ast.Call) else None
                path = dotted(node.func if call else node)
                if not path.startswith("wandb.") or path.startswith(("wandb.config", "wandb.run.", "wandb.summary")):
                    continue
                for package in (real, ours):
                    with self.subTest(script=name, name=path, package=package.__name__):
                        found = of(package, path)
                        if call:
                            takes(found, {keyword.arg for keyword in call.keywords})

    def test_the_verbs_take_the_same_arguments(self):
        real, ours = needs("wandb"), importlib.import_module("xtrack.wandb")
        verbs = ("log", "finish", "alert", "define_metric", "save", "log_artifact", "watch", "unwatch", "log_model")
        pairs = [(getattr(real.Run, name), getattr(ours.Run, name)) for name in verbs]
        pairs += [(getattr(real, name), getattr(ours, name)) for name in ("init", "Table", "Image", "Histogram")]
        values = ("Audio", "Video", "Html", "Artifact", "Plotly")
        pairs += [(getattr(real, name), getattr(ours, name)) for name in values]
        plots = ("line", "scatter", "bar", "histogram", "line_series", "confusion_matrix", "roc_curve", "pr_curve")
        pairs += [(getattr(real.plot, name), getattr(ours.plot, name)) for name in plots]
        for theirs, own in pairs:
            with self.subTest(verb=own.__qualname__):
                wanted = [name for name, one in parameters(theirs).items() if one.kind is not one.VAR_KEYWORD]
                self.assertEqual([name for name in wanted if name not in parameters(own)], [])


def dotted(node):
    """`wandb.plot.line` of its syntax tree; an empty string for anything else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def of(package, path):
    found = package
    for part in path.split(".")[1:]:
        found = getattr(found, part)
    return found


def parameters(call):
    return inspect.signature(call).parameters


def takes(call, keywords):
    found = parameters(call)
    if not any(one.kind is one.VAR_KEYWORD for one in found.values()):
        assert keywords <= set(found), f"{keywords - set(found)} of {call}"


if __name__ == "__main__":
    unittest.main()
