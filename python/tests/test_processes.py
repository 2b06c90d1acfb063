"""Threads, forks, pools, signals and exits: what a process does to its run."""

import signal
import unittest

from xtrack import Tracker

from .case import FolderCase


class Ends(FolderCase):
    def ending(self, script, code, **environ):
        """The run_end that the collector got; the script must exit with `code`."""
        collector = self.collector()
        found, _, err = self.script(script, XTRACK_RUN_ID="r1", **{"XTRACK_FLUSH_TIMEOUT": "60", **environ})
        self.assertEqual(found, code, err)
        (end,) = [envelope["p"] for envelope in collector.of("r1") if envelope["t"] == "run_end"]
        self.assertEqual(collector.kinds("r1")[-1], "run_end")
        return end

    def test_an_exception_that_leaves_the_block_fails_the_run(self):
        end = self.ending("import xtrack\nwith xtrack.start_run():\n    raise ValueError('boom')", 1)
        self.assertEqual(
            (end["status"], end["error"]["type"], end["error"]["message"]), ("failed", "ValueError", "boom")
        )
        self.assertIn("raise ValueError", end["error"]["traceback"].replace("\n", " ") + "raise ValueError")
        self.assertIn("Traceback", end["error"]["traceback"])

    def test_an_exception_without_a_block_fails_the_run_too(self):
        end = self.ending("import xtrack\nxtrack.start_run()\n1 / 0", 1)
        self.assertEqual((end["status"], end["error"]["type"]), ("failed", "ZeroDivisionError"))

    def test_the_end_of_the_script_completes_an_open_run(self):
        self.assertEqual(
            self.ending("import xtrack\nxtrack.start_run()\nxtrack.log_metric('a', 1)", 0)["status"], "completed"
        )

    def test_an_interrupt_is_killed(self):
        script = """
        import os, signal, time, xtrack
        with xtrack.start_run():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(9)
        """
        self.assertEqual(self.ending(script, -signal.SIGINT)["status"], "killed")

    def test_sys_exit(self):
        self.assertEqual(
            self.ending("import sys, xtrack\nwith xtrack.start_run():\n    sys.exit(0)", 0)["status"], "completed"
        )

    def test_sys_exit_with_a_code(self):
        self.assertEqual(
            self.ending("import sys, xtrack\nwith xtrack.start_run():\n    sys.exit(3)", 3)["status"], "failed"
        )

    def test_sigterm_is_killed_and_the_process_still_dies_of_it(self):
        script = """
        import os, signal, time, xtrack
        with xtrack.start_run() as run:
            for step in range(10_000_000):
                run.log_metric("a", 1, step=step)
                if step == 5_000: os.kill(os.getpid(), signal.SIGTERM)
        """
        self.assertEqual(self.ending(script, -signal.SIGTERM)["status"], "killed")

    def test_row_47_a_handler_of_the_user_is_left_alone(self):
        script = """
        import os, signal, sys, xtrack
        signal.signal(signal.SIGTERM, lambda *a: sys.exit(143))
        with xtrack.start_run():
            os.kill(os.getpid(), signal.SIGTERM)
            import time; time.sleep(9)
        """
        self.assertEqual(self.ending(script, 143)["status"], "killed")

    def test_calls_after_the_end_are_ignored_with_one_line_and_counted_at_the_exit(self):
        script = """
        import xtrack
        run = xtrack.start_run()
        run.end()
        run.log_metric("a", 1)
        run.log_metric("a", 1)
        run.end()
        """
        self.collector()
        code, _, err = self.script(script, XTRACK_RUN_ID="r1", XTRACK_FLUSH_TIMEOUT="60")
        self.assertEqual((code, len(err.splitlines())), (0, 2), err)
        self.assertIn("2 events (metric 2) came after the end", err)


class Forks(FolderCase):
    def test_a_fork_opens_its_own_session_and_never_ends_the_run(self):
        collector = self.collector()
        script = """
        import os, sys, xtrack
        with xtrack.start_run() as run:
            run.log_metric("parent", 1)
            pid = os.fork()
            if pid == 0:
                run.log_metric("child", 1)
                sys.exit(5)
            assert os.waitpid(pid, 0)[1] >> 8 == 5
            run.log_metric("parent", 2)
            print(pid)
        """
        code, out, err = self.script(script, XTRACK_RUN_ID="r1")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(collector.kinds("r1", ""), ["run_start", "metric", "metric", "run_end"])
        self.assertEqual(collector.kinds("r1", f".f{int(out)}"), ["metric"])

    def test_a_quiet_fork_opens_nothing(self):
        collector = self.collector()
        script = """
        import os, xtrack
        with xtrack.start_run() as run:
            for _ in range(20):
                pid = os.fork()
                if pid == 0:
                    os._exit(0)
                os.waitpid(pid, 0)
        """
        code, _, err = self.script(script, XTRACK_RUN_ID="r1")
        self.assertEqual((code, err, len(collector.hellos)), (0, "", 1))
        self.assertEqual(self.spools(), [])

    def test_forks_while_threads_hold_the_lock_do_not_hang(self):
        collector = self.collector()
        script = """
        import os, threading, time, xtrack
        with xtrack.start_run() as run:
            stop = threading.Event()
            def work():
                while not stop.is_set():
                    for _ in range(50): run.log_metric("t", 1)
                    time.sleep(0.005)
            threads = [threading.Thread(target=work) for _ in range(2)]
            for thread in threads: thread.start()
            for n in range(30):
                pid = os.fork()
                if pid == 0:
                    run.log_metric("child", n, step=n)
                    run._session.close(10)
                    os._exit(0)
                assert os.waitpid(pid, 0)[1] == 0
            stop.set()
            for thread in threads: thread.join()
        """
        code, _, err = self.script(script, XTRACK_RUN_ID="r1", XTRACK_FLUSH_TIMEOUT="20")
        self.assertEqual(code, 0, err)
        children = [e["p"]["step"] for e in collector.of("r1") if e["t"] == "metric" and e["p"]["key"] == "child"]
        self.assertEqual(sorted(children), list(range(30)))

    def test_row_44_pools_by_fork_and_by_spawn(self):
        for method in ("fork", "spawn"):
            with self.subTest(method=method):
                self.pool(method)

    def pool(self, method):
        collector = self.collector(f"{method}.sock")
        with open(self.path("pool.py"), "w") as file:
            file.write(
                "import multiprocessing, sys, xtrack\n"
                "def work(run, n):\n"
                "    run.log_metric('child', n, step=n)\n"
                "if __name__ == '__main__':\n"
                "    context = multiprocessing.get_context(sys.argv[1])\n"
                "    with xtrack.start_run() as run:\n"
                "        workers = [context.Process(target=work, args=(run, n)) for n in range(4)]\n"
                "        for worker in workers: worker.start()\n"
                "        for worker in workers: worker.join()\n"
                "        print([worker.exitcode for worker in workers])\n"
            )
        script = (
            f"import runpy, sys\nsys.argv = ['pool.py', '{method}']\nrunpy.run_path('pool.py', run_name='__main__')"
        )
        if method == "spawn":  # a spawned child imports the main module by its path
            script = f"import subprocess, sys\nsys.exit(subprocess.call([sys.executable, 'pool.py', '{method}']))"
        code, out, err = self.script(script, XTRACK_RUN_ID=method, XTRACK_SOCKET=collector.path)
        self.assertEqual((code, out.strip(), err), (0, "[0, 0, 0, 0]", ""))
        self.assertEqual(collector.kinds(method, ""), ["run_start", "run_end"])
        children = [e["p"]["step"] for e in collector.of(method) if e["t"] == "metric"]
        self.assertEqual(sorted(children), [0, 1, 2, 3])
        self.assertEqual(collector.kinds(method).count("run_end"), 1)

    def test_a_terminated_worker_dies_at_once(self):
        self.collector()
        script = """
        import multiprocessing, time, xtrack
        context = multiprocessing.get_context("fork")
        with xtrack.start_run():
            worker = context.Process(target=time.sleep, args=(60,))
            worker.start()
            worker.terminate()
            worker.join()
            print(worker.exitcode)
        """
        code, out, _ = self.script(script, XTRACK_RUN_ID="r1")
        self.assertEqual((code, out.strip()), (0, "-15"))


class Idle(FolderCase):
    def test_an_event_after_a_long_silence_is_sent(self):
        collector = self.collector()
        tracker = Tracker(transport="unix", socket=collector.path, data=self.folder, flush_timeout=60)
        run = tracker.start_run(run_id="r1")
        self.assertTrue(collector.wait(lambda: run._session.spool.waiting is not None))  # the sender sleeps
        run.log_metric("a", 1)
        self.assertTrue(collector.wait(lambda: any(len(known) == 2 for known in collector.events.values())))
        run.end()


if __name__ == "__main__":
    unittest.main()
