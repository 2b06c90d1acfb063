"""A collector that is away: training goes on, memory stays, and everything arrives once it is back."""

import os
import unittest

from xtrack import Tracker

from .case import FolderCase

EVENTS = 60_000  # about 7 MiB of frames
MOST_GROWTH = 16 * 1024 * 1024  # bytes beyond the mapped spool


def anonymous_memory():
    """Bytes of this process that no file backs."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon:"))


@unittest.skipUnless(os.path.exists("/proc/self/status"), "memory is read from /proc")
class Outage(FolderCase):
    def test_memory_is_bounded_and_nothing_is_lost(self):
        collector = self.collector()
        run = Tracker(transport="unix", socket=collector.path, data=self.folder, flush_timeout=60).start_run(
            run_id="r1"
        )
        run.log_metric("loss", 0.5, step=0)
        self.assertTrue(collector.wait(lambda: bool(collector.events)))
        collector.stop()
        before = anonymous_memory()
        for step in range(1, EVENTS):
            run.log_metric("loss", 0.5, step=step)
        self.assertLess(anonymous_memory() - before, MOST_GROWTH)
        collector.start()
        run.end()
        known = [event for events in collector.events.values() for event in events.values()]
        self.assertEqual(sorted(event["p"]["step"] for event in known if event["t"] == "metric"), list(range(EVENTS)))


if __name__ == "__main__":
    unittest.main()
