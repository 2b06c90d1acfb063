"""What a log call of the Python emitter costs, and how many events a second one process delivers.

    PYTHONPATH=python python3 bench/python_emitter.py [--events N] [--seconds S]

The collector is a trivial peer in another process, which reads as fast as it can and acknowledges: the
figures are the emitter's own. Prints one JSON object.
"""

import argparse
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from xtrack import Tracker

# Acknowledges the last frame of what has arrived, at most once in 10 ms, as a collector with group commit does.
SINK = r"""
import json, os, socket, sys, time
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen(8)
print("ready", flush=True)
def frame(kind, payload):
    body = json.dumps({"v": 1, "t": kind, "m": {"seq": 0, "ts": 0}, "p": payload}).encode()
    return len(body).to_bytes(4, "big") + body
while True:
    peer, _ = server.accept()
    peer.sendall(frame("welcome", {"v": 1, "server": "sink", "caps": ["ack", "crc", "crc_sparing"], "resume_from": 1,
        "window": {"bytes": 8 << 20, "events": 65536}, "max_frame": 1 << 20}))
    peer.settimeout(0.01)
    buffer = bytearray(1 << 20); tail = b""; acked = seen = 0; last = 0.0
    while True:
        try:
            n = peer.recv_into(buffer)
        except socket.timeout:
            n = -1
        if n == 0: break
        if n > 0:
            tail = (tail + bytes(buffer[max(0, n - 4096):n]))[-4096:]
        at = tail.rfind(b'"seq":')
        if at >= 0:
            seq = int(tail[at + 6:at + 40].split(b",")[0] or 0) if b"," in tail[at:] else seen + 1
            seen = max(seen, seq if tail.endswith(b"}}") else seq - 1)
        now = time.monotonic()
        if seen > acked and now - last >= 0.01:
            peer.sendall(frame("ack", {"seq": seen, "status": "ok"})); acked = seen; last = now
    peer.close()
"""

# Keeps the disk busy: writes and forces 4 MiB at a time until it is killed.
HOG = r"""
import os, sys
path = sys.argv[1]; block = os.urandom(4 << 20)
while True:
    with open(path, "wb", buffering=0) as file:
        for _ in range(64):
            file.write(block); os.fsync(file.fileno())
"""


def quantiles(samples):
    ordered = sorted(samples)
    at = lambda part: round(ordered[min(len(ordered) - 1, int(part * len(ordered)))] / 1000, 2)
    return {"p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "max": at(1.0), "calls": len(ordered)}


def calls(run, seconds, between, burst=1):
    """Nanoseconds of each log_metric call, `burst` in a row and then `between()`."""
    samples, step = [], 0
    clock = time.perf_counter_ns
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(burst):
            step += 1
            before = clock()
            run.log_metric("loss", 0.1 * step, step=step)
            samples.append(clock() - before)
        between()
    return samples


def compute():
    """About 0.3 ms of work, as between two steps of a training loop on this core."""
    total = 0.0
    for number in range(6_000):
        total += number * 0.5


def sleep():
    """As when the work is done elsewhere (a GPU): the core is cold when the call comes."""
    time.sleep(0.0003)


def measure(run, seconds):
    return {
        "back_to_back": quantiles(calls(run, seconds, int, 50)),
        "between_work": quantiles(calls(run, seconds, compute)),
        "paced_3k": quantiles(calls(run, seconds, sleep)),
    }


def throughput(run, events):
    """Events a second from the first call until the collector has acknowledged the last."""
    begin = time.perf_counter()
    log = run.log_metric
    for step in range(events):
        log("loss", 0.1 * step, step=step)
    logged = time.perf_counter() - begin
    run.end()
    return {
        "events": events,
        "delivered_per_s": round(events / (time.perf_counter() - begin)),
        "logged_per_s": round(events / logged),
    }


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--events", type=int, default=1_000_000)
    options.add_argument("--seconds", type=float, default=5.0)
    options.add_argument("--socket", help="measure against the collector that listens there")
    given = options.parse_args()
    folder = tempfile.mkdtemp(prefix="xtrack-bench-")
    path = given.socket or os.path.join(folder, "sink.sock")
    helpers = []
    try:
        if given.socket is None:
            sink = subprocess.Popen([sys.executable, "-c", SINK, path], stdout=subprocess.PIPE)
            helpers.append(sink)
            sink.stdout.readline()
        tracker = Tracker(transport="unix", socket=path, data=folder, flush_timeout=60)
        result = {
            "bench": "python_emitter",
            "python": platform.python_version(),
            "machine": platform.machine(),
            "cpus": os.cpu_count(),
            "throughput": throughput(tracker.start_run(name="throughput"), given.events),
        }
        with tracker.start_run(name="quiet") as run:
            result["log_metric_us"] = measure(run, given.seconds)
        hog = subprocess.Popen([sys.executable, "-c", HOG, os.path.join(folder, "hog")])
        helpers.append(hog)
        time.sleep(1)
        with tracker.start_run(name="disk") as run:
            result["log_metric_us_disk_saturated"] = measure(run, given.seconds)
        print(json.dumps(result, indent=2))
    finally:
        for helper in helpers:
            helper.kill()
            helper.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
