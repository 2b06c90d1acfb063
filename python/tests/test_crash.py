"""SIGKILL at random moments: no event is lost whose log call had returned."""

import os
import random
import time
import unittest

from .case import FolderCase
from .collector import frames_of

ROUNDS = int(os.environ.get("XTRACK_CRASH_ROUNDS", "20"))

# `counter` holds, at any moment, how many log calls have returned: a mapped file outlives the process.
SCRIPT = """
import mmap, os, struct, xtrack
file = os.open("counter", os.O_RDWR | os.O_CREAT)
os.ftruncate(file, 8)
counter = mmap.mmap(file, 8)
run = xtrack.start_run()
step = 0
while True:
    run.log_metric("loss", 0.5, step=step)
    step += 1
    counter[0:8] = struct.pack("<q", step)
    if step == 1:
        print("go", flush=True)
"""


class Crash(FolderCase):
    def test_row_1_every_event_is_in_the_collector_or_in_the_spool(self):
        chance = random.Random(7)
        for attempt in range(ROUNDS):
            with self.subTest(attempt=attempt):
                self.round(f"r{attempt}", chance.random() * 0.06)

    def round(self, run_id, delay):
        collector = self.collector()
        process = self.popen(SCRIPT, XTRACK_RUN_ID=run_id, XTRACK_TRANSPORT="unix")
        process.stdout.readline()
        time.sleep(delay)
        process.kill()
        process.communicate()
        with open(self.path("counter"), "rb") as file:
            returned = int.from_bytes(file.read(8), "little")
        found = {envelope["m"]["seq"]: envelope for envelope in collector.of(run_id)}
        for path in self.spools():
            with open(path, "rb") as file:
                envelopes, rest = frames_of(file.read())
            self.assertEqual(rest[:4].strip(b"\0"), b"", "what follows the last frame was never committed")
            found.update({envelope["m"]["seq"]: envelope for envelope in envelopes if envelope["t"] != "hello"})
            os.unlink(path)
        self.assertEqual(sorted(found), list(range(1, len(found) + 1)))
        steps = [found[seq]["p"]["step"] for seq in sorted(found) if found[seq]["t"] == "metric"]
        self.assertEqual(steps, list(range(len(steps))))
        self.assertGreaterEqual(len(steps), returned)
        self.assertLessEqual(len(steps), returned + 1)
        self.assertGreater(returned, 0)
        os.unlink(self.path("counter"))
        collector.stop()


if __name__ == "__main__":
    unittest.main()
