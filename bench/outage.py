"""A training that logs 1,000 metrics a second and times itself, in phases that it is told on stdin.

    PYTHONPATH=python python3 bench/outage.py COUNTER        lines on stdin: the name of the next phase, or `end`

Writes the number of steps logged into the file COUNTER after each call has returned: what a kill -9 must not lose.
Prints one JSON object: per phase the microseconds of `log_metric` and of a step, and anonymous memory in bytes.
"""

import json
import mmap
import os
import sys
import threading
import time

from xtrack import Tracker

PERIOD = 0.001  # seconds: 1,000 steps a second


def anonymous_memory():
    """Bytes of this process that no file backs: the mapped spool is not among them."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0


def quantiles(samples):
    ordered = sorted(samples)
    at = lambda part: round(ordered[min(len(ordered) - 1, int(part * len(ordered)))] / 1000, 2)
    return {"p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "max": at(1.0), "calls": len(ordered)}


def compute():
    """About 0.2 ms of work: a step."""
    total = 0.0
    for number in range(4_000):
        total += number * 0.5
    return total


class Phases:
    """What was measured; the samples are integers in arrays, so that the measuring itself needs little memory."""

    def __init__(self):
        from array import array

        self._array = array
        self.current = None
        self.all = []
        self.turn("before")

    def turn(self, name):
        calls, steps = self._array("q"), self._array("q")
        self.current = (calls, steps)
        self.all.append((name, calls, steps, anonymous_memory()))

    def report(self):
        """Memory is that at the end of each phase, without what the samples take."""
        ends = [memory for _, _, _, memory in self.all[1:]] + [anonymous_memory()]
        held = 0
        result = {}
        for (name, calls, steps, _), memory in zip(self.all, ends):
            held += (len(calls) + len(steps)) * 8
            result[name] = {"log_us": quantiles(calls), "step_us": quantiles(steps), "anonymous": memory - held}
        return result


def main():
    with open(sys.argv[1], "w+b") as file:
        file.truncate(8)
        counter = mmap.mmap(file.fileno(), 8)
    phases = Phases()
    told = []
    threading.Thread(target=lambda: told.extend(line.strip() for line in sys.stdin), daemon=True).start()
    heard, step = 0, 0
    clock = time.perf_counter_ns
    run = Tracker(flush_timeout=60).start_run(name="outage")
    print(run.run_id, flush=True)
    due = time.monotonic()
    while True:
        if len(told) > heard:
            heard += 1
            if told[heard - 1] == "end":
                break
            phases.turn(told[heard - 1])
        calls, steps = phases.current
        begin = clock()
        compute()
        step += 1
        before = clock()
        run.log_metric("loss", 0.1 * step, step=step)
        after = clock()
        counter[:] = step.to_bytes(8, "little")
        calls.append(after - before)
        steps.append(after - begin)
        due = max(due + PERIOD, time.monotonic() - 0.1)
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
    report = phases.report()
    run.end()
    print(json.dumps({"steps": step, "phases": report}), flush=True)


if __name__ == "__main__":
    main()
