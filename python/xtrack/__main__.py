"""`python -m xtrack`: what to do when one wonders whether tracking works."""

from __future__ import annotations

import argparse
import sys
from typing import List, Optional

from ._version import __version__

__all__ = ["main"]


def main(arguments: Optional[List[str]] = None) -> int:
    """Runs a command and returns its exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "doctor":
        return _doctor(options.json)
    return _demo(options.steps, options.seconds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m xtrack", description="XTrack's emitter for Python")
    parser.add_argument("--version", action="version", version=f"xtrack {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    doctor = commands.add_parser(
        "doctor",
        help="say where events would go from here, and whether they would arrive",
        description="Exit code 0: events reach a collector. 1: they only end in a file. 2: they go nowhere.",
    )
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    demo = commands.add_parser("demo", help="a short real training run, to see that all of it works")
    demo.add_argument("--steps", type=_steps, default=200, help="training steps (%(default)s)")
    demo.add_argument("--seconds", type=_seconds, default=4.0, help="about how long it takes (%(default)s)")
    return parser


def _steps(given: str) -> int:
    if not given.isdigit() or not 1 <= int(given) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{given!r} is not a whole number from 1 to 1,000,000")
    return int(given)


def _seconds(given: str) -> float:
    try:
        value = float(given)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number of seconds from 0 to 86,400")
    return value


def _doctor(as_json: bool) -> int:
    from . import _doctor as doctor

    report = doctor.examine()
    if as_json:
        import json

        print(json.dumps(report, indent=2))
    else:
        print(doctor.render(report))
    code: int = report["exit_code"]
    return code


def _demo(steps: int, seconds: float) -> int:
    from ._demo import demo

    print(demo(steps, seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
