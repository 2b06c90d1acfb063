"""`python -m xtrack`: what the doctor sees and says, and the demo."""

import json
import os
import socket
import subprocess
import sys
import threading
import unittest

import xtrack

from .case import FolderCase
from .collector import frames_of


class CommandCase(FolderCase):
    def xtrack(self, *arguments, pass_fds=(), **environ):
        """(exit code, stdout, stderr) of `python -m xtrack`."""
        done = subprocess.run(
            [sys.executable, "-m", "xtrack", *arguments],
            env=self.environ(**environ),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=pass_fds,
            timeout=120,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def report(self, **options):
        """(exit code, what `doctor --json` prints); it says nothing else."""
        code, out, err = self.xtrack("doctor", "--json", **options)
        self.assertEqual(err, "")
        found = json.loads(out)
        self.assertEqual(found["exit_code"], code)
        return code, found

    def used(self, report):
        return {each["transport"]: each["reason"] for each in report["transports"] if each["used"]}


class Doctor(CommandCase):
    def test_a_collector_on_this_machine_is_found_and_no_run_appears_there(self):
        server = self.collector()
        code, report = self.report()
        self.assertEqual((code, list(self.used(report))), (0, ["unix"]))
        self.assertEqual(report["collector"]["server"], "test")
        self.assertEqual(report["collector"]["caps"], ["ack", "probe"])
        self.assertGreater(report["collector"]["round_trip_ms"], 0)
        self.assertEqual((server.events, server.hellos), ({}, []))

    def test_nobody_answers_and_nothing_is_asked_for(self):
        code, report = self.report()
        self.assertEqual((code, list(self.used(report)), report["collector"]), (1, ["file"], None))
        self.assertIn(self.path("spool"), report["verdict"])
        self.assertIn("npx xtrack replay", report["verdict"])

    def test_a_server_that_was_asked_for_and_does_not_answer(self):
        for environ in (
            {"XTRACK_TRANSPORT": "unix", "XTRACK_SOCKET": self.path("nobody.sock")},
            {"XTRACK_TRANSPORT": "tcp", "XTRACK_PORT": str(closed_port())},
        ):
            with self.subTest(transport=environ["XTRACK_TRANSPORT"]):
                code, report = self.report(**environ)
                reason = self.used(report)[environ["XTRACK_TRANSPORT"]]
                self.assertEqual(code, 1)
                self.assertRegex(reason, "XTRACK_TRANSPORT=.* asks for it, but cannot connect")
                self.assertIn(self.path("spool"), report["verdict"])

    def test_something_else_at_the_port(self):
        code, report = self.report(
            XTRACK_TRANSPORT="tcp", XTRACK_PORT=str(self.serve(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        )
        self.assertEqual(code, 1)
        self.assertIn("the collector sent a frame of", self.used(report)["tcp"])

    def test_a_refused_token(self):
        body = json.dumps({"v": 1, "t": "ack", "p": {"seq": 0, "status": "error", "error": "XT_TOKEN: no"}}).encode()
        port = self.serve(len(body).to_bytes(4, "big") + body)
        code, report = self.report(XTRACK_TRANSPORT="tcp", XTRACK_PORT=str(port), XTRACK_TOKEN="s3cret")
        self.assertEqual(code, 1)
        self.assertIn("refused: XT_TOKEN: no", self.used(report)["tcp"])
        self.assertEqual(frames_of(self.received[0])[0][0]["p"]["token"], "s3cret")
        self.assertNotIn("s3cret", json.dumps(report))

    def test_the_descriptor_of_the_control_plane(self):
        server = self.collector()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            server.serve(ours.dup())
            given = theirs.fileno()
            code, report = self.report(XTRACK_FD=str(given), pass_fds=(given,))
        self.assertEqual((code, list(self.used(report))), (0, ["stdio", "unix"]))
        self.assertEqual(report["collector"]["at"], f"fd {given}")
        self.assertEqual(server.events, {})

    def test_a_descriptor_that_is_something_else(self):
        code, report = self.report(XTRACK_FD="1")
        self.assertEqual((code, list(self.used(report))), (1, ["file"]))
        self.assertRegex(report["notes"][0], "XTRACK_FD=1 cannot be used")

    def test_tracking_that_is_off(self):
        code, report = self.report(XTRACK_TRANSPORT="null")
        self.assertEqual((code, list(self.used(report))), (2, ["null"]))

    def test_a_file_that_was_asked_for(self):
        code, report = self.report(XTRACK_TRANSPORT="file", XTRACK_FILE="log.xtrack")
        self.assertEqual((code, list(self.used(report))), (1, ["file"]))
        self.assertIn(self.path("log.xtrack"), report["verdict"])
        self.assertFalse(os.path.exists(self.path("log.xtrack")))
        code, report = self.report(XTRACK_TRANSPORT="file", XTRACK_FILE=self.path("nowhere", "log.xtrack"))
        self.assertEqual(code, 2)

    def test_the_run_of_the_environment(self):
        _, report = self.report(
            XTRACK_RUN_ID="r7", XTRACK_EXPERIMENT="e", XTRACK_WORKER_ID="3", XTRACK_TRANSPORT="null"
        )
        self.assertEqual(report["run"], {"run_id": "r7", "worker": "3", "experiment": "e", "parent_run_id": None})

    def test_what_the_killed_left_is_counted_and_the_import_is_named(self):
        script = """
            import os, xtrack
            xtrack.start_run(run_id="r1")
            os.kill(os.getpid(), 9)
            """
        for _ in range(2):
            self.script(script, XTRACK_TRANSPORT="unix", XTRACK_SOCKET=self.path("nobody.sock"))
        _, report = self.report()
        left = report["spool"]["left"]
        self.assertEqual((left["files"], left["runs"]), (2, ["r1"]))
        self.assertGreater(left["bytes"], 0)
        for path in self.spools():
            if path.endswith(".spool"):
                self.assertIn(path, left["import"])

    def test_the_files_of_a_living_run_are_not_left_behind(self):
        tracker = xtrack.Tracker(transport="unix", socket=self.path("nobody.sock"), data=self.folder, flush_timeout=0)
        run = tracker.start_run()
        self.addCleanup(run.end)
        _, report = self.report()
        self.assertEqual((report["spool"]["left"], report["spool"]["live_files"]), (None, 1))

    def test_a_folder_that_cannot_be_used_is_named(self):
        with open(self.path("taken"), "w"):
            pass
        _, report = self.report(XTRACK_DATA=self.path("taken"), TMPDIR=self.folder)
        self.assertIn(f"{self.path('taken', 'spool')} cannot be used", report["spool"]["refused"][0])
        self.assertTrue(report["spool"]["folder"].startswith(self.folder))

    def test_for_people(self):
        self.collector()
        code, out, err = self.xtrack("doctor")
        self.assertEqual((code, err), (0, ""))
        for word in (xtrack.__version__, "* unix", "round trip", self.path("spool"), "events reach the collector"):
            with self.subTest(word=word):
                self.assertIn(word, out)

    def serve(self, answer):
        """A port where `answer` comes back to whatever is sent, which `self.received` holds."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        self.received = []

        def once():
            peer, _ = server.accept()
            with peer:
                self.received.append(peer.recv(65536))
                peer.sendall(answer)

        threading.Thread(target=once, daemon=True).start()
        return server.getsockname()[1]


class Demo(CommandCase):
    def test_it_is_a_whole_run(self):
        server = self.collector()
        code, out, err = self.xtrack("demo", "--steps", "30", "--seconds", "0")
        self.assertEqual((code, err), (0, ""))
        run_id = next(iter(server.events))[0]
        self.assertIn(f"npx xtrack show {run_id}", out)
        kinds = server.kinds(run_id)
        self.assertEqual((kinds[0], kinds[-1]), ("run_start", "run_end"))
        self.assertLessEqual({"param", "metric_batch", "metric", "status", "knob", "checkpoint", "log"}, set(kinds))
        losses = [event["p"]["metrics"]["loss"] for event in server.of(run_id) if event["t"] == "metric_batch"]
        self.assertEqual(len(losses), 30)
        self.assertLess(losses[-1], losses[0] / 2)

    def test_without_a_server_it_says_how_to_import_what_it_wrote(self):
        code, out, _ = self.xtrack("demo", "--steps", "1", "--seconds", "0")
        path = [path for path in self.spools() if path.endswith(".xtrack")]
        self.assertEqual((code, len(path)), (0, 1))
        self.assertIn(f"npx xtrack replay {path[0]}", out)


class Line(CommandCase):
    def test_the_version(self):
        self.assertEqual(self.xtrack("--version"), (0, f"xtrack {xtrack.__version__}\n", ""))

    def test_what_is_wrong_is_said(self):
        for arguments, said in (((), "COMMAND"), (("demo", "--steps", "0"), "'0' is not a whole number")):
            with self.subTest(arguments=arguments):
                code, _, err = self.xtrack(*arguments)
                self.assertEqual(code, 2)
                self.assertIn(said, err)


def closed_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


if __name__ == "__main__":
    unittest.main()
