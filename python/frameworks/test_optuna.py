"""Optuna: a real study, its trials as child runs, live and after the fact, and a stop from outside."""

import threading
import unittest

import xtrack
from tests.collector import frame

from .background import Background
from .case import FrameworkCase, needs
from .example import run_example

MANY = 2_000  # trials, of which a test that stops them sees few


def setUpModule():
    needs("optuna")


def square(trial):
    x = trial.suggest_float("x", -1, 1)
    trial.suggest_categorical("kind", ["a", "b"])
    for step in range(3):
        trial.report(x * x + step, step)
    return x * x


class Studies(FrameworkCase):
    def setUp(self):
        super().setUp()
        import optuna

        from xtrack.integrations.optuna import XTrackCallback

        self.optuna, self.XTrackCallback = optuna, XTrackCallback
        optuna.logging.set_verbosity(optuna.logging.ERROR)

    def study(self, **options):
        options.setdefault("sampler", self.optuna.samplers.RandomSampler(seed=1))
        return self.optuna.create_study(study_name="s", **options)

    def children(self):
        """Trial number -> id of its run."""
        started = [start for start in self.events("run_start") if start["name"].startswith("trial ")]
        return {int(start["tags"]["trial"]): start["run_id"]["id"] for start in started}

    def parent(self):
        """The run of the study, as soon as it has said so."""

        def found():
            return [start["run_id"] for start in self.events("run_start") if start["name"] == "s"]

        self.wait(found, "the study")
        return found()[0]

    def tags(self, run):
        return {name: value for event in self.events("tags", run) for name, value in event["tags"].items()}

    def test_a_study_is_a_run_and_each_trial_a_child_of_it(self):
        study = self.study()
        with self.XTrackCallback() as callback:
            study.optimize(square, n_trials=4, callbacks=[callback])
        parent = self.parent()
        children = self.children()
        self.assertEqual(sorted(children), [0, 1, 2, 3])
        self.assertEqual(self.params(parent)["sampler"], "RandomSampler")
        self.assertEqual(self.params(parent)["directions"], ["minimize"])
        self.assertEqual(self.metrics("value", parent), [(trial.number, trial.value) for trial in study.trials])
        best = [min(trial.value for trial in study.trials[: n + 1]) for n in range(4)]
        self.assertEqual(self.metrics("best_value", parent), list(enumerate(best)))
        for trial in study.trials:
            run = children[trial.number]
            self.assertEqual(self.events("run_start", run)[0]["run_id"]["parent_id"], parent)
            self.assertEqual(self.params(run), trial.params)
            self.assertEqual(self.metrics("intermediate_value", run), sorted(trial.intermediate_values.items()))
            self.assertEqual(self.metrics("value", run), [(None, trial.value)])
            self.assertEqual(self.metrics("duration_s", run), [(None, trial.duration.total_seconds())])
        self.assertEqual({self.status(run) for run in self.runs()}, {"completed"})

    def test_a_trial_logs_live_into_its_own_run(self):
        callback, seen = self.XTrackCallback(), []

        @callback.track_in_trial
        def objective(trial):
            xtrack.log_metric("mine", trial.number, step=7)
            value = square(trial)
            run = xtrack.active_run().run_id
            self.wait(lambda: len(self.metrics("intermediate_value", run)) == 3, "reports of a trial that still runs")
            seen.append(self.status(run))
            return value

        study = self.study()
        study.optimize(objective, n_trials=2, callbacks=[callback])
        callback.close()
        self.assertEqual(seen, [None, None])
        for number, run in self.children().items():
            self.assertEqual(self.metrics("mine", run), [(7, number)])
            self.assertEqual(len(self.metrics("intermediate_value", run)), 3)
            self.assertEqual(self.metrics("value", run), [(None, study.trials[number].value)])
            self.assertEqual(self.status(run), "completed")
        self.assertEqual(len(self.runs()), 3)

    def test_failed_and_pruned_trials_say_so(self):
        def objective(trial):
            trial.suggest_int("n", 0, 3)
            if trial.number in (0, 2):
                raise ValueError("no luck")
            raise self.optuna.TrialPruned

        callback = self.XTrackCallback()
        study = self.study()
        study.optimize(objective, n_trials=2, callbacks=[callback], catch=(ValueError,))
        study.optimize(callback.track_in_trial(objective), n_trials=2, callbacks=[callback], catch=(ValueError,))
        callback.close()
        ends = {number: self.status(run) for number, run in self.children().items()}
        self.assertEqual(ends, {0: "failed", 1: "killed", 2: "failed", 3: "killed"})
        states = {number: self.tags(run)["state"] for number, run in self.children().items()}
        self.assertEqual(states, {0: "FAIL", 1: "PRUNED", 2: "FAIL", 3: "PRUNED"})
        self.assertEqual(self.events("run_end", self.children()[2])[0]["error"]["type"], "ValueError")
        self.assertEqual({len(self.params(run)) for run in self.children().values()}, {1})

    def test_threads_keep_their_trials_apart(self):
        meet = threading.Barrier(3, timeout=60)

        def objective(trial):
            meet.wait()  # all three are open at once
            return trial.suggest_float("x", 0, 1)

        with self.XTrackCallback() as callback:

            def tracked(trial):
                with callback.trial_run(trial) as run:
                    run.log_metric("number", trial.number)
                    return objective(trial)

            study = self.study()
            study.optimize(tracked, n_trials=6, n_jobs=3, callbacks=[callback])
        children = self.children()
        self.assertEqual(sorted(children), list(range(6)))
        for number, run in children.items():
            self.assertEqual(self.metrics("number", run), [(None, number)])
            self.assertEqual(self.params(run), study.trials[number].params)
            self.assertEqual(self.metrics("value", run), [(None, study.trials[number].value)])
        self.assertEqual({self.status(run) for run in self.runs()}, {"completed"})

    def test_several_objectives_have_a_value_each(self):
        study = self.study(directions=["minimize", "maximize"])
        with xtrack.start_run("mine") as mine:
            callback = self.XTrackCallback()
            study.optimize(
                lambda trial: (trial.suggest_float("x", 0, 1), trial.number), n_trials=3, callbacks=[callback]
            )
            callback.close()
            mine.log_metric("after", 1)  # a run that was there before stays open
        self.assertEqual(self.metrics("value_1", mine.run_id), [(0, 0), (1, 1), (2, 2)])
        self.assertEqual(self.metrics("pareto_trials", mine.run_id)[-1], (2, len(study.best_trials)))
        self.assertEqual(len(self.children()), 3)

    def test_a_study_is_paused_resumed_and_stopped_between_trials(self):
        study, peers = self.study(), {}

        def meet(peer, envelope):  # each run has a connection of its own, and the study is who is told
            if envelope["t"] == "hello":
                peers[envelope["p"]["run_id"]] = peer

        def tell(kind):
            self.wait(lambda: parent in peers, "the run of the study to connect")
            peers[parent].sendall(frame("command", {"cmd_id": kind, "type": kind, "payload": {}}))
            self.assertEqual(self.result(kind)["status"], "ok")

        over = threading.Event()
        self.addCleanup(over.set)  # a test that fails leaves no study behind

        def objective(trial):
            if over.is_set():
                trial.study.stop()
            return square(trial)

        def optimize():
            study.optimize(objective, n_trials=MANY, callbacks=[callback])

        self.collector.on_frame = meet
        with self.XTrackCallback() as callback:
            training = Background(optimize)
            self.wait(self.children, "a trial")
            parent = self.parent()
            tell("pause")
            held = len(study.trials)
            tell("resume")
            self.wait(lambda: len(study.trials) > held, "trials after the pause")
            tell("stop")
            training.finish()
        self.assertLess(len(study.trials), MANY)
        self.assertEqual(len(self.children()), len(study.trials))
        self.assertEqual({trial.state.name for trial in study.trials}, {"COMPLETE"})
        self.assertEqual(self.status(parent), "completed")

    def test_the_example_runs(self):
        run_example(self, "optuna", "--trials", "6")
        self.assertEqual(len(self.children()), 6)
        self.assertLessEqual({self.status(run) for run in self.runs()}, {"completed", "killed"})


if __name__ == "__main__":
    unittest.main()
