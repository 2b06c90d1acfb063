"""Examples, as their users run them: `examples/NAME/train.py` in a process of its own."""

import os
import subprocess
import sys

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EXAMPLES = os.path.join(os.path.dirname(PACKAGE), "examples")
SECONDS = 120  # that an example may take: a generous limit, not a measure


def environ(**extra):
    """For scripts of their own: this package, one thread for numerical libraries."""
    return {**os.environ, "PYTHONPATH": PACKAGE, "OMP_NUM_THREADS": "1", **extra}


def run_example(case, name, *arguments, **extra):
    """Runs it to its good end, in the folder of the test."""
    command = [sys.executable, os.path.join(EXAMPLES, name, "train.py"), *arguments]
    options = {"env": environ(**extra), "cwd": case.folder, "timeout": SECONDS}
    made = subprocess.run(command, capture_output=True, text=True, **options)
    case.assertEqual(made.returncode, 0, made.stderr)
    return made
