"""XGBoost: real trainings, recorded and steered round by round: what a changed learning rate did is in the trees."""

import re
import unittest

import xtrack

from .background import Background
from .case import FrameworkCase, needs
from .example import run_example

MANY = 20_000  # rounds, of which a test that stops them sees few


def setUpModule():
    needs("xgboost", "numpy")


class Rounds(FrameworkCase):
    def setUp(self):
        super().setUp()
        import numpy
        import xgboost

        from xtrack.integrations.xgboost import XTrackCallback

        self.xgboost, self.XTrackCallback = xgboost, XTrackCallback
        rng = numpy.random.default_rng(0)
        self.x = rng.random((200, 3))
        self.y = (self.x[:, 0] + 0.3 * rng.random(200) > 0.6).astype(int)
        self.train = xgboost.DMatrix(self.x[:150], self.y[:150])
        self.val = xgboost.DMatrix(self.x[150:], self.y[150:])
        self.options = {"objective": "binary:logistic", "max_depth": 2, "learning_rate": 0.1, "nthread": 1}

    def train_for(self, rounds, callbacks, **options):
        evals = [(self.train, "train"), (self.val, "val")]
        return self.xgboost.train(
            self.options, self.train, rounds, evals=evals, callbacks=callbacks, verbose_eval=False, **options
        )

    def test_parameters_metrics_and_importances_are_recorded(self):
        result = {}
        self.train_for(5, [self.XTrackCallback()], evals_result=result)
        params = self.params()
        self.assertEqual(params["learning_rate"], 0.1)
        self.assertEqual((params["max_depth"], params["objective"]), (2, "binary:logistic"))
        self.assertNotIn("eta", params)
        for data, phase in (("train", "train"), ("val", "val")):
            measured = list(enumerate(result[data]["logloss"]))
            self.assertEqual(self.metrics(f"{data}/logloss", phase=phase), measured)
        self.assertEqual([artifact["name"] for artifact in self.events("artifact")], ["feature_importance"])
        self.assertEqual(self.status(), "completed")

    def test_cross_validation_has_means_and_deviations(self):
        made = self.xgboost.cv(self.options, self.train, 3, nfold=3, callbacks=[self.XTrackCallback()], as_pandas=False)
        self.assertEqual(self.status(), "completed")
        self.assertEqual([value for _, value in self.metrics("test/logloss")], made["test-logloss-mean"])
        self.assertEqual([value for _, value in self.metrics("test/logloss/std")], made["test-logloss-std"])

    def test_the_estimator_of_scikit_learn_and_its_clones_log_to_the_same_run(self):
        base = needs("sklearn.base")
        with xtrack.start_run("mine") as run:
            model = self.xgboost.XGBClassifier(n_estimators=3, n_jobs=1, callbacks=[self.XTrackCallback(run)])
            for each in (model, base.clone(model)):
                each.fit(self.x, self.y, eval_set=[(self.x, self.y)], verbose=False)
            run.log_metric("after", 1)
        self.assertEqual(len(self.metrics("validation_0/logloss", phase="val")), 6)
        self.assertEqual(self.runs(), [run.run_id])
        self.assertEqual(self.metrics("after"), [(None, 1)])

    def test_checkpoints_are_models_of_their_round(self):
        callback = self.XTrackCallback(checkpoint_dir=self.path("out"), checkpoint_every=2)
        self.train_for(5, [callback])
        made = self.events("checkpoint")
        self.assertEqual([checkpoint["step"] for checkpoint in made], [1, 3])
        rounds = [self.xgboost.Booster(model_file=checkpoint["path"]).num_boosted_rounds() for checkpoint in made]
        self.assertEqual(rounds, [2, 4])

    def test_a_continued_training_goes_on_counting(self):
        first = self.train_for(2, [])
        self.train_for(2, [self.XTrackCallback()], xgb_model=first)
        self.assertEqual([step for step, _ in self.metrics("train/logloss")], [2, 3])

    def test_it_is_steered_while_it_trains(self):
        training = Background(lambda: self.train_for(MANY, [self.XTrackCallback(checkpoint_dir=self.path("out"))]))
        self.wait(lambda: self.metrics("train/logloss"), "a round")
        saved = self.result(self.command("checkpoint_now"))
        self.assertEqual(saved["status"], "ok", saved)
        loaded = self.xgboost.Booster(model_file=saved["result"]["path"])
        self.assertEqual(loaded.num_boosted_rounds(), saved["result"]["step"] + 1)

        self.assertEqual(self.result(self.command("pause"))["status"], "ok")
        changed = self.command("adjust_lr", {"lr": 0.0})  # takes effect in the pause: a safe point, too
        self.assertEqual(self.result(changed)["result"], {"lr": {"old": 0.1, "new": 0.0}})
        held = len(self.metrics("train/logloss"))
        self.assertEqual(self.result(self.command("resume"))["status"], "ok")
        self.wait(lambda: len(self.metrics("train/logloss")) > held + 3, "rounds after the pause")
        self.assertEqual(self.result(self.command("stop"))["status"], "ok")
        booster = training.finish()

        (change,) = self.events("change")
        self.assertEqual((change["name"], change["old"], change["value"]), ("lr", 0.1, 0.0))
        for number, tree in enumerate(booster.get_dump()):
            moved = any(float(leaf) != 0.0 for leaf in re.findall(r"leaf=([^\s,]+)", tree))
            self.assertEqual(moved, number <= change["step"], f"tree {number}, changed after {change['step']}")
        self.assertEqual(booster.num_boosted_rounds(), len(self.metrics("train/logloss")))
        self.assertLess(booster.num_boosted_rounds(), MANY)
        self.assertIn("paused", [status["status"] for status in self.events("status")])
        self.assertEqual(self.status(), "completed")

    def test_a_cross_validation_has_no_model_to_save(self):
        def validate():
            callback = self.XTrackCallback()
            return self.xgboost.cv(self.options, self.train, MANY, nfold=2, callbacks=[callback], as_pandas=False)

        training = Background(validate)
        self.wait(lambda: self.metrics("test/logloss"), "a round")
        refused = self.result(self.command("checkpoint_now"))
        self.assertEqual((refused["status"], refused["error"]), ("error", "a cross-validation has no model to save"))
        self.result(self.command("stop"))
        self.assertLess(len(training.finish()["test-logloss-mean"]), MANY)

    def test_the_example_runs(self):
        needs("sklearn")
        run_example(self, "xgboost", "--rounds", "3")
        self.assertEqual(len(self.metrics("val/mlogloss", phase="val")), 3)
        self.assertEqual(self.status(), "completed")


if __name__ == "__main__":
    unittest.main()
