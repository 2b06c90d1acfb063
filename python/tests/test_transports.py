"""Which way events go, by the environment; each script is a real process."""

import os
import socket
import subprocess
import sys
import unittest

from xtrack._settings import Settings

from .case import FolderCase
from .collector import frames_of

SCRIPT = """
import xtrack
with xtrack.start_run(name="n") as run:
    xtrack.log_metric("a", 1)
print("printed")
"""
KINDS = ["run_start", "metric", "run_end"]


class Choice(FolderCase):
    def stored(self, path):
        with open(path, "rb") as file:
            found, rest = frames_of(file.read())
        self.assertEqual(rest, b"")
        return [envelope["t"] for envelope in found]

    def pair(self, collector):
        ours, theirs = socket.socketpair()
        collector.serve(ours)
        self.addCleanup(theirs.close)
        return theirs

    def test_the_token_of_the_data_directory_is_for_this_machine_alone(self):
        with open(self.path("ingest-token"), "w", encoding="utf-8") as file:
            file.write("xti_here\n")
        for host, token in [
            ("127.0.0.1", "xti_here"),
            ("localhost", "xti_here"),
            ("::1", "xti_here"),
            ("127.a.b.example", ""),
            ("10.0.0.1", ""),
        ]:
            settings = Settings(transport="tcp", host=host, data=self.folder, environ={})
            self.assertEqual(settings.token_for(settings.endpoints("log")), token, host)
        settings = Settings(transport="unix", data=self.folder, environ={})
        self.assertEqual(settings.token_for(settings.endpoints("log")), "")
        settings = Settings(transport="tcp", token="given", data=self.folder, environ={})
        self.assertEqual(settings.token_for(settings.endpoints("log")), "given")

    def test_the_descriptor_that_was_given(self):
        collector = self.collector("other.sock")
        with self.pair(collector) as theirs:
            fd = theirs.fileno()
            code, out, err = self.script(SCRIPT, (fd,), XTRACK_FD=str(fd), XTRACK_RUN_ID="r7")
        self.assertEqual((code, out, err), (0, "printed\n", ""))
        self.assertEqual(collector.kinds("r7"), KINDS)
        self.assertEqual(self.spools(), [])

    def test_row_52_a_descriptor_that_is_missing_or_somebody_elses_is_left_alone(self):
        collector = self.collector()
        with open(self.path("mine"), "wb") as file, socket.socket() as tcp:
            for fd, passed in ((97, ()), (file.fileno(), (file.fileno(),)), (tcp.fileno(), (tcp.fileno(),))):
                code, _, err = self.script(SCRIPT, passed, XTRACK_FD=str(fd), XTRACK_RUN_ID=f"r{fd}")
                with self.subTest(fd=fd):
                    self.assertEqual(code, 0)
                    self.assertIn(f"XTRACK_FD={fd} cannot be used", err)
                    self.assertEqual(collector.kinds(f"r{fd}"), KINDS)
        self.assertEqual(os.path.getsize(self.path("mine")), 0)

    def test_the_descriptor_is_not_handed_on_to_programs(self):
        collector = self.collector("other.sock")
        script = """
        import os, subprocess, sys, xtrack
        fd = int(os.environ["XTRACK_FD"])
        with xtrack.start_run():
            child = "import os; print('XTRACK_FD' in os.environ, os.path.exists('/proc/self/fd/%d'))" % fd
            print(subprocess.check_output([sys.executable, "-c", child], close_fds=False).decode().strip())
        """
        with self.pair(collector) as theirs:
            code, out, _ = self.script(script, (theirs.fileno(),), XTRACK_FD=str(theirs.fileno()), XTRACK_RUN_ID="r1")
        self.assertEqual((code, out.strip()), (0, "False False"))

    def test_row_54_a_broken_descriptor_falls_back_to_the_socket(self):
        collector = self.collector()
        ours, theirs = socket.socketpair()
        script = """
        import sys, xtrack
        with xtrack.start_run():
            for step in range(1000):
                xtrack.log_metric("a", step, step=step)
                if step == 500:
                    print("half", flush=True)
                    sys.stdin.readline()
        """
        fd = theirs.fileno()
        process = subprocess.Popen(
            [sys.executable, "-c", __import__("textwrap").dedent(script)],
            env=self.environ(
                XTRACK_FD=str(fd), XTRACK_RUN_ID="r1", XTRACK_TRANSPORT="stdio", XTRACK_SOCKET=collector.path
            ),
            pass_fds=(fd,),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        theirs.close()
        process.stdout.readline()
        ours.close()  # the control plane is killed: what it had read without an ack is gone
        process.communicate(b"go\n", timeout=120)
        self.assertEqual(process.returncode, 0)
        steps = [envelope["p"]["step"] for envelope in collector.of("r1") if envelope["t"] == "metric"]
        self.assertEqual(steps, list(range(1000)))

    def test_the_local_server_when_it_answers(self):
        collector = self.collector()
        code, _, err = self.script(SCRIPT, XTRACK_RUN_ID="r1")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(collector.kinds("r1"), KINDS)

    def test_a_file_when_nobody_answers_and_one_line_that_says_so(self):
        code, _, err = self.script(SCRIPT)
        self.assertEqual(code, 0)
        self.assertEqual(len(err.splitlines()), 1)
        (path,) = self.spools()
        self.assertIn(f"npx xtrack replay {path}", err)
        self.assertEqual(self.stored(path), ["hello"] + KINDS)
        self.assertEqual(os.stat(self.path("spool")).st_mode & 0o777, 0o700)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_a_named_file_is_appended_to(self):
        for _ in range(2):
            code, _, err = self.script(SCRIPT, XTRACK_TRANSPORT="file", XTRACK_FILE=self.path("log.xtrack"))
            self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.stored(self.path("log.xtrack")), (["hello"] + KINDS) * 2)

    def test_tcp(self):
        collector = self.collector("other.sock")
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(1)
            port = server.getsockname()[1]
            process = self.popen(SCRIPT, XTRACK_TRANSPORT="tcp", XTRACK_PORT=str(port), XTRACK_RUN_ID="r1")
            collector.serve(server.accept()[0])
            _, err = process.communicate(timeout=120)
        self.assertEqual(err, b"")
        self.assertEqual(collector.kinds("r1"), KINDS)

    def test_stdout_only_when_stdio_is_asked_for_without_a_descriptor(self):
        process = self.popen(SCRIPT.replace('print("printed")', ""), XTRACK_TRANSPORT="stdio")
        out, err = process.communicate(timeout=120)
        found, rest = frames_of(out)
        self.assertEqual(([envelope["t"] for envelope in found], rest), (["hello"] + KINDS, b""))
        # A pipe acknowledges nothing: its reader may die with the frames in it.
        self.assertIn(b"nobody acknowledged it", err)
        self.assertEqual(len(self.spools()), 1)

    def test_stdout_that_is_a_file_has_them(self):
        with open(self.path("out"), "wb") as out:
            command = [sys.executable, "-c", SCRIPT.replace('print("printed")', "")]
            environ = self.environ(XTRACK_TRANSPORT="stdio")
            done = subprocess.run(command, env=environ, stdout=out, stderr=subprocess.PIPE, timeout=60)
        with open(self.path("out"), "rb") as out:
            self.assertEqual([envelope["t"] for envelope in frames_of(out.read())[0]], ["hello"] + KINDS)
        self.assertEqual((done.returncode, done.stderr, self.spools()), (0, b"", []))

    def test_null_keeps_nothing(self):
        code, out, err = self.script(SCRIPT, XTRACK_TRANSPORT="null")
        self.assertEqual((code, out, err), (0, "printed\n", ""))
        self.assertEqual(self.spools(), [])

    def test_row_58_the_temporary_folder_when_the_data_folder_cannot_be_written(self):
        with open(self.path("file"), "w"):
            pass
        nowhere = os.path.join(self.path("file"), "below")  # cannot be made, even by root
        os.mkdir(self.path("tmp"))
        code, _, err = self.script(SCRIPT, XTRACK_DATA=nowhere, TMPDIR=self.path("tmp"))
        self.assertEqual(code, 0, err)
        folder = self.path("tmp", f"xtrack-{os.getuid()}", "spool")
        (name,) = os.listdir(folder)
        self.assertIn(f"npx xtrack replay {os.path.join(folder, name)}", err)
        self.assertEqual(self.stored(os.path.join(folder, name)), ["hello"] + KINDS)

    def test_row_58_a_file_size_limit_falls_back_to_memory(self):
        collector = self.collector()
        limited = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n" + SCRIPT
        code, _, err = self.script(limited, XTRACK_RUN_ID="r1")
        self.assertEqual(code, 0, err)
        self.assertEqual(collector.kinds("r1"), KINDS)


class Identity(FolderCase):
    def start(self, **environ):
        self.script(SCRIPT, XTRACK_TRANSPORT="file", XTRACK_FILE=self.path("log"), **environ)
        with open(self.path("log"), "rb") as file:
            return frames_of(file.read())[0][1]

    def test_run_experiment_and_parent_come_from_the_environment(self):
        start = self.start(XTRACK_RUN_ID="r1", XTRACK_EXPERIMENT="e1", XTRACK_PARENT_RUN_ID="p1")
        self.assertEqual(start["p"]["run_id"], {"id": "r1", "exp_id": "e1", "parent_id": "p1"})

    def test_the_worker_is_named_or_ranked(self):
        cases = [
            ({"XTRACK_WORKER_ID": "w"}, "w"),
            ({"WORLD_SIZE": "2", "RANK": "1"}, "1"),
            ({"WORLD_SIZE": "2", "SLURM_PROCID": "3"}, "3"),
            ({"WORLD_SIZE": "1", "RANK": "0"}, None),
            ({"RANK": "4"}, None),
        ]
        for environ, worker in cases:
            with self.subTest(environ=environ):
                self.assertEqual(self.start(**environ)["m"].get("wid"), worker)
                os.unlink(self.path("log"))

    def test_a_program_started_by_the_training_joins_its_run_as_another_worker(self):
        collector = self.collector()
        inner = "from xtrack import Tracker; run = Tracker().start_run(); run.log_metric('inner', 1); run.end()"
        script = f"""
        import subprocess, sys
        from xtrack import Tracker
        run = Tracker().start_run()
        subprocess.run([sys.executable, "-c", {inner!r}], check=True)
        run.log_metric("outer", 1)
        run.end()
        """
        code, _, err = self.script(script, XTRACK_RUN_ID="r1")
        self.assertEqual((code, err), (0, ""))
        workers = {
            worker: [e["t"] for _, e in sorted(known.items())] for (_, worker, _), known in collector.events.items()
        }
        self.assertEqual(workers[""], ["run_start", "metric", "run_end"])
        (other,) = set(workers) - {""}
        self.assertRegex(other, r"^\.p\d+$")
        self.assertEqual(workers[other], ["metric"])

    def test_a_second_run_of_a_process_is_a_child_of_the_given_one(self):
        script = """
        import xtrack
        for n in range(2):
            with xtrack.start_run(): pass
        """
        self.script(script, XTRACK_TRANSPORT="file", XTRACK_FILE=self.path("log"), XTRACK_RUN_ID="r1")
        with open(self.path("log"), "rb") as file:
            starts = [e["p"]["run_id"] for e in frames_of(file.read())[0] if e["t"] == "run_start"]
        self.assertEqual(starts[0], "r1")
        self.assertEqual(starts[1]["parent_id"], "r1")
        self.assertNotEqual(starts[1]["id"], "r1")


if __name__ == "__main__":
    unittest.main()
