"""Emitted = stored + declared, always: a call that returned is an event, or one of a gap that counts it and says why."""

import os
import signal
import textwrap
import time
import unittest

from xtrack._delivery.checksums import Checksums
from xtrack._delivery.relic import Relic
from xtrack._delivery.segment import HEADER_BYTES
from xtrack._delivery.tally import KINDS, SLOT_AT, read_tally, write_tally

from .case import FolderCase
from .collector import frames_of

LIMIT = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))\n"


class AccountCase(FolderCase):
    def in_files(self, *folders):
        """Events of the spool files, as a reader of what a dead emitter left takes them."""
        found = []
        for folder in folders or [self.path("spool")]:
            for name in sorted(os.listdir(folder)):
                if name.endswith(".spool"):
                    with open(os.path.join(folder, name), "rb") as file:
                        data, sums = file.read(), Checksums.read(os.path.join(folder, name))
                    if sums is None:  # killed while it was made ahead
                        self.assertFalse(any(data[HEADER_BYTES:]), name)
                        continue
                    relic = Relic(bytearray(data), sums)
                    found += frames_of(bytes(relic.view(0, relic.tip()[0])))[0] if relic.first else []
                    for piece in relic._segments[1:]:
                        found += frames_of(bytes(relic.view(piece.base, relic.tip()[0])))[0]
        return list({envelope["m"]["seq"]: envelope for envelope in found}.values())

    def account(self, envelopes):
        """(stored, declared) by type."""
        stored, declared = {}, {}
        for envelope in envelopes:
            if envelope["t"] == "gap":
                for kind, count in envelope["p"]["counts"].items():
                    declared[kind] = declared.get(kind, 0) + count
            else:
                stored[envelope["t"]] = stored.get(envelope["t"], 0) + 1
        return stored, declared

    def whole(self, envelopes):
        """Every seq up to the last is there, or declared once."""
        seqs = sorted(envelope["m"]["seq"] for envelope in envelopes)
        for envelope in envelopes:
            if envelope["t"] == "gap":
                gap = envelope["p"]
                self.assertEqual(sum(gap["counts"].values()), gap["to"] - gap["from"] + 1)
                seqs += range(gap["from"], gap["to"] + 1)
        self.assertEqual(sorted(seqs), list(range(1, len(seqs) + 1)))


class TooLarge(AccountCase):
    def test_events_over_the_limit_are_declared(self):
        collector = self.collector()
        script = """
        import xtrack
        with xtrack.start_run() as run:
            for n in range(5):
                run.log_param("large", "x" * 200_000)
                run.log("a line")
                run.log_metric("loss", 0.5, step=n)
        """
        environ = {"XTRACK_RUN_ID": "r1", "XTRACK_TRANSPORT": "unix", "XTRACK_FLUSH_TIMEOUT": "30"}
        code, _, err = self.script(script, XTRACK_SPOOL_CAP=str(1 << 20), **environ)
        found = collector.of("r1")
        stored, declared = self.account(found)
        self.assertEqual((code, stored["metric"], stored["run_end"]), (0, 5, 1), err)
        self.assertEqual((stored["log"], declared), (5, {"param": 5}))
        self.assertEqual({envelope["p"]["reason"] for envelope in found if envelope["t"] == "gap"}, {"too_large"})
        self.whole(found)

    def test_a_run_begins_and_ends_however_much_there_is_to_say(self):
        collector = self.collector()
        script = """
        import xtrack
        run = xtrack.start_run(tags={f"t{n}": "x" * 4_000 for n in range(100)})
        run.end("failed", "e" * 64_000, {f"m{n}": n for n in range(9_000)})
        """
        environ = {"XTRACK_RUN_ID": "r1", "XTRACK_TRANSPORT": "unix", "XTRACK_FLUSH_TIMEOUT": "30"}
        code, _, err = self.script(script, XTRACK_SPOOL_CAP=str(1 << 20), **environ)
        self.assertEqual((code, collector.kinds("r1")), (0, ["run_start", "run_end"]), err)
        self.assertEqual(collector.of("r1")[1]["p"]["error"]["message"], "e" * 1_000)


class InMemory(AccountCase):
    SCRIPT = """
    import xtrack
    run = xtrack.start_run()
    for step in range(2_000): run.log_metric("loss", 0.5, step=step)
    {0}
    run.end()
    """

    def environ(self, **extra):
        given = {"XTRACK_RUN_ID": "r1", "XTRACK_TRANSPORT": "unix", "XTRACK_FLUSH_TIMEOUT": "0.1"}
        return super().environ(**{**given, "TMPDIR": self.path("tmp"), **extra})

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("tmp"))

    def run_it(self, before, between=""):
        code, _, err = self.script(textwrap.dedent(before) + textwrap.dedent(self.SCRIPT).format(between))
        self.assertEqual(code, 0, err)
        return err

    def test_what_waits_in_memory_at_the_end_becomes_a_file_where_one_can_be_made_by_then(self):
        """No file of the usual size can be made, but a small one can."""
        err = self.run_it(LIMIT.format(2 << 20))
        self.assertIn("no spool file can be made", err)
        self.assertIn("npx xtrack replay", err)
        found = self.in_files()
        self.assertEqual(self.account(found), ({"run_start": 1, "metric": 2_000, "run_end": 1}, {}))
        self.whole(found)

    def test_another_folder_is_good_enough(self):
        """The one that was chosen has vanished, and something else is in its place."""
        self.run_it(LIMIT.format(2 << 20), "import os; os.rename('spool', 'gone'); open('spool', 'w').close()")
        found = self.in_files(*self.folders("tmp"))
        self.assertEqual(self.account(found)[0], {"run_start": 1, "metric": 2_000, "run_end": 1})

    def folders(self, above):
        return [os.path.join(at, "spool") for at, names, _ in os.walk(self.path(above)) if "spool" in names]

    def test_where_there_is_room_for_a_few_words_they_say_what_is_lost(self):
        err = self.run_it(LIMIT.format(8192))
        stored, declared = self.account(self.in_files())
        self.assertEqual((stored, declared), ({}, {"run_start": 1, "metric": 2_000, "run_end": 1}))
        self.whole(self.in_files())
        self.assertIn("2002 events (metric 2000, run_end 1, run_start 1)", err)

    def test_where_nothing_can_be_written_they_are_counted_aloud(self):
        err = self.run_it(LIMIT.format(16))
        self.assertIn("2002 events (metric 2000, run_end 1, run_start 1) of run r1 could neither be delivered", err)


class Killed(AccountCase):
    FULL = """
    import os, sys, xtrack
    run = xtrack.start_run()
    for step in range(30_000):
        run.log_metric("loss", 0.5, step=step)
        if step % 10 == 0: run.log("a line")
    """

    def environ(self, **extra):
        given = {"XTRACK_RUN_ID": "r1", "XTRACK_TRANSPORT": "unix", "XTRACK_SPOOL_CAP": str(1 << 20)}
        return super().environ(**{**given, **extra})

    def test_drops_since_the_last_notice_are_declared_by_whoever_finds_the_files(self):
        self.script(self.FULL + "os.kill(os.getpid(), 9)", XTRACK_FLUSH_TIMEOUT="0")
        found = self.in_files()
        stored, declared = self.account(found)
        self.assertGreater(declared["metric"], 10_000)
        self.assertEqual(stored["metric"] + declared["metric"], 30_000)
        self.assertEqual(stored["log"] + declared["log"], 3_000)
        self.assertIn("killed", {envelope["p"]["reason"] for envelope in found if envelope["t"] == "gap"})
        self.whole(found)

    def test_the_next_emitter_sends_that_declaration(self):
        from xtrack import Tracker

        self.script(self.FULL + "os.kill(os.getpid(), 9)", XTRACK_FLUSH_TIMEOUT="0")
        collector = self.collector()
        tracker = Tracker(transport="unix", socket=collector.path, data=self.folder, flush_timeout=30)
        with tracker.start_run(run_id="next"):
            self.assertTrue(collector.wait(lambda: not [path for path in self.spools() if "/r1-" in path], 60))
        stored, declared = self.account(collector.of("r1"))
        self.assertEqual(stored["metric"] + declared["metric"], 30_000)
        self.whole(collector.of("r1"))

    def test_what_was_declared_in_time_is_declared_once(self):
        """Killed at random moments while drops and notices go on."""
        script = self.FULL.replace("range(30_000)", "range(10**9)").replace(
            "if step % 10", "count[0:8] = struct.pack('<q', step + 1)\n        if step % 10"
        )
        head = "import mmap, struct\ncount = mmap.mmap(os.open('count', os.O_RDWR | os.O_CREAT), 8)\n"
        script = "import os\nos.truncate('count', 8)\n" + head + textwrap.dedent(script)
        for attempt in range(8):
            with open(self.path("count"), "wb"):
                pass
            process = self.popen(script)
            self.assertTrue(self.until_full(process, 12_000 + 997 * attempt))
            process.kill()
            process.communicate()
            with open(self.path("count"), "rb") as file:
                returned = int.from_bytes(file.read(8), "little")
            found = self.in_files()
            stored, declared = self.account(found)
            self.assertIn(stored["metric"] + declared["metric"] - returned, (0, 1))
            self.whole(found)
            for path in self.spools() + self.spools(".crc"):
                if os.path.exists(path):
                    os.unlink(path)

    def until_full(self, process, steps):
        while process.poll() is None:
            with open(self.path("count"), "rb") as file:
                if int.from_bytes(file.read(8), "little") >= steps:
                    return True
            time.sleep(0.001)
        return False

    def test_a_note_that_was_cut_short_leaves_the_one_before(self):
        table = bytearray(512)
        write_tally(table, 0, 1, {"metric": 5})
        write_tally(table, 0, 2, {"metric": 6, "made up": 1})
        self.assertEqual(read_tally(table, 10), {"other": 1, "metric": 6})
        table[SLOT_AT[0] + 20] ^= 1
        self.assertEqual(read_tally(table, 10), {"metric": 5})
        write_tally(table, 0, 3, {"metric": 5}, declared_by=16)
        self.assertEqual((read_tally(table, 15), read_tally(table, 16)), ({"metric": 5}, {}))
        self.assertEqual(read_tally(bytearray(512), 1), {})
        self.assertEqual(len(KINDS), 14)  # the format of the slots


class Terminated(AccountCase):
    def test_every_call_that_returned_after_sigterm_is_recorded(self):
        """The counter is written after each call: outside of all that is tested here."""
        collector = self.collector()
        script = """
        import mmap, os, struct, threading, xtrack
        os.truncate("count", 32)
        count = mmap.mmap(os.open("count", os.O_RDWR), 32)
        run = xtrack.start_run()
        def work(which):
            step = 0
            while True:
                run.log_metric(f"k{which}", 0.5, step=step)
                step += 1
                count[which * 8 : which * 8 + 8] = struct.pack("<q", step)
        for which in (1, 2): threading.Thread(target=work, args=(which,), daemon=True).start()
        print("go", flush=True)
        work(0)
        """
        for attempt in range(4):
            with self.subTest(attempt=attempt):
                with open(self.path("count"), "wb"):
                    pass
                environ = {"XTRACK_RUN_ID": f"r{attempt}", "XTRACK_TRANSPORT": "unix", "XTRACK_FLUSH_TIMEOUT": "0.5"}
                process = self.popen(script, **environ)
                process.stdout.readline()
                process.send_signal(signal.SIGTERM)
                _, err = process.communicate(timeout=120)
                self.assertEqual(process.returncode, -signal.SIGTERM, err)
                with open(self.path("count"), "rb") as file:
                    data = file.read(24)
                kept = self.in_files() if os.path.isdir(self.path("spool")) else []
                found = [*collector.of(f"r{attempt}"), *(e for e in kept if e["p"]["run_id"] == f"r{attempt}")]
                found = list({envelope["m"]["seq"]: envelope for envelope in found}.values())
                for which in range(3):
                    returned = int.from_bytes(data[which * 8 : which * 8 + 8], "little")
                    stored = [e for e in found if e["t"] == "metric" and e["p"]["key"] == f"k{which}"]
                    self.assertIn(len(stored) - returned, (0, 1))
                self.whole(found)
                self.assertNotIn(b"after the end", err)


class Leaving(AccountCase):
    def test_every_call_of_a_daemon_thread_that_returned_before_the_interpreter_was_gone_is_recorded(self):
        collector = self.collector()
        script = """
        import atexit, mmap, os, struct, threading, time
        atexit.register(time.sleep, 0.2)  # behind ours
        import xtrack
        os.truncate("count", 16)
        count = mmap.mmap(os.open("count", os.O_RDWR), 16)
        run = xtrack.start_run()
        def work(which):
            step = 0
            while True:
                run.log_metric(f"k{which}", 0.5, step=step)
                step += 1
                count[which * 8 : which * 8 + 8] = struct.pack("<q", step)
        for which in (0, 1): threading.Thread(target=work, args=(which,), daemon=True).start()
        while count[0:8] == bytes(8): pass
        """
        with open(self.path("count"), "wb"):
            pass
        code, _, err = self.script(script, XTRACK_RUN_ID="r1", XTRACK_TRANSPORT="unix", XTRACK_FLUSH_TIMEOUT="0.5")
        self.assertEqual(code, 0, err)
        with open(self.path("count"), "rb") as file:
            data = file.read(16)
        kept = self.in_files() if os.path.isdir(self.path("spool")) else []
        found = list({envelope["m"]["seq"]: envelope for envelope in [*collector.of("r1"), *kept]}.values())
        for which in range(2):
            returned = int.from_bytes(data[which * 8 : which * 8 + 8], "little")
            stored = [e for e in found if e["t"] == "metric" and e["p"]["key"] == f"k{which}"]
            self.assertIn(len(stored) - returned, (0, 1))
        self.whole(found)
        self.assertNotIn("after the end", err)

    def test_an_exit_handler_that_waits_for_a_thread_is_not_waited_for_by_it(self):
        script = """
        import atexit, threading, xtrack
        over = threading.Event()
        atexit.register(lambda: print(over.wait(60), flush=True))  # behind ours
        run = xtrack.start_run()
        def work():
            while run._session.spool._open: run.log_metric("a", 1)
            run.log_metric("a", 1)
            over.set()
        threading.Thread(target=work, daemon=True).start()
        """
        self.collector()
        code, out, _ = self.script(script, XTRACK_RUN_ID="r1", XTRACK_TRANSPORT="unix", XTRACK_FLUSH_TIMEOUT="0.5")
        self.assertEqual((code, out), (0, "True\n"))


class AfterTheEnd(AccountCase):
    def test_calls_after_the_end_are_counted_aloud(self):
        script = "import xtrack\nrun = xtrack.start_run()\nrun.end()\n"
        script += "for n in range(7): run.log_metric('a', n)\nrun.log_metrics({'b': 1}); run.log('x')"
        code, _, err = self.script(script, XTRACK_RUN_ID="r1")
        self.assertEqual(code, 0)
        self.assertIn("9 events (log 1, metric 7, metric_batch 1) came after the end of their run", err)


if __name__ == "__main__":
    unittest.main()
