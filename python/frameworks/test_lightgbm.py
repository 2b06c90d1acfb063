"""LightGBM: real trainings, recorded round by round, and steered: each tree says at which rate it was learned."""

import unittest

import xtrack

from .background import Background
from .case import FrameworkCase, needs
from .example import run_example

MANY = 20_000  # rounds, of which a test that stops them sees few


def setUpModule():
    needs("lightgbm", "numpy")


class Rounds(FrameworkCase):
    def setUp(self):
        super().setUp()
        import lightgbm
        import numpy

        from xtrack.integrations.lightgbm import XTrackCallback

        self.lightgbm, self.XTrackCallback = lightgbm, XTrackCallback
        rng = numpy.random.default_rng(0)
        self.x = rng.random((300, 3))
        self.y = (self.x[:, 0] + 0.3 * rng.random(300) > 0.6).astype(int)
        self.options = {"objective": "binary", "num_leaves": 4, "num_threads": 1, "verbosity": -1, "eta": 0.2}
        self.options["boost_from_average"] = False  # or the first tree holds the average, and no rate

    def train_for(self, rounds, callbacks, **options):
        train = self.lightgbm.Dataset(self.x[:200], self.y[:200])
        val = self.lightgbm.Dataset(self.x[200:], self.y[200:], reference=train)
        return self.lightgbm.train(
            {**self.options, **options}, train, rounds, [train, val], ["train", "val"], callbacks=callbacks
        )

    def test_parameters_metrics_and_importances_are_recorded(self):
        result = {}
        self.train_for(5, [self.XTrackCallback(), self.lightgbm.record_evaluation(result)])
        self.assertEqual((self.params()["eta"], self.params()["num_boost_round"]), (0.2, 5))
        for phase in ("train", "val"):
            measured = list(enumerate(result[phase]["binary_logloss"], 1))
            self.assertEqual(self.metrics(f"{phase}/binary_logloss", phase=phase), measured)
        self.assertEqual([artifact["name"] for artifact in self.events("artifact")], ["feature_importance"])
        self.assertEqual(self.status(), "completed")

    def test_cross_validation_has_means_and_deviations(self):
        train = self.lightgbm.Dataset(self.x, self.y)
        made = self.lightgbm.cv(self.options, train, 3, nfold=3, callbacks=[self.XTrackCallback()])
        (mean, deviation) = sorted(name for name in made if name.startswith("valid "))
        self.assertEqual([value for _, value in self.metrics("valid/binary_logloss")], list(made[mean]))
        self.assertEqual([value for _, value in self.metrics("valid/binary_logloss/std")], list(made[deviation]))
        self.assertEqual(self.status(), "completed")

    def test_the_estimator_of_scikit_learn(self):
        needs("sklearn")
        with xtrack.start_run("mine") as run:
            model = self.lightgbm.LGBMClassifier(n_estimators=3, num_leaves=4, n_jobs=1, verbosity=-1)
            model.fit(self.x, self.y, eval_set=[(self.x, self.y)], callbacks=[self.XTrackCallback(run)])
            run.log_metric("after", 1)
        self.assertEqual(len(self.metrics("training/binary_logloss")), 3)
        self.assertEqual(self.metrics("after"), [(None, 1)])

    def test_early_stopping_and_the_end_of_the_block_end_the_run(self):
        with self.XTrackCallback() as callback:
            stopping = self.lightgbm.early_stopping(3, verbose=False)
            booster = self.train_for(MANY, [callback, stopping], learning_rate=0.9)
            self.assertIsNone(self.status())
        self.assertEqual(self.status(), "completed")
        measured = self.metrics("val/binary_logloss")
        self.assertEqual(len(measured), booster.best_iteration + 3)
        self.assertEqual(min(measured, key=lambda point: point[1])[0], booster.best_iteration)
        self.assertEqual([artifact["name"] for artifact in self.events("artifact")], ["feature_importance"])

    def test_checkpoints_are_models_of_their_round(self):
        callback = self.XTrackCallback(checkpoint_dir=self.path("out"), checkpoint_every=2)
        self.train_for(5, [callback])
        made = self.events("checkpoint")
        self.assertEqual([checkpoint["step"] for checkpoint in made], [2, 4])
        trees = [self.lightgbm.Booster(model_file=checkpoint["path"]).num_trees() for checkpoint in made]
        self.assertEqual(trees, [2, 4])

    def test_it_is_steered_while_it_trains(self):
        training = Background(lambda: self.train_for(MANY, [self.XTrackCallback(checkpoint_dir=self.path("out"))]))
        self.wait(lambda: self.metrics("train/binary_logloss"), "a round")
        saved = self.result(self.command("checkpoint_now"))
        self.assertEqual(saved["status"], "ok", saved)
        loaded = self.lightgbm.Booster(model_file=saved["result"]["path"])
        self.assertEqual(loaded.num_trees(), saved["result"]["step"])

        self.assertEqual(self.result(self.command("pause"))["status"], "ok")
        changed = self.command("adjust_lr", {"factor": 0.5})
        self.assertEqual(self.result(changed)["result"], {"lr": {"old": 0.2, "new": 0.1}})
        held = len(self.metrics("train/binary_logloss"))
        self.assertEqual(self.result(self.command("resume"))["status"], "ok")
        self.wait(lambda: len(self.metrics("train/binary_logloss")) > held + 3, "rounds after the pause")
        self.assertEqual(self.result(self.command("stop"))["status"], "ok")
        booster = training.finish()

        (change,) = self.events("change")
        for number, tree in enumerate(booster.dump_model()["tree_info"], 1):
            self.assertAlmostEqual(tree["shrinkage"], 0.2 if number <= change["step"] else 0.1, msg=f"tree {number}")
        rounds = len(self.metrics("train/binary_logloss"))
        self.assertLess(rounds, MANY)
        self.assertEqual((booster.num_trees(), booster.best_iteration), (rounds, rounds))
        self.assertEqual(self.status(), "completed")

    def test_stopped_under_early_stopping_the_best_round_is_the_best_so_far(self):
        training = Background(
            lambda: self.train_for(MANY, [self.XTrackCallback()], early_stopping_round=MANY, learning_rate=0.9)
        )
        self.wait(lambda: len(self.metrics("val/binary_logloss")) > 30, "rounds that overfit")
        self.result(self.command("stop"))
        booster = training.finish()
        best = min(self.metrics("val/binary_logloss"), key=lambda point: point[1])
        self.assertEqual((booster.best_iteration, booster.best_score["val"]["binary_logloss"]), best)

    def test_the_example_runs(self):
        needs("sklearn")
        run_example(self, "lightgbm", "--rounds", "3")
        self.assertEqual(len(self.metrics("val/multi_logloss", phase="val")), 3)
        self.assertEqual(self.status(), "completed")


if __name__ == "__main__":
    unittest.main()
