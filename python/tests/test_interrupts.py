"""Exceptions and handlers at any moment: Ctrl-C inside a log call or a flush, handlers that log, exits half-way."""

import signal
import unittest

from .case import FolderCase
from .collector import frames_of

# A watchdog ends the script with a traceback where a lock was left held.
INTERRUPTED = """
import faulthandler, random, signal, sys, xtrack
faulthandler.dump_traceback_later(50, exit=True)
armed = False
def interrupt(*_):
    global armed
    if armed:
        armed = False
        raise KeyboardInterrupt
signal.signal(signal.SIGALRM, interrupt)
chance = random.Random(5)
run = xtrack.start_run()
hits = step = 0
while hits < 1_500:
    try:
        armed = True
        signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-5, 1e-4))  # a log call takes some 2e-6
        while True:
            run.log_metric("loss", 0.5, step=step)
            step += 1
    except KeyboardInterrupt:
        hits += 1
run.log_metric("last", 1, step=step)
run.end()
print(step)
"""

HANDLER_LOGS = """
import faulthandler, random, signal, xtrack
faulthandler.dump_traceback_later(50, exit=True)
chance = random.Random(6)
tracker = xtrack.Tracker(flush_timeout=20)
for number in range(40):
    run = tracker.start_run(run_id=f"h{number}")
    over = []
    def handler(*_):
        run.log("preempted", level="warning")
        run.end("killed")
        over.append(1)
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-4, 3e-3))
    while not over:
        run.log_metric("loss", 0.5)
"""


class Interrupts(FolderCase):
    def test_an_interrupt_at_any_bytecode_of_a_log_call_leaves_a_whole_spool_and_no_lock(self):
        collector = self.collector()
        environ = {"XTRACK_RUN_ID": "r1", "XTRACK_FLUSH_TIMEOUT": "20", "XTRACK_SPOOL_CAP": str(64 << 20)}
        code, out, err = self.script(INTERRUPTED, **environ)
        self.assertEqual((code, err), (0, ""))
        found = collector.of("r1")
        self.assertEqual([envelope["m"]["seq"] for envelope in found], list(range(1, len(found) + 1)))
        steps = [envelope["p"]["step"] for envelope in found if envelope["t"] == "metric"]
        self.assertEqual(steps, sorted(steps))
        self.assertEqual(set(steps), set(range(int(out) + 1)))  # each call that returned, and maybe one that did not
        self.assertEqual([envelope["t"] for envelope in found][-2:], ["metric", "run_end"])

    def test_a_signal_handler_may_log_and_end_the_run_in_the_middle_of_a_log_call(self):
        collector = self.collector()
        code, _, err = self.script(HANDLER_LOGS)
        self.assertEqual(code, 0, err)
        for number in range(40):
            found = collector.of(f"h{number}")
            self.assertEqual([envelope["m"]["seq"] for envelope in found], list(range(1, len(found) + 1)))
            kinds = [envelope["t"] for envelope in found if envelope["t"] != "metric"]
            self.assertEqual(kinds, ["run_start", "log", "run_end"])

    def test_an_interrupt_while_the_end_waits_keeps_what_is_left_and_says_so(self):
        collector = self.collector(acks=False)
        script = """
        import xtrack
        with xtrack.start_run() as run:
            for step in range(100): run.log_metric("a", 1, step=step)
        """
        process = self.popen(script, XTRACK_RUN_ID="r1", XTRACK_FLUSH_TIMEOUT="30", XTRACK_TRANSPORT="unix")
        self.assertTrue(collector.wait(lambda: any(len(known) == 102 for known in collector.events.values())))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
        self.assertNotEqual(process.returncode, 0)
        (path,) = self.spools()
        self.assertIn(f"npx xtrack replay {path}", err.decode())
        with open(path, "rb") as file:
            found, rest = frames_of(file.read())
        self.assertEqual((len(found), rest, found[0]["p"]["spool"]["closed"]), (103, b"", True))

    def test_threads_that_log_through_the_end_of_the_interpreter_do_no_harm(self):
        collector = self.collector()
        script = """
        import threading, xtrack
        run = xtrack.start_run()
        logged = threading.Event()
        def work():
            while True:
                run.log_metric("a", 1)
                logged.set()
        for _ in range(4): threading.Thread(target=work, daemon=True).start()
        logged.wait()
        """
        code, _, err = self.script(script, XTRACK_RUN_ID="r1", XTRACK_FLUSH_TIMEOUT="20")
        self.assertEqual(code, 0, err)
        found = collector.of("r1")
        self.assertEqual([envelope["m"]["seq"] for envelope in found], list(range(1, len(found) + 1)))
        self.assertIn("run_end", [envelope["t"] for envelope in found])

    def test_a_daemon_thread_frozen_at_exit_loses_nothing_that_was_logged(self):
        script = """
        import atexit, xtrack
        run = None
        atexit.register(lambda: [run.log_metric("late", n) for n in range(100)] and print("logged"))
        run = xtrack.start_run()
        import xtrack._process
        atexit.unregister(xtrack._process._at_exit)
        """
        code, out, err = self.script(script, XTRACK_RUN_ID="r1", XTRACK_TRANSPORT="unix")
        self.assertEqual((code, out), (0, "logged\n"), err)
        (path,) = self.spools()
        with open(path, "rb") as file:
            found, _ = frames_of(file.read())
        self.assertEqual([envelope["t"] for envelope in found], ["hello", "run_start"] + ["metric"] * 100)


class Notebooks(FolderCase):
    """A cell that is run again while the run of its first time is open."""

    SCRIPT = """
    import sys, types, xtrack
    from xtrack import _process
    sys.modules["IPython"] = types.SimpleNamespace(get_ipython=lambda: object())
    def cell(code):
        try:
            exec(code, globals())
        except BaseException as error:
            sys.last_value = error
    start = "_process.supersede(); run = xtrack.Tracker().start_run(run_id='%s')"
    cell(start % "a" + "; raise KeyboardInterrupt")
    cell(start % "b" + "; 1 / 0")
    cell(start % "c")
    cell(start % "d")
    with run: pass
    """

    def test_the_run_of_an_earlier_cell_ends_as_that_cell_did(self):
        collector = self.collector()
        code, _, err = self.script(self.SCRIPT)
        self.assertEqual((code, err), (0, ""))
        ends = {name: collector.of(name)[-1]["p"].get("status") for name in "abcd"}
        self.assertEqual(ends, {"a": "killed", "b": "failed", "c": "completed", "d": "completed"})

    def test_elsewhere_runs_may_be_open_side_by_side(self):
        collector = self.collector()
        code, _, err = self.script(self.SCRIPT.replace("get_ipython=lambda: object()", ""))
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([collector.of(name)[-1]["p"].get("status") for name in "abcd"], ["completed"] * 4)


if __name__ == "__main__":
    unittest.main()
