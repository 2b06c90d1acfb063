"""What the tests share: a private folder, a collector in it, and scripts run as real processes."""

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

from .collector import Collector

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def params_of(payloads):
    """The params that a control plane stores of these `param` payloads: what is below a key is joined with it."""
    return {".".join([p["key"], *p.get("nested_key", [])]): p["value"] for p in payloads}


class FolderCase(unittest.TestCase):
    """A test with a folder of its own, short enough for the path of a socket."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="xt-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def collector(self, name="xtrack.sock", **options):
        made = Collector(self.path(name), **options)
        self.addCleanup(made.stop)
        return made

    def environ(self, **extra):
        kept = {key: value for key, value in os.environ.items() if not key.startswith("XTRACK_")}
        kept.pop("WORLD_SIZE", None)
        # Python 3.12 warns of any fork beside a thread; the tests fork on purpose.
        kept["PYTHONWARNINGS"] = "ignore:This process:DeprecationWarning"
        return {**kept, "PYTHONPATH": PACKAGE, "XTRACK_DATA": self.folder, **extra}

    def popen(self, script, pass_fds=(), stdin=False, **environ):
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script)],
            env=self.environ(**environ),
            cwd=self.folder,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=pass_fds,
        )

    def script(self, script, pass_fds=(), timeout=180, **environ):
        """Runs it to its end: (exit code, stdout, stderr)."""
        process = self.popen(script, pass_fds, **environ)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.fail(f"the script hung: {err.decode()}")
        return process.returncode, out.decode(), err.decode()

    def spools(self, ending=""):
        """Files in the spool folder but the sidecars; `ending=".crc"` for those."""
        folder = self.path("spool")
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        wanted = [name for name in names if name.endswith(ending) and (ending or not name.endswith(".crc"))]
        return [os.path.join(folder, name) for name in wanted]
