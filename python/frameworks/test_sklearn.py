"""scikit-learn: what `autolog` records of real estimators, and that it leaves no trace of itself."""

import subprocess
import sys
import threading
import unittest

import xtrack

from .case import FrameworkCase, needs
from .example import environ, run_example


def setUpModule():
    needs("sklearn")


class Autolog(FrameworkCase):
    def setUp(self):
        super().setUp()
        from sklearn.datasets import load_diabetes, load_iris

        from xtrack.integrations.sklearn import autolog

        self.autolog = autolog
        self.addCleanup(lambda: autolog(disable=True))
        self.iris = load_iris(return_X_y=True)
        self.diabetes = load_diabetes(return_X_y=True)

    def names(self):
        return sorted(start["name"] for start in self.events("run_start"))

    def named(self, name):
        """The run of that name."""
        return next(run for run in self.runs() if self.events("run_start", run)[0]["name"] == name)

    def parent(self, run):
        given = self.events("run_start", run)[0]["run_id"]
        return given.get("parent_id") if isinstance(given, dict) else None

    def test_a_classifier_is_a_run_with_parameters_data_and_metrics(self):
        from sklearn.linear_model import LogisticRegression

        with self.autolog():
            fitted = LogisticRegression(C=0.5, max_iter=300).fit(*self.iris)
        self.assertEqual(self.names(), ["LogisticRegression"])
        self.assertEqual(self.status(), "completed")
        params = self.params()
        self.assertEqual((params["class"], params["C"], params["max_iter"]), ("LogisticRegression", 0.5, 300))
        self.assertEqual((params["data.rows"], params["data.columns"], params["data.classes"]), (150, 4, 3))
        self.assertEqual(self.metrics("accuracy", phase="train"), [(None, fitted.score(*self.iris))])
        self.assertLessEqual({"f1_macro", "log_loss", "roc_auc", "fit_seconds", "n_iter"}, self.keys())

    def test_a_regressor_has_the_metrics_of_its_kind(self):
        from sklearn.ensemble import GradientBoostingRegressor

        with self.autolog():
            fitted = GradientBoostingRegressor(n_estimators=7, random_state=1).fit(*self.diabetes)
        self.assertEqual(self.metrics("r2", phase="train"), [(None, fitted.score(*self.diabetes))])
        self.assertLessEqual({"rmse", "mae"}, self.keys())
        self.assertEqual(self.metrics("train_score"), [(step, loss) for step, loss in enumerate(fitted.train_score_)])

    def test_a_network_leaves_its_loss_curve(self):
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        with self.autolog(), self.assertWarns(ConvergenceWarning):
            fitted = MLPClassifier([5], max_iter=6, early_stopping=True, random_state=1).fit(*self.iris)
        self.assertEqual(self.metrics("loss_curve", phase="train"), list(enumerate(fitted.loss_curve_)))
        self.assertEqual(self.metrics("validation_scores", phase="val"), list(enumerate(fitted.validation_scores_)))

    def test_a_pipeline_is_one_run_and_its_final_step_tells_the_curve(self):
        from sklearn.ensemble import GradientBoostingClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        with self.autolog():
            make_pipeline(StandardScaler(), GradientBoostingClassifier(n_estimators=3)).fit(*self.iris)
        self.assertEqual(self.names(), ["Pipeline"])
        self.assertEqual(self.params()["gradientboostingclassifier__n_estimators"], 3)
        self.assertEqual(self.params()["standardscaler"], "StandardScaler")
        self.assertEqual(len(self.metrics("train_score")), 3)

    def test_a_search_has_its_best_candidates_as_child_runs(self):
        from sklearn.model_selection import GridSearchCV
        from sklearn.tree import DecisionTreeClassifier

        with self.autolog(max_children=2):
            search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3]}, cv=3)
            search.fit(*self.iris)
        best = f"candidate {search.best_index_}"
        second = f"candidate {list(search.cv_results_['rank_test_score']).index(2)}"
        self.assertEqual(self.names(), sorted(["GridSearchCV", best, second]))
        parent, best, second = self.named("GridSearchCV"), self.named(best), self.named(second)
        self.assertEqual(self.params(parent)["candidates"], 3)
        self.assertEqual(self.params(parent)["best.max_depth"], search.best_params_["max_depth"])
        self.assertEqual(self.metrics("best_score", parent), [(None, search.best_score_)])
        self.assertEqual([artifact["name"] for artifact in self.events("artifact", parent)], ["cv_results"])
        self.assertEqual([self.parent(child) for child in (best, second)], [parent, parent])
        self.assertEqual(self.params(best)["max_depth"], search.best_params_["max_depth"])
        self.assertEqual(self.metrics("mean_test_score", best), [(None, search.best_score_)])
        self.assertEqual([step for step, _ in self.metrics("test_score", best, phase="val")], [0, 1, 2])
        self.assertEqual({self.status(run) for run in self.runs()}, {"completed"})

    def test_fits_inside_a_fit_are_part_of_it_in_worker_threads_too(self):
        from joblib import parallel_config
        from sklearn.model_selection import RandomizedSearchCV, cross_val_score
        from sklearn.tree import DecisionTreeClassifier

        tree = DecisionTreeClassifier()
        with self.autolog(max_children=0), parallel_config(backend="threading", n_jobs=2):
            RandomizedSearchCV(tree, {"max_depth": [1, 2]}, n_iter=2, cv=2).fit(*self.iris)
            cross_val_score(tree, *self.iris)
        self.assertEqual(self.names(), ["RandomizedSearchCV"])

    def test_a_search_in_worker_processes_takes_a_class_of_the_script(self):
        script = """
            import xtrack.integrations.sklearn as tracked
            from sklearn.base import BaseEstimator, ClassifierMixin
            from sklearn.datasets import load_iris
            from sklearn.model_selection import GridSearchCV
            class Constant(ClassifierMixin, BaseEstimator):
                def __init__(self, answer=0): self.answer = answer
                def fit(self, X, y):
                    self.classes_ = [0, 1, 2]
                    return self
                def predict(self, X): return [self.answer] * len(X)
            with tracked.autolog():
                search = GridSearchCV(Constant(), {"answer": [0, 1]}, n_jobs=2, cv=2).fit(*load_iris(return_X_y=True))
            print(search.best_score_)
        """
        lines = [line[12:] for line in script.splitlines()]
        made = subprocess.run([sys.executable, "-c", "\n".join(lines)], env=environ(), capture_output=True, text=True)
        self.assertEqual((made.returncode, made.stdout.strip()), (0, "0.3333333333333333"), made.stderr)
        self.assertEqual(self.names(), ["GridSearchCV", "candidate 0", "candidate 1"])

    def test_fit_predict_is_a_fit_and_a_transformer_alone_is_none(self):
        from sklearn.cluster import KMeans
        from sklearn.preprocessing import StandardScaler

        with self.autolog():
            StandardScaler().fit_transform(self.iris[0])
            KMeans(3, n_init=1, random_state=0).fit_predict(self.iris[0])
        self.assertEqual(self.names(), ["KMeans"])
        self.assertLessEqual({"score", "inertia", "n_iter"}, self.keys())

    def test_in_an_active_run_the_first_fit_is_in_it_and_the_next_a_child_of_it(self):
        from sklearn.naive_bayes import GaussianNB
        from sklearn.tree import DecisionTreeClassifier

        with xtrack.start_run("mine") as mine, self.autolog():
            DecisionTreeClassifier().fit(*self.iris)
            GaussianNB().fit(*self.iris)
            mine.log_metric("after", 1)
        self.assertEqual(self.names(), ["GaussianNB", "mine"])
        self.assertEqual(self.params(mine.run_id)["class"], "DecisionTreeClassifier")
        self.assertEqual(self.parent(self.named("GaussianNB")), mine.run_id)
        self.assertEqual(self.metrics("after", mine.run_id), [(None, 1)])

    def test_what_fit_raises_is_raised_and_ends_the_run_as_failed(self):
        from sklearn.linear_model import LogisticRegression

        with self.autolog(), self.assertRaisesRegex(ValueError, "inconsistent numbers of samples"):
            LogisticRegression().fit(self.iris[0], [0, 1])
        self.assertEqual(self.status(), "failed")
        self.assertEqual(self.events("run_end")[0]["error"]["type"], "ValueError")

    def test_threads_have_runs_of_their_own(self):
        from sklearn.tree import DecisionTreeClassifier

        with self.autolog():
            threads = [threading.Thread(target=DecisionTreeClassifier().fit, args=self.iris) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(self.names(), ["DecisionTreeClassifier"] * 4)
        self.assertEqual([self.status(run) for run in self.runs()], ["completed"] * 4)

    def test_a_model_is_kept_where_asked(self):
        import joblib
        from sklearn.tree import DecisionTreeClassifier

        with self.autolog(model_dir=self.path("models")):
            fitted = DecisionTreeClassifier(random_state=0).fit(*self.iris)
        (artifact,) = self.events("artifact")
        self.assertEqual((artifact["type"], artifact["upload"]), ("model", "reference"))
        again = joblib.load(artifact["path"])
        self.assertEqual(list(again.predict(self.iris[0])), list(fitted.predict(self.iris[0])))

    def test_switched_off_every_class_is_as_it_was(self):
        from sklearn.base import BaseEstimator
        from sklearn.linear_model import LogisticRegression, Ridge

        before = [kind.__dict__["fit"] for kind in (LogisticRegression, Ridge)]
        hook = BaseEstimator.__dict__.get("__init_subclass__")
        self.autolog()
        with self.autolog():

            class Later(Ridge):
                def fit(self, X, y, sample_weight=None):
                    return super().fit(X, y, sample_weight)

            Later().fit(*self.diabetes)
        self.assertIsNot(LogisticRegression.__dict__["fit"], before[0])  # the outer one is still on
        self.autolog(disable=True)
        self.assertEqual([kind.__dict__["fit"] for kind in (LogisticRegression, Ridge)], before)
        self.assertIs(BaseEstimator.__dict__.get("__init_subclass__"), hook)
        Ridge().fit(*self.diabetes)
        Later().fit(*self.diabetes)
        self.assertEqual(self.names(), ["Later"])


class Example(FrameworkCase):
    def test_it_runs(self):
        run_example(self, "sklearn", "--candidates", "2")
        self.assertEqual({self.status(run) for run in self.runs()}, {"completed"})
        self.assertIn("best_score", self.keys())


if __name__ == "__main__":
    unittest.main()
