"""What the machine, the scheduler and the script do to an emitter. The numbers are rows of the fault table."""

import os
import signal
import socket
import subprocess
import tempfile
import textwrap
import threading
import time
import unittest

from xtrack import Tracker

from .case import FolderCase
from .collector import frames_of

TRAIN = """
import xtrack
with xtrack.start_run() as run:
    for step in range(2_000):
        run.log_metric("loss", 0.5, step=step)
"""


class FaultCase(FolderCase):
    def steps(self, envelopes):
        return [envelope["p"]["step"] for envelope in envelopes if envelope["t"] == "metric"]

    def in_files(self):
        """Every event in the spool folder."""
        found = []
        for path in self.spools(".spool"):
            with open(path, "rb") as file:
                found += [envelope for envelope in frames_of(file.read())[0] if envelope["t"] != "hello"]
        return found

    def pair(self, script, **environ):
        """A process whose descriptor of the control plane is the other end of the socket that is returned."""
        ours, theirs = socket.socketpair()
        with theirs:
            given = {"XTRACK_FD": str(theirs.fileno()), "XTRACK_TRANSPORT": "stdio", **environ}
            process = self.popen(script, (theirs.fileno(),), XTRACK_RUN_ID="r1", **given)
        self.addCleanup(ours.close)
        return process, ours

    def ends(self, process, code=0):
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, code, err.decode())
        return out, err.decode()


class Lives(FaultCase):
    def test_row_41_a_resumed_run_begins_at_seq_1_again_and_all_of_it_is_kept(self):
        collector = self.collector()
        for _ in range(2):
            code, _, err = self.script(TRAIN, XTRACK_RUN_ID="r1", XTRACK_FLUSH_TIMEOUT="20")
            self.assertEqual(code, 0, err)
        self.assertEqual(sorted(map(len, collector.events.values())), [2_002, 2_002])
        self.assertEqual(collector.duplicates, 0)
        first, second = sorted(collector.events)
        self.assertLess(first[2], second[2])  # incarnations sort by time

    def test_row_56_an_exit_past_all_handlers_says_no_end_and_loses_no_event(self):
        for how in ("os._exit(7)", "os.kill(os.getpid(), 9)", "os.abort()"):
            with self.subTest(how=how):
                data = tempfile.mkdtemp(dir=self.folder)
                script = TRAIN + f"    import os\n    {how}\n"
                self.script(script, XTRACK_RUN_ID="r1", XTRACK_TRANSPORT="unix", XTRACK_DATA=data)
                (name,) = (name for name in os.listdir(os.path.join(data, "spool")) if name.endswith(".spool"))
                with open(os.path.join(data, "spool", name), "rb") as file:
                    found, _ = frames_of(file.read())
                self.assertEqual([e["t"] for e in found], ["hello", "run_start"] + ["metric"] * 2_000)
                self.assertIs(found[0]["p"]["spool"]["closed"], False)


class Processes(FaultCase):
    def test_row_44_a_thousand_forks_while_a_thread_holds_the_lock(self):
        collector = self.collector()
        script = """
        import faulthandler, os, threading, xtrack
        faulthandler.dump_traceback_later(100, exit=True)
        with xtrack.start_run() as run:
            stop = threading.Event()
            def work():
                while not stop.is_set():
                    for _ in range(20): run.log_metric("t", 1)
                    stop.wait(0.005)
            def hold():
                while not stop.is_set():
                    with run._session.spool._lock: stop.wait(0.002)
                    stop.wait(0.0005)
            threads = [threading.Thread(target=work), threading.Thread(target=hold)]
            for thread in threads: thread.start()
            for n in range(1_000):
                pid = os.fork()
                if pid == 0:
                    if n % 10 == 0:
                        run.log_metric("child", n, step=n)
                    os._exit(0)
                assert os.waitpid(pid, 0)[1] == 0
            stop.set()
            for thread in threads: thread.join()
        """
        environ = {"XTRACK_TRANSPORT": "unix", "XTRACK_SPOOL_CAP": str(1 << 20), "XTRACK_FLUSH_TIMEOUT": "20"}
        code, _, err = self.script(script, timeout=300, XTRACK_RUN_ID="r1", **environ)
        self.assertEqual(code, 0, err)
        found = [*self.in_files(), *collector.of("r1")]  # where it was killed, or sent by then
        children = {envelope["p"]["step"] for envelope in found if envelope["p"].get("key") == "child"}
        self.assertEqual(children, set(range(0, 1_000, 10)))

    def test_row_45_two_processes_that_write_one_descriptor_corrupt_it(self):
        """The proof of why a fork opens a connection of its own: what does not fit the buffer at once interleaves."""
        script = """
        import os, select, signal
        fd = int(os.environ["FD"])
        os.set_blocking(fd, False)  # as a sender does that must not stop
        body = os.environ["MARK"].encode() * 300_000
        rest = len(body).to_bytes(4, "big") + body
        try:
            while rest: rest = rest[os.write(fd, rest):]
        except BlockingIOError:
            print("full", flush=True)
            os.kill(os.getpid(), signal.SIGSTOP)
        while rest:
            select.select([], [fd], [])
            try: rest = rest[os.write(fd, rest):]
            except BlockingIOError: pass
        """
        ours, theirs = os.pipe()
        writers, data = [], b""
        with open(ours, "rb", 0) as pipe:
            for mark in "ab":  # each begins a frame that does not fit, and waits for room
                writers.append(self.popen(script, (theirs,), FD=str(theirs), MARK=mark))
                self.assertEqual(writers[-1].stdout.readline(), b"full\n")
                os.waitpid(writers[-1].pid, os.WUNTRACED)
                data += pipe.read(32768)
            os.close(theirs)
            for writer in writers:
                writer.send_signal(signal.SIGCONT)
            data += b"".join(iter(lambda: pipe.read(65536), b""))
        for writer in writers:
            self.ends(writer)
        self.assertEqual(len(data), 2 * 300_004)
        self.assertNotIn(b"a" * 300_000, data)

    def test_row_45_a_fork_never_writes_on_the_connection_of_its_parent(self):
        collector = self.collector()
        other = self.collector("other.sock")
        script = """
        import os, xtrack
        with xtrack.start_run() as run:
            pids = []
            for n in range(2):
                pid = os.fork()
                if pid == 0:
                    for step in range(30): run.log("c" * 40_000, step=step)
                    run._session.close(20)
                    os._exit(0)
                pids.append(pid)
            for step in range(30): run.log("p" * 40_000, step=step)
            for pid in pids: assert os.waitpid(pid, 0)[1] == 0
        """
        process, ours = self.pair(script, XTRACK_SOCKET=collector.path, XTRACK_FLUSH_TIMEOUT="20")
        other.serve(ours)
        self.ends(process)
        self.assertEqual(other.kinds("r1"), ["run_start"] + ["log"] * 30 + ["run_end"])
        self.assertEqual({envelope["p"].get("msg", "p")[0] for envelope in other.of("r1")}, {"p"})
        self.assertEqual(collector.kinds("r1"), ["log"] * 60)
        self.assertEqual(len(collector.events), 2)

    def test_row_46_threads(self):
        collector = self.collector()
        tracker = Tracker(transport="unix", socket=collector.path, data=self.folder, flush_timeout=60)
        with tracker.start_run(run_id="r1") as run:

            def work(number):
                for step in range(1_000):
                    run.log_metric(f"k{number}", step, step=step)

            threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        series = {}
        for envelope in collector.of("r1")[1:-1]:
            series.setdefault(envelope["p"]["key"], []).append(envelope["p"]["step"])
        self.assertEqual(series, {f"k{number}": list(range(1_000)) for number in range(32)})
        self.assertEqual([e["m"]["seq"] for e in collector.of("r1")], list(range(1, 32_003)))

    def test_row_47_sigterm_at_any_moment_with_a_slow_collector(self):
        collector = self.collector()
        collector.on_frame = lambda peer, envelope: time.sleep(0.0005)
        script = """
        import xtrack
        run = xtrack.start_run()
        print("go", flush=True)
        step = 0
        while True:
            run.log_metric("loss", 0.5, step=step)
            step += 1
        """
        for attempt in range(6):
            with self.subTest(attempt=attempt):
                environ = {"XTRACK_RUN_ID": f"r{attempt}", "XTRACK_FLUSH_TIMEOUT": "0.3", "XTRACK_TRANSPORT": "unix"}
                process = self.popen(script, **environ)
                process.stdout.readline()
                time.sleep(attempt * 0.013)  # the moment, not a wait
                process.send_signal(signal.SIGTERM)
                self.ends(process, -signal.SIGTERM)
                kept = [e for e in self.in_files() if e["p"]["run_id"] == f"r{attempt}"]
                found = {e["m"]["seq"]: e for e in [*collector.of(f"r{attempt}"), *kept]}
                self.assertEqual(sorted(found), list(range(1, len(found) + 1)))
                self.assertEqual(found[len(found)]["p"]["status"], "killed")
                self.assertEqual(self.steps(found[seq] for seq in sorted(found)), list(range(len(found) - 2)))


class Descriptors(FaultCase):
    def test_row_51_prints_between_frames_on_stdout_spoil_none(self):
        script = """
        import sys, xtrack
        with xtrack.start_run() as run:
            for step in range(300):
                run.log_metric("loss", 0.5, step=step)
                sys.stdout.write("x" * (step % 90))
                if step % 7 == 0: sys.stdout.flush()
                if step % 50 == 0: print('{"v":1,"t":"metric" is what a script might print')
        """
        process = self.popen(script, XTRACK_TRANSPORT="stdio", XTRACK_RUN_ID="r1", XTRACK_FLUSH_TIMEOUT="20")
        out, _ = self.ends(process)
        found, at = [], 0
        while True:
            at = out.find(b'{"v":1,"t":"', at)
            if at < 0:
                break
            length = int.from_bytes(out[at - 4 : at], "big")
            envelopes, _ = frames_of(out[at - 4 : at + length])
            found += envelopes
            at += length if envelopes else 1
        self.assertEqual(self.steps(found), list(range(300)))

    def test_row_52_a_program_started_by_the_script_never_writes_frames_to_its_stdout(self):
        script = """
        import os, subprocess, sys, xtrack
        with xtrack.start_run():
            child = "import xtrack; xtrack.start_run().end(); print('child')"
            environ = dict(os.environ, XTRACK_RUN_ID="child")
            print(repr(subprocess.check_output([sys.executable, "-c", child], env=environ)))
            with xtrack.start_run(): pass  # and here the descriptor is still known
        """
        collector = self.collector("other.sock")
        process, ours = self.pair(script)
        collector.serve(ours)
        out, _ = self.ends(process)
        self.assertEqual(out, b"b'child\\n'\n")
        self.assertEqual(len({key[0] for key in collector.events}), 2)
        (path,) = self.spools(".xtrack")  # no server answers, so the child program wrote a file
        with open(path, "rb") as file:
            self.assertEqual([envelope["p"]["run_id"] for envelope in frames_of(file.read())[0]], ["child"] * 3)

    def test_row_53_a_grandchild_that_lives_on_holds_up_nothing(self):
        script = """
        import os, time, xtrack
        with xtrack.start_run():
            pid = os.fork()
            if pid == 0:
                for fd in (0, 1, 2): os.close(fd)
                time.sleep(600)
                os._exit(0)
        print(pid)
        """
        collector = self.collector("other.sock")
        process, ours = self.pair(script)
        collector.serve(ours)
        out, _ = self.ends(process)
        os.kill(int(out), signal.SIGKILL)
        self.assertEqual(collector.kinds("r1"), ["run_start", "run_end"])
        self.assertEqual(self.spools(), [])

    def test_row_54_a_reader_that_is_gone_turns_it_to_the_spool(self):
        process, ours = self.pair(TRAIN)
        ours.close()
        _, err = self.ends(process)
        self.assertIn("npx xtrack replay", err)
        self.assertEqual(self.steps(self.in_files()), list(range(2_000)))

    def test_row_55_a_reader_that_stalls_never_stops_training(self):
        script = TRAIN.replace("2_000", "20_000") + '    print("trained", flush=True)\n'
        process, ours = self.pair(script, XTRACK_FLUSH_TIMEOUT="0.2")  # never read: its buffers fill at once
        self.assertEqual(process.stdout.readline(), b"trained\n")
        self.ends(process)
        self.assertEqual(self.steps(self.in_files()), list(range(20_000)))


class Disks(FaultCase):
    FULL = """
    import xtrack
    with xtrack.start_run() as run:
        for step in range(60_000): run.log_metric("loss", 0.5, step=step)
        run.log_param("p", 1)
    """

    def mount(self, folder, options):
        """A tmpfs for the length of the test."""
        if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True).returncode:
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)

    def declared(self, envelopes):
        return sum(sum(e["p"]["counts"].values()) for e in envelopes if e["t"] == "gap")

    def test_row_58_without_a_file_8_mib_of_memory_then_drops_that_are_declared(self):
        """A size limit on files: no spool file can be made. The collector comes when all is logged."""
        collector = self.collector()
        gate = threading.Event()
        collector.on_frame = lambda peer, envelope: not gate.wait(60)
        limited = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\n"
        script = limited + textwrap.dedent(self.FULL) + "    print('logged', flush=True)\n"
        process = self.popen(script, XTRACK_RUN_ID="r1", XTRACK_TRANSPORT="unix", XTRACK_FLUSH_TIMEOUT="40")
        process.stdout.readline()
        gate.set()
        _, err = self.ends(process)
        self.assertEqual(err.count("no spool file can be made"), 1)
        found = collector.of("r1")
        self.assertEqual(len(self.steps(found)) + self.declared(found), 60_000)
        self.assertGreater(self.declared(found), 0)
        self.assertEqual([envelope["t"] for envelope in found][-1], "run_end")
        self.assertIn("param", [envelope["t"] for envelope in found])

    @unittest.skipUnless(hasattr(os, "geteuid") and os.geteuid() == 0, "only root can mount a small tmpfs")
    def test_row_58_a_full_tmpfs(self):
        small = self.path("small")
        os.mkdir(small)
        self.mount(small, "size=6m")
        collector = self.collector()
        gate = threading.Event()
        collector.on_frame = lambda peer, envelope: not gate.wait(60)
        script = textwrap.dedent(self.FULL).replace("60_000", "100_000") + "    print('logged', flush=True)\n"
        environ = {"XTRACK_DATA": small, "XTRACK_SOCKET": collector.path, "XTRACK_FLUSH_TIMEOUT": "50"}
        environ["XTRACK_SPOOL_CAP"] = str(64 << 20)  # files of 4 MiB
        process = self.popen(script, XTRACK_RUN_ID="r1", XTRACK_TRANSPORT="unix", **environ)
        process.stdout.readline()
        with open(os.path.join(small, "ballast"), "wb") as file, self.assertRaises(OSError):
            file.write(bytes(32 << 20))  # nor does a file that grows beside it hurt: the spool's room is taken already
            file.flush()
        gate.set()
        _, err = self.ends(process)
        self.assertIn("no spool file can be made", err)
        found = collector.of("r1")
        self.assertEqual(len(self.steps(found)) + self.declared(found), 100_000)
        self.assertEqual(found[-1]["t"], "run_end")
        self.assertIn("param", [envelope["t"] for envelope in found])

    @unittest.skipUnless(hasattr(os, "geteuid") and os.geteuid() == 0, "only root can mount a folder read-only")
    def test_row_58_a_read_only_data_folder(self):
        os.mkdir(self.path("ro"))
        os.mkdir(self.path("tmp"))
        self.mount(self.path("ro"), "ro")
        collector = self.collector()
        environ = {"XTRACK_DATA": self.path("ro"), "TMPDIR": self.path("tmp"), "XTRACK_SOCKET": collector.path}
        environ.update(XTRACK_RUN_ID="r1", XTRACK_TRANSPORT="unix", XTRACK_FLUSH_TIMEOUT="20")
        code, _, err = self.script(TRAIN, **environ)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.steps(collector.of("r1")), list(range(2_000)))


if __name__ == "__main__":
    unittest.main()
