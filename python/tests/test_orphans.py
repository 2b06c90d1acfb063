"""Rows 42 and 43: what a dead emitter left is sent by the next one on the machine, under the dead one's name."""

import os
import unittest

from xtrack import Tracker
from xtrack._delivery.checksums import sidecar_of
from xtrack._delivery.segment import HEADER_BYTES, is_gone, writer

from .case import FolderCase
from .collector import frame

LOGS = """
import os, signal, sys, xtrack
run = xtrack.start_run()
for step in range(int(sys.argv[1]) if len(sys.argv) > 1 else 500):
    run.log_metric("loss", 0.5, step=step)
print("logged", flush=True)
"""
KILLED = LOGS + "os.kill(os.getpid(), signal.SIGKILL)\n"
WAITS = LOGS + "sys.stdin.readline()\n"


class Orphans(FolderCase):
    def dead(self, run_id, script=KILLED, **environ):
        """A trainer that logged 500 events while nobody listened, and was killed."""
        environ = {"XTRACK_TRANSPORT": "unix", "XTRACK_SOCKET": self.path("xtrack.sock"), **environ}
        code, out, err = self.script(script, XTRACK_RUN_ID=run_id, **environ)
        self.assertEqual((code, out), (-9, "logged\n"), err)

    def emitter(self, **options):
        given = {"transport": "unix", "socket": self.path("xtrack.sock"), "data": self.folder, "flush_timeout": 20}
        return Tracker(**{**given, **options})

    def steps(self, collector, run_id):
        return [envelope["p"]["step"] for envelope in collector.of(run_id) if envelope["t"] == "metric"]

    def left(self):
        return self.spools(".spool") + self.spools(".crc")

    def content(self):
        found = {}
        for path in self.left():
            with open(path, "rb") as file:
                found[path] = file.read()
        return found

    def gone(self, collector, run_id):
        """Waits until no file of the run is left."""
        self.assertTrue(collector.wait(lambda: not any(f"/{run_id}-" in path for path in self.left())), self.left())

    def mine(self, run):
        """Files of the emitter that is alive."""
        return [path for path in self.left() if run._session.incarnation in path]

    def arrived(self, collector, run, *run_ids):
        """Waits until nothing is left but the files of `run`."""
        self.assertTrue(collector.wait(lambda: self.left() == self.mine(run)), self.left())
        for run_id in run_ids:
            self.assertEqual(self.steps(collector, run_id), list(range(500)))

    def test_row_43_the_next_emitter_of_the_machine_sends_what_a_killed_one_left(self):
        self.dead("old")
        collector = self.collector()
        with self.emitter().start_run(run_id="new") as run:
            self.arrived(collector, run, "old")
        self.assertEqual(collector.kinds("old"), ["run_start"] + ["metric"] * 500)
        self.assertEqual(collector.kinds("new"), ["run_start", "run_end"])
        hellos = {hello["p"]["run_id"]: hello for hello in collector.hellos}
        (incarnation,) = {envelope["m"]["inc"] for envelope in collector.of("old")}
        self.assertEqual(hellos["old"]["m"]["inc"], incarnation)
        self.assertNotIn("command", hellos["old"]["p"]["caps"])
        self.assertEqual(self.left(), [])

    def test_row_42_a_restarted_worker_sends_its_old_spool_first_and_under_its_old_incarnation(self):
        self.dead("aaa")
        self.dead("same")
        collector = self.collector()
        with self.emitter().start_run(run_id="same") as run:
            run.log_metric("loss", 1, step=500)
            self.arrived(collector, run, "aaa")
        lives = [[envelope["t"] for envelope in known.values()] for known in self.lives(collector, "same")]
        self.assertEqual(lives, [["run_start"] + ["metric"] * 500, ["run_start", "metric", "run_end"]])
        self.assertEqual([hello["p"]["run_id"] for hello in collector.hellos], ["same", "same", "aaa"])

    def lives(self, collector, run_id):
        return [collector.events[key] for key in sorted(collector.events) if key[0] == run_id]

    def test_an_emitter_that_ended_without_its_collector_is_an_orphan_too(self):
        run = self.emitter(flush_timeout=0).start_run(run_id="old")  # in this very process, which lives
        for step in range(500):
            run.log_metric("loss", 0.5, step=step)
        run.end()
        collector = self.collector()
        with self.emitter().start_run(run_id="new") as run:
            self.arrived(collector, run, "old")
        self.assertEqual(collector.kinds("old")[-1], "run_end")

    def test_many_segments_arrive_in_order(self):
        self.dead("old", KILLED.replace("500", "20_000"), XTRACK_SPOOL_CAP=str(8 << 20))
        self.assertGreater(len(self.spools()), 4)
        collector = self.collector()
        with self.emitter().start_run(run_id="new") as run:
            self.arrived(collector, run)
        self.assertEqual(self.steps(collector, "old"), list(range(20_000)))

    def test_files_go_in_the_order_of_their_events_whatever_they_are_called(self):
        self.dead("old", KILLED.replace("500", "20_000"), XTRACK_SPOOL_CAP=str(8 << 20))
        paths = [path for path in self.spools(".spool") if "-0002.spool" in path or "-0003.spool" in path]
        for path in [*paths, *map(sidecar_of, paths)]:  # the third becomes the second, as one that was made ahead is
            os.rename(path, path + ".moved")
        for path in [*paths, *map(sidecar_of, paths)]:
            other = "0003" if "-0002." in path else "0002"
            os.rename(path + ".moved", path.replace("-0002.", f"-{other}.").replace("-0003.", f"-{other}."))
        collector = self.collector()
        arrived = []
        collector.on_frame = lambda peer, envelope: arrived.append((envelope["p"]["run_id"], envelope["m"]["seq"]))
        with self.emitter().start_run(run_id="new") as run:
            self.arrived(collector, run)
        seqs = [seq for run_id, seq in arrived if run_id == "old" and seq > 0]
        self.assertEqual(seqs, sorted(seqs))
        self.assertEqual(self.steps(collector, "old"), list(range(20_000)))

    def test_a_file_whose_writer_was_killed_while_it_made_it_goes_too_once_it_is_known_to_be_empty(self):
        killed = """
        import os, signal, xtrack
        from xtrack._delivery import segment
        made = segment._make
        def make(path, page, size):
            if path.endswith("-0002.crc"):
                print("logged", flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            return made(path, page, size)
        segment._make = make
        run = xtrack.start_run()
        while True:
            run.log_metric("loss", 0.5)
        """
        self.dead("old", killed, XTRACK_SPOOL_CAP=str(1 << 20))
        first, second = self.spools(".spool")
        self.assertEqual(self.spools(".crc"), [sidecar_of(first)])
        twin = second.replace("-0002.", "-0003.")  # one that holds a record is not ours to judge without checksums
        with open(second, "rb") as file:
            page = file.read(HEADER_BYTES)
        with open(twin, "wb") as file:
            file.write(page + b"\0\0\0\2{}")
        collector = self.collector()
        with self.emitter().start_run(run_id="new"):
            swept = collector.wait(lambda: [path for path in self.left() if "/old-" in path] == [twin])
            self.assertTrue(swept, self.left())

    def test_the_files_of_a_living_writer_are_never_touched(self):
        process = self.popen(
            WAITS, XTRACK_RUN_ID="alive", XTRACK_TRANSPORT="unix", XTRACK_SOCKET=self.path("xtrack.sock")
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        process.stdout.readline()
        self.dead("old")
        living = [path for path in self.left() if "/alive-" in path]
        self.assertEqual(len(living), 2)
        process.send_signal(19)  # SIGSTOP: it cannot connect by itself
        collector = self.collector()
        with self.emitter().start_run(run_id="new"):
            self.gone(collector, "old")
            self.assertEqual([path for path in self.left() if "/alive-" in path], living)
            self.assertEqual({hello["p"]["run_id"] for hello in collector.hellos}, {"old", "new"})

    def test_a_locked_file_is_left_alone_whatever_its_pid_says(self):
        import fcntl

        self.dead("busy")
        (path,) = self.spools()
        self.dead("old")
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # a writer in another container, or another emitter that sends it
            collector = self.collector()
            with self.emitter().start_run(run_id="new"):
                self.gone(collector, "old")
                self.assertIn(path, self.left())
                self.assertEqual(collector.of("busy"), [])

    def test_nothing_goes_to_another_collector_than_its_writer_meant(self):
        self.dead("secret", XTRACK_SOCKET=self.path("other.sock"))
        self.dead("old")
        collector = self.collector()
        with self.emitter().start_run(run_id="new"):
            self.gone(collector, "old")
        self.assertEqual(collector.of("secret"), [])
        self.assertEqual(len(self.left()), 2)

    def test_a_collector_that_does_not_acknowledge_gets_nothing_of_it(self):
        self.dead("old")
        collector = self.collector(acks=False, welcomes=False)
        run = self.emitter(flush_timeout=0.5).start_run(run_id="new")
        run.log_metric("a", 1)
        self.assertTrue(collector.wait(lambda: len(collector.events) == 1, 60))
        run.end()
        self.assertEqual({key[0] for key in collector.events}, {"new"})
        self.assertEqual(len([path for path in self.left() if "/old-" in path]), 2)

    def test_what_is_not_acknowledged_stays(self):
        self.dead("old")
        before = self.content()
        collector = self.collector()
        cut = []

        def refuse(peer, envelope):
            if envelope["p"]["run_id"] == "old" and envelope["m"]["seq"] == 100:
                cut.append(peer.shutdown(2))
                return True
            return False

        collector.on_frame = refuse
        with self.emitter().start_run(run_id="new"):
            self.assertTrue(collector.wait(lambda: bool(cut)))
        self.assertEqual(self.content(), before)

    def test_two_emitters_at_once_and_a_file_that_vanishes_do_no_harm(self):
        for number in range(4):
            self.dead(f"old{number}")
        collector = self.collector()

        def vanish(peer, envelope):  # a server that sweeps the folder at the same time
            if envelope["p"]["run_id"] == "old0" and envelope["m"]["seq"] == 50:
                for path in self.left():
                    if "/old0-" in path and os.path.exists(path):
                        os.unlink(path)
            return False

        collector.on_frame = vanish
        first = self.emitter().start_run(run_id="new1")
        with self.emitter().start_run(run_id="new2"):
            self.assertTrue(collector.wait(lambda: not [path for path in self.left() if "/old" in path]))
        first.end()
        for number in range(4):
            self.assertEqual(self.steps(collector, f"old{number}"), list(range(500)))
        self.assertEqual(collector.duplicates, 0)

    def test_row_59_a_damaged_file_is_sent_but_for_the_damage_and_kept(self):
        self.dead("old")
        (path,) = self.spools()
        with open(path, "r+b") as file:
            file.seek(HEADER_BYTES + 5_000)
            byte = file.read(1)
            file.seek(HEADER_BYTES + 5_000)
            file.write(bytes([byte[0] ^ 1]))
        collector = self.collector()
        collector.on_frame = lambda peer, envelope: self.give_up(collector, peer, envelope)
        with self.emitter().start_run(run_id="new") as run:
            self.arrived(collector, run)
        self.assertTrue(collector.wait(lambda: sum(map(len, collector.events.values())) >= 500 + 2, 60))
        self.assertEqual(len(self.steps(collector, "old")), 499)
        self.assertTrue(all(envelope["p"]["value"] == 0.5 for envelope in collector.of("old")[1:]))
        kept = sorted(os.listdir(self.path("spool", "damaged")))
        self.assertEqual(kept, sorted([os.path.basename(path), os.path.basename(sidecar_of(path))]))

    def give_up(self, collector, peer, envelope):
        """A server asks for a missing event in vain, and at last goes on without it."""
        if envelope["p"]["run_id"] == "old" and envelope["m"]["seq"] == 501:
            gone = {"run_id": "old", "inc": envelope["m"]["inc"], "seq": 501, "status": "ok"}
            peer.sendall(frame("ack", gone))
        return False

    def test_litter_and_hostile_files_are_survived(self):
        self.dead("old")
        (path,) = self.spools()
        hostile = {
            "empty.spool": b"",
            "empty.crc": b"",
            "noise.spool": os.urandom(9_000),
            "noise.crc": os.urandom(9_000),
            "alone.spool": self.content()[path],
            "deep.spool": b"\0\0\x0f\xfc" + b"[" * 9_000,
        }
        for name, data in hostile.items():
            with open(self.path("spool", name), "wb") as file:
                file.write(data)
        os.mkdir(self.path("spool", "folder.spool"))
        os.symlink(self.path("nowhere"), self.path("spool", "link.spool"))
        collector = self.collector()
        with self.emitter().start_run(run_id="new"):
            self.assertTrue(collector.wait(lambda: not os.path.exists(path)))
        self.assertEqual(self.steps(collector, "old"), list(range(500)))
        self.assertTrue(set(hostile) <= set(os.listdir(self.path("spool"))))


class Writers(unittest.TestCase):
    def test_a_process_is_known_by_its_start_and_its_boot_and_not_by_its_pid_alone(self):
        own = writer()
        self.assertFalse(is_gone(own))
        self.assertTrue(is_gone({**own, "boot_id": "another"}))
        if own["pid_start"]:
            self.assertTrue(is_gone({**own, "pid_start": own["pid_start"] - 1}))
        self.assertTrue(is_gone({**own, "pid": 2**22 + 1}))  # over the largest pid
        self.assertFalse(is_gone({"pid": "1", "boot_id": own["boot_id"]}))


if __name__ == "__main__":
    unittest.main()
