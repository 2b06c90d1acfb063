"""A training for the faults: logs what its plan says, and writes each call into a counter file once it has returned.

The counter file is the outside witness: a line `KIND N` for call N, in one write, after the call.
"""

import json
import os
import signal
import sys
import time

SPEC = json.loads(os.environ["XTRACK_FAULTS_SPEC"])
FOLDER = SPEC["folder"]

real_time_ns, real_time = time.time_ns, time.time
jump = [0]  # seconds that the clock is off


def broken_time_ns():
    return real_time_ns() + jump[0] * 1_000_000_000


def broken_time():
    return real_time() + jump[0]


if SPEC.get("clock"):
    time.time_ns, time.time = broken_time_ns, broken_time

import xtrack  # noqa: E402


class Witness:
    def __init__(self, life):
        self.life = life
        self.file = os.open(os.path.join(FOLDER, life + ".count"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(self, line):
        os.write(self.file, (line + "\n").encode())


def exists(name):
    return os.path.exists(os.path.join(FOLDER, name))


def log_one(run, life, kind, n):
    """Call number `n`: one event, and everything in it follows from `life` and `n`."""
    if kind == "m":
        run.log_metric(life + "/m", n * 0.5 + 0.125 if n % 101 else float("inf"), step=n)
    elif kind == "b":
        run.log_metrics({f"{life}/b{i}": n + i / 4096 for i in range(50)}, step=n)
    elif kind == "w":
        run.log_metrics({f"{life}/w{i}": n + i / 4096 for i in range(2500)}, step=n)
    elif kind == "l":
        run.log(f"{life} {n} " + "x" * (n * 7919 % 3000), level="info", step=n)
    elif kind == "L":
        run.log(f"{life} {n} " + "\u00e9" * (n * 7919 % 20000), level="warning", step=n)
    elif kind == "p":
        run.log_param(f"{life}.p{n}", f"value {n}")
    elif kind == "a":
        run.log_artifact(os.path.join(FOLDER, "artifact.bin"), name=f"{life} {n}")
    elif kind == "c":
        run.log_checkpoint(n, os.path.join(FOLDER, "artifact.bin"), meta={"call": f"{life} {n}"})
    elif kind == "s":
        run.set_status("training", f"{life} {n}", current=n)


def kind_of(n):
    text = SPEC["kinds"]
    return text[n % len(text)]


def calls(run, witness, count, first=0):
    burst, pause = SPEC["burst"], SPEC["pause"]
    for n in range(first, first + count):
        kind = kind_of(n)
        log_one(run, witness.life, kind, n)
        witness.say(f"{kind} {n}")
        if n % burst == burst - 1:
            if SPEC.get("clock"):
                jump[0] = SPEC["clock"][n // burst % len(SPEC["clock"])]
            if exists("hold"):
                return n + 1
            time.sleep(pause)
    return first + count


def fork(run, how):
    """A child that logs as well; it leaves as a DataLoader's worker does, or at once."""
    pid = os.fork()
    if pid != 0:
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    witness = Witness(SPEC["life"] + "f")
    calls(run, witness, SPEC["forkCalls"])
    if how == "end":
        run.end()
        witness.say("end completed")
    os._exit(0)


def main():
    witness = Witness(SPEC["life"])
    run = xtrack.Tracker().start_run(run_id=SPEC["run"])
    witness.say(f"start {os.getpid()}")
    child = 0
    done = calls(run, witness, SPEC["calls"] // 3)
    if SPEC.get("fork"):
        child = fork(run, SPEC["fork"])
    done = calls(run, witness, SPEC["calls"] - done, done)
    while not exists("stop") and not SPEC.get("early"):
        time.sleep(0.05)
    if child:
        os.waitpid(child, 0)
    how = SPEC["end"]
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "gone":
        os._exit(0)
    if how == "raise":
        witness.say("end failed")
        raise RuntimeError("as planned")
    if how == "exit":
        witness.say("end completed")
        sys.exit(0)
    witness.say("ending")
    run.end()
    witness.say("end completed")


if __name__ == "__main__":
    main()
