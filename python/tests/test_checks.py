"""Checksums on the wire: each frame carries one where both sides want it, and a wrong one ends the connection."""

import os
import random
import unittest

from xtrack import Tracker
from xtrack import _crc32c as crc
from xtrack._inbox import Inbox

from .case import FolderCase
from .collector import frame


class Sums(unittest.TestCase):
    def test_both_ways_to_compute_it_agree(self):
        chance = random.Random(3)
        self.assertEqual(crc.crc32c(b"123456789"), 0xE3069283)
        for size in [*range(0, 40), 200, 511, 512, 513, 514, 515, 516, 1_027, 5_000]:
            data = bytes(chance.randrange(256) for _ in range(size))
            start = chance.getrandbits(32)
            self.assertEqual(crc._update(start, data), crc._step(start, data), size)

    def test_a_message_of_the_collector_that_was_changed_on_the_way_is_refused(self):
        body = b'{"v":1,"t":"ack","m":{"seq":0,"ts":0},"p":{"seq":12345,"status":"ok"}}'
        whole = crc.checked(memoryview(len(body).to_bytes(4, "big") + body))
        self.assertEqual(Inbox().push(whole), [("ack", {"seq": 12345, "status": "ok"})])
        with self.assertRaises(ValueError):
            Inbox().push(whole.replace(b"12345", b"12346"))


class Wire(FolderCase):
    def start(self, checks):
        os.environ["XTRACK_CRC"] = checks
        self.addCleanup(os.environ.pop, "XTRACK_CRC", None)
        given = {"transport": "unix", "socket": self.path("xtrack.sock"), "data": self.folder, "flush_timeout": 60}
        return Tracker(**given).start_run(run_id="r1")

    def offer(self, collector):
        def answer(peer, envelope):
            if envelope["t"] != "hello":
                return False
            peer.sendall(frame("welcome", {"v": 1, "server": "t", "caps": ["ack", "crc"], "resume_from": 1}))
            with collector._lock:
                collector.hellos.append(envelope)
                collector.events.setdefault(("r1", "", envelope["m"]["inc"]), {})
            return True

        collector.on_frame = answer

    def log(self, run, collector):
        self.assertTrue(collector.wait(lambda: run._session._sender.acked >= 1, 60))
        for step in range(3_000):
            run.log_metric("loss", 0.5, step=step)
        run.log("a line that is longer than one step: " + "é" * 2_000)
        run.end()

    def test_frames_carry_it_once_it_is_offered_and_their_events_are_the_same(self):
        collector = self.collector()
        self.offer(collector)
        self.log(self.start("on"), collector)
        self.assertIn("crc", collector.hellos[0]["p"]["caps"])
        found = collector.of("r1")
        self.assertEqual([e["p"]["step"] for e in found if e["t"] == "metric"], list(range(3_000)))
        self.assertTrue(all("c" in envelope for envelope in found[1:]))
        self.assertEqual(self.spools(), [])

    def test_it_is_not_sent_to_one_that_does_not_look_nor_without_being_asked_for(self):
        for checks, offered in (("on", False), ("off", True)):
            with self.subTest(checks=checks):
                collector = self.collector()
                if offered:
                    self.offer(collector)
                self.log(self.start(checks), collector)
                self.assertFalse([envelope for envelope in collector.of("r1") if "c" in envelope])
                collector.stop()


if __name__ == "__main__":
    unittest.main()
