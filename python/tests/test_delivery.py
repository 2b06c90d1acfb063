"""What happens between the emitter and a collector that comes, goes, is slow, or speaks an older protocol."""

import threading
import unittest

from xtrack import Tracker

from .case import FolderCase
from .collector import frame, frames_of


class Words(FolderCase):
    """What the emitter says of itself, and where."""

    SCRIPT = """
    import logging, sys, xtrack
    {setup}
    run = xtrack.start_run(run_id="told")
    run.log_metric("loss", "no number", step=1)
    run.log_metric("loss", 0.5, step=1)
    run.end()
    """

    def told(self, setup="pass", **environ):
        collector = self.collector()
        script = self.SCRIPT.replace("{setup}", setup)
        code, out, err = self.script(script, XTRACK_TRANSPORT="unix", XTRACK_SOCKET=collector.path, **environ)
        self.assertEqual(code, 0, err)
        collector.stop()
        return out, err

    def test_a_line_on_stderr_and_no_more(self):
        out, err = self.told("logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)")
        self.assertEqual([line[:8] for line in err.splitlines()], ["xtrack: "])
        self.assertNotIn("loss", out)

    def test_the_logger_where_the_script_has_set_it_up(self):
        out, err = self.told(
            "logging.getLogger('xtrack').addHandler(logging.StreamHandler(sys.stdout)); "
            "logging.getLogger('xtrack').setLevel(logging.DEBUG)"
        )
        self.assertEqual(err, "")
        self.assertIn("loss", out)
        self.assertIn("run told: ends; event 3 is the last", out)

    def test_each_step_with_xtrack_debug(self):
        _, err = self.told(XTRACK_DEBUG="1")
        for words in ("is open; going on behind event 0", "acknowledges; durable", "ends; event 3 is the last"):
            self.assertIn(words, err)

    def test_a_handler_that_logs_to_the_run_does_not_call_itself_for_ever(self):
        setup = """
    class Handler(logging.Handler):
        def emit(self, record):
            run.log_metric("from handler", "no number either", step=1)
            raise RuntimeError
    logging.raiseExceptions = False
    logging.getLogger('xtrack').addHandler(Handler())
    """
        self.told(setup)


class Delivery(FolderCase):
    def start(self, **options):
        given = dict(
            {"transport": "unix", "socket": self.path("xtrack.sock"), "data": self.folder, "flush_timeout": 60},
            **options,
        )
        return Tracker(**given).start_run(run_id="r1")

    def steps(self, collector):
        return [envelope["p"]["step"] for envelope in collector.of("r1") if envelope["t"] == "metric"]

    def test_every_event_arrives_once_and_the_spool_is_removed(self):
        collector = self.collector()
        with self.start() as run:
            for step in range(50_000):
                run.log_metric("loss", 0.5, step=step)
        self.assertEqual(self.steps(collector), list(range(50_000)))
        self.assertEqual(collector.kinds("r1")[-1], "run_end")
        self.assertEqual(collector.duplicates, 0)
        self.assertEqual(self.spools(), [])

    def test_the_token_goes_into_the_hello_and_into_no_file(self):
        collector = self.collector(acks=False)
        run = self.start(token="s3cret", flush_timeout=0.1)
        run.end()
        self.assertEqual(collector.hellos[0]["p"]["token"], "s3cret")
        self.assertEqual(len(self.spools()), 1)
        with open(self.spools()[0], "rb") as file:
            self.assertNotIn(b"s3cret", file.read())

    def test_a_collector_that_restarts_many_times_gets_everything(self):
        collector = self.collector()
        run = self.start()
        for step in range(20_000):
            run.log_metric("loss", 0.5, step=step)
            if step % 2_000 == 1_999:
                half = step // 2
                collector.wait(lambda least=half: sum(map(len, collector.events.values())) > least)
                collector.stop()
                collector.start()
        run.end()
        self.assertEqual(self.steps(collector), list(range(20_000)))
        self.assertGreater(len(collector.hellos), 5)

    def test_a_connection_cut_inside_a_frame_loses_nothing(self):
        collector = self.collector()
        seen = []

        def cut(peer, envelope):
            seen.append(envelope)
            if len(seen) in (100, 900, 3_000):
                peer.shutdown(2)
                return True  # and this one was never stored
            return False

        collector.on_frame = cut
        with self.start() as run:
            for step in range(5_000):
                run.log_metric("loss", 0.5, step=step)
        self.assertEqual(self.steps(collector), list(range(5_000)))

    def test_the_window_of_the_collector_is_kept(self):
        collector = self.collector(window={"bytes": 1 << 20, "events": 100})
        run = self.start()
        collector.wait(lambda: bool(collector.events))
        collector.most_unacked = 0
        for step in range(5_000):
            run.log_metric("loss", 0.5, step=step)
        run.end()
        self.assertEqual(self.steps(collector), list(range(5_000)))
        self.assertLessEqual(collector.most_unacked, 100)

    def test_a_missing_range_is_sent_again_when_asked_for(self):
        collector = self.collector()
        asked = threading.Event()

        def lose(peer, envelope):
            seq = envelope["m"]["seq"]
            if seq in (20, 21) and not asked.is_set():
                return True
            if seq == 200 and not asked.is_set():
                asked.set()
                again = {"seq": 19, "status": "ok", "run_id": "r1", "resend": {"from": 20, "to": 21}}
                peer.sendall(frame("ack", again))
            return False

        collector.on_frame = lose
        with self.start() as run:
            for step in range(500):
                run.log_metric("loss", 0.5, step=step)
        self.assertEqual(self.steps(collector), list(range(500)))
        self.assertEqual(collector.duplicates, 0)

    def test_what_is_not_acknowledged_stays_in_a_file_that_is_a_valid_stream(self):
        self.collector(acks=False)
        run = self.start(flush_timeout=0.1)
        for step in range(100):
            run.log_metric("loss", 0.5, step=step)
        run.end()
        self.assertEqual(len(self.spools()), 1)
        with open(self.spools()[0], "rb") as file:
            found, rest = frames_of(file.read())
        self.assertEqual(rest, b"")
        self.assertEqual([envelope["t"] for envelope in found], ["hello", "run_start"] + ["metric"] * 100 + ["run_end"])
        self.assertIs(found[0]["p"]["spool"]["closed"], True)

    def test_nobody_there_at_first(self):
        run = self.start()
        run.log_metric("loss", 1)
        collector = self.collector()
        run.end()
        self.assertEqual(collector.kinds("r1"), ["run_start", "metric", "run_end"])

    def test_frames_of_the_collector_that_make_no_sense_are_survived(self):
        collector = self.collector()
        broken = [
            b"\xff\xff\xff\xff",
            b"\x00\x00\x00\x02[]",
            b"\x00\x00\x00\x03abc",
            frame("ack", {"seq": "x"}),
            frame("welcome", {}),
        ]

        def disturb(peer, envelope):
            if envelope["t"] == "metric" and broken:
                peer.sendall(broken.pop())
            return False

        collector.on_frame = disturb
        with self.start() as run:
            for step in range(200):
                run.log_metric("loss", 0.5, step=step)
                collector.wait(lambda: bool(collector.hellos))
        self.assertEqual(self.steps(collector), list(range(200)))


if __name__ == "__main__":
    unittest.main()
