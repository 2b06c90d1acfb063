"""What the tests with real libraries share: a collector to log to, what it stored, and commands sent back."""

import importlib
import itertools
import os
import shutil
import tempfile
import time
import unittest

import xtrack
from tests.case import params_of
from tests.collector import Collector

SECONDS = 60  # that a test waits for what must happen: a generous limit, not a measure


def needs(*modules):
    """Imports each module; the test (or, from `setUpModule`, the whole module) skips by the name that is missing."""
    found = []
    for name in modules:
        try:
            found.append(importlib.import_module(name))
        except ImportError as error:
            raise unittest.SkipTest(f"{name} is not installed ({error})") from None
    return found[0] if len(found) == 1 else found


class FrameworkCase(unittest.TestCase):
    """A test in a folder of its own (also the working directory), whose runs reach `self.collector`."""

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="xt-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        self.collector = Collector(self.path("xtrack.sock"))
        self.addCleanup(self.collector.stop)
        self.addCleanup(_restore, dict(os.environ))
        for name in [name for name in os.environ if name.startswith("XTRACK_")] + ["WORLD_SIZE", "RANK"]:
            os.environ.pop(name, None)
        os.environ.update(
            XTRACK_TRANSPORT="unix",
            XTRACK_SOCKET=self.path("xtrack.sock"),
            XTRACK_DATA=self.folder,
            XTRACK_FLUSH_TIMEOUT=str(SECONDS),
        )
        self.addCleanup(self._end_runs)
        self._commands = (f"c{number}" for number in itertools.count(1))

    def path(self, *parts):
        """A path inside the test's folder."""
        return os.path.join(self.folder, *parts)

    # -- what the collector stored; of all runs of the test, or of one -----------------------------------

    def runs(self):
        """Ids of the runs that said anything, in order of their first events."""
        return list(dict.fromkeys(key[0] for key in list(self.collector.events)))

    def events(self, kind=None, run_id=None):
        """Payloads of the events of a kind, in order. Complete for a run that has ended."""
        found = []
        for run in self.runs() if run_id is None else [run_id]:
            found += [event["p"] for event in self.collector.of(run) if kind in (None, event["t"])]
        return found

    def kinds(self, run_id=None):
        """Types of all events, in order."""
        runs = self.runs() if run_id is None else [run_id]
        return [kind for run in runs for kind in self.collector.kinds(run)]

    def metrics(self, key, run_id=None, phase=None):
        """[(step, value)] of one metric, from single metrics and batches; `phase` keeps those of one phase."""
        found = []
        for run in self.runs() if run_id is None else [run_id]:
            for event in self.collector.of(run):
                payload = event["p"]
                if phase is not None and payload.get("ctx", {}).get("phase") != phase:
                    continue
                if event["t"] == "metric" and payload["key"] == key:
                    found.append((payload.get("step"), number(payload["value"])))
                elif event["t"] == "metric_batch" and key in payload["metrics"]:
                    found.append((payload.get("step"), number(payload["metrics"][key])))
        return found

    def keys(self, run_id=None):
        """The set of metric keys."""
        single = {payload["key"] for payload in self.events("metric", run_id)}
        return single.union(*(payload["metrics"] for payload in self.events("metric_batch", run_id)))

    def params(self, run_id=None):
        """Param key -> last value."""
        return params_of(self.events("param", run_id))

    def status(self, run_id=None):
        """How the run ended (`completed`, `failed`, `killed`), or None while it goes on."""
        ends = self.events("run_end", run_id)
        return ends[-1]["status"] if ends else None

    # -- commands ------------------------------------------------------------------------------------------

    def command(self, kind, payload=None, cmd_id=None):
        """Sends a command to the connected emitters, as soon as there is one; its cmd_id."""
        identity = cmd_id or next(self._commands)
        self.wait(lambda: self.collector._peers, "an emitter to connect")
        self.collector.command(identity, kind, payload)
        return identity

    def result(self, cmd_id):
        """The answer to a command: {"cmd_id", "status", "result"?, "error"?}."""

        def answer():
            return [payload for payload in self.events("command_result") if payload["cmd_id"] == cmd_id]

        self.wait(answer, f"the answer to {cmd_id}")
        return answer()[0]

    def wait(self, ready, what="a condition"):
        """Until `ready()` is true; the test fails after a minute."""
        end = time.monotonic() + SECONDS
        while not ready():
            if time.monotonic() > end:
                self.fail(f"waited {SECONDS} s for {what}; so far: {self.kinds()[-20:]}")
            time.sleep(0.005)

    def _end_runs(self):
        """What a failed test left open must not become the active run of the next."""
        while xtrack.active_run() is not None:
            xtrack.active_run().end("failed", "left open by a test")


def number(value):
    """A metric value off the wire: `"NaN"`, `"Infinity"` and big integers are strings there."""
    return value if not isinstance(value, str) else float(value)


def _restore(environ):
    os.environ.clear()
    os.environ.update(environ)
