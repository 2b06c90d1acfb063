"""Checksums on the wire: each frame carries one where both sides want it, and a wrong one ends the connection."""

import os
import random
import sys
import unittest
from unittest import mock

from xtrack import Tracker
from xtrack._delivery import checking as _checking
from xtrack._delivery import crc32c as crc
from xtrack._delivery.inbox import Inbox

from .case import FolderCase
from .collector import frame


def framed(body):
    return len(body).to_bytes(4, "big") + body


def slowly(body):
    """With its checksum, a byte a step."""
    rest = b'",' + body[7:]
    return b'{"v":1,"c":"%08x%s' % (crc._step(crc._REGISTER, rest) ^ 0xFFFFFFFF, rest)


class Sums(unittest.TestCase):
    def test_both_ways_to_compute_it_agree(self):
        chance = random.Random(3)
        self.assertEqual(crc.crc32c(b"123456789"), 0xE3069283)
        for size in [*range(40), 200, 511, 512, 513, 514, 515, 516, 1_027, 2_048, 5_000, 40_001]:
            data = bytes(chance.randrange(256) for _ in range(size))
            start = chance.getrandbits(32)
            self.assertEqual(crc._update(start, data), crc._step(start, data), size)

    def test_many_frames_at_once_get_what_each_would_get_alone(self):
        chance = random.Random(5)
        for count in (1, 2, 5, 6, 40):
            sizes = [chance.choice((0, 9, 150, 152, 160, 161, 300, 2_100)) for _ in range(count)]
            bodies = [b'{"v":1,"t":"log","m":{},"p":"%s"}' % (b"x" * size) for size in sizes] + [b'{"v":1,"q":"other"}']
            whole = crc.checked(memoryview(b"".join(map(framed, bodies))))
            self.assertEqual(whole, b"".join(framed(slowly(body)) for body in bodies))

    def test_a_module_in_c_is_used_when_it_is_right(self):
        def right(data, value=0):
            return crc._step(value ^ 0xFFFFFFFF, data) ^ 0xFFFFFFFF

        bodies = [b'{"v":1,"t":"log","m":{},"p":"%d"}' % number for number in range(9)]
        frames = memoryview(b"".join(map(framed, bodies)))
        plain = crc.checked(frames)
        for native, used in ((mock.Mock(side_effect=right), True), (mock.Mock(return_value=7), False)):
            with mock.patch.dict(sys.modules, {"crc32c": mock.Mock(crc32c=native, __spec__=mock.Mock())}):
                with mock.patch.dict(sys.modules, {"google_crc32c": None}), mock.patch.object(crc, "_native", []):
                    self.assertEqual(crc.checked(frames), plain)
                    self.assertEqual(native.call_count >= len(bodies), used)

    def test_what_is_no_metric_is_found_among_metrics(self):
        metric = b'{"v":1,"t":"metric","m":{"seq":1,"ts":1},"p":{"run_id":"r","key":"{\\"v\\":1,\\"t\\":\\"log","value":1}}'
        batch = b'{"v":1,"t":"metric_batch","m":{"seq":2,"ts":1},"p":{"run_id":"r","metrics":{"v":1,"t":"NaN","m":3}}}'
        odd = b'{"v":1,"t":"x_\\"m","m":{"seq":3,"ts":1},"p":{"v":{"v":1,"t":"log","m":{"seq":9}}}}'
        end = b'{"v":1,"t":"run_end","m":{"seq":4,"ts":1},"p":{"run_id":"r","status":"completed"}}'
        bodies = [metric, odd, odd, batch, metric, end]
        expected = [body if body in (metric, batch) else slowly(body) for body in bodies]
        found = bytes(crc.checked_but_metrics(memoryview(b"".join(map(framed, bodies)))))
        self.assertEqual(found, b"".join(map(framed, expected)))

    def test_the_allowance_is_earned_with_time_and_never_more_than_its_most(self):
        allowance = _checking.Allowance(0.5, 1.0)
        with mock.patch.object(_checking.time, "monotonic") as now:
            now.return_value = allowance._since
            allowance._left = -3.0
            self.assertFalse(allowance.left())
            now.return_value += 7.0
            self.assertTrue(allowance.left())
            self.assertAlmostEqual(allowance._left, 0.5)
            now.return_value += 100.0
            self.assertTrue(allowance.left())
            self.assertEqual(allowance._left, 1.0)

    def test_a_message_of_the_collector_that_was_changed_on_the_way_is_refused(self):
        body = b'{"v":1,"t":"ack","m":{"seq":0,"ts":0},"p":{"seq":12345,"status":"ok"}}'
        whole = crc.checked(memoryview(len(body).to_bytes(4, "big") + body))
        self.assertEqual(Inbox().push(whole), [("ack", {"seq": 12345, "status": "ok"})])
        with self.assertRaises(ValueError):
            Inbox().push(whole.replace(b"12345", b"12346"))


class Wire(FolderCase):
    def start(self, checks=None):
        if checks is not None:
            os.environ["XTRACK_CRC"] = checks
            self.addCleanup(os.environ.pop, "XTRACK_CRC", None)
        given = {"transport": "unix", "socket": self.path("xtrack.sock"), "data": self.folder, "flush_timeout": 60}
        return Tracker(**given).start_run(run_id="r1")

    def offer(self, collector, *more):
        def answer(peer, envelope):
            if envelope["t"] != "hello":
                return False
            peer.sendall(frame("welcome", {"v": 1, "server": "t", "caps": ["ack", "crc", *more], "resume_from": 1}))
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
        self.log(self.start(), collector)
        self.assertIn("crc", collector.hellos[0]["p"]["caps"])
        found = collector.of("r1")
        self.assertEqual([e["p"]["step"] for e in found if e["t"] == "metric"], list(range(3_000)))
        self.assertTrue(all("c" in envelope for envelope in found[1:]))
        self.assertEqual(self.spools(), [])

    def test_metrics_go_without_when_there_is_no_time_left_and_nothing_else_does(self):
        for checks, offered, spared in ((None, ["crc_sparing"], True), ("all", ["crc_sparing"], False), (None, [], False)):
            with self.subTest(checks=checks, offered=offered), mock.patch.object(
                _checking, "ALLOWANCE", _checking.Allowance(0, 0)
            ):
                collector = self.collector()
                self.offer(collector, *offered)
                self.log(self.start(checks), collector)
                found = collector.of("r1")[1:]
                self.assertEqual([e["p"]["step"] for e in found if e["t"] == "metric"], list(range(3_000)))
                self.assertEqual({"c" in e for e in found if e["t"] == "metric"}, {not spared})
                self.assertEqual({"c" in e for e in found if e["t"] != "metric"}, {True})
                collector.stop()

    def test_it_is_not_sent_to_one_that_does_not_look_nor_where_it_is_turned_off(self):
        for checks, offered in ((None, False), ("off", True)):
            with self.subTest(checks=checks):
                collector = self.collector()
                if offered:
                    self.offer(collector)
                self.log(self.start(checks), collector)
                self.assertFalse([envelope for envelope in collector.of("r1") if "c" in envelope])
                collector.stop()


if __name__ == "__main__":
    unittest.main()
