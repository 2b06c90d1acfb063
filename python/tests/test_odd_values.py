"""Row 60: whatever a script hands to a log call, nothing is raised, and what can be shown is recorded."""

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import pathlib
import unittest
import uuid

from xtrack import Tracker, XTrackError

from .case import FolderCase


class Hostile:
    """Raises whatever is asked of it."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __repr__(self):
        raise RuntimeError("repr")

    __str__ = __iter__ = __len__ = __float__ = __int__ = __bool__ = __hash__ = __eq__ = __repr__


class Huge(dict):
    def items(self):
        return ((str(number), number) for number in range(30_000))


class Liar(int):
    def __repr__(self):
        return "{"


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Config:
    rate: float = 0.1
    path: pathlib.Path = pathlib.Path("a")


def recursive():
    found = []
    found.append(found)
    return found


def deep():
    found = {}
    for _ in range(5_000):
        found = {"a": found}
    return found


def odd_values():
    """Fifty of them."""
    shown = collections.namedtuple("Pair", "a b")(1, 2)
    return [
        None, True, False, 0, -1, 2**53, 2**64, -(2**70), 10**5_000, 1.5, -0.0, 1e308, 5e-324,
        float("nan"), float("inf"), float("-inf"), 1j, "", "text", "\0\x1b", "\ud800", "é" * 9, "x" * 300_000,
        b"", b"\xff", bytearray(b"a"), memoryview(b"a"), (), (1, (2,)), [], [None], {}, {1: 2}, {None: 1}, {(1, 2): 3},
        {"a.b": {"": 1}}, {b"k": 1}, set(), {1, "a"}, frozenset([1]), range(3), iter([1]), (n for n in "ab"), shown,
        collections.OrderedDict(a=1), collections.deque([1]), Colour.RED, Config(), Config, recursive(), deep(),
        Hostile(), Hostile, Huge(), Liar(3), decimal.Decimal("1.1"), decimal.Decimal("sNaN"), fractions.Fraction(1, 3),
        datetime.datetime(2024, 1, 1), datetime.timedelta(1), uuid.UUID(int=1), pathlib.Path("a"), len, lambda: 1,
        object(), ValueError("v"), NotImplemented, ..., type, unittest, {"x": Hostile()}, [Hostile()],
        {Colour.RED: Colour.RED},
    ]  # fmt: skip


CALLS = {
    "log_metric as value": lambda run, value: run.log_metric("m", value),
    "log_metric as key": lambda run, value: run.log_metric(value, 1),
    "log_metric as step": lambda run, value: run.log_metric("m", 1, step=value),
    "log_metric as epoch": lambda run, value: run.log_metric("m", 1, epoch=value),
    "log_metric as phase": lambda run, value: run.log_metric("m", 1, phase=value),
    "log_metrics": lambda run, value: run.log_metrics({"a": value, "b": 1}),
    "log_metrics of it": lambda run, value: run.log_metrics(value),
    "log_param": lambda run, value: run.log_param("p", value),
    "log_param as key": lambda run, value: run.log_param(value, 1),
    "log_params of it": lambda run, value: run.log_params(value),
    "log": lambda run, value: run.log(value, field=value),
    "log as level": lambda run, value: run.log("m", level=value),
    "set_status": lambda run, value: run.set_status(value, value),
    "log_artifact": lambda run, value: run.log_artifact(value, type=value, meta=value),
    "log_checkpoint": lambda run, value: run.log_checkpoint(value, value, metrics=value),
}


class OddValues(FolderCase):
    def run_of(self, **options):
        collector = self.collector()
        tracker = Tracker(transport="unix", socket=collector.path, data=self.folder, flush_timeout=20, **options)
        return tracker.start_run(run_id="r1"), collector

    def test_row_60_fifty_odd_values_in_every_place_of_every_call(self):
        values = odd_values()
        self.assertGreaterEqual(len(values), 50)
        run, collector = self.run_of()
        for call in CALLS.values():
            for value in values:
                call(run, value)
        run.log_metric("last", 1)
        run.end()
        found = collector.of("r1")  # all of it is JSON, or it were not here
        self.assertEqual([envelope["m"]["seq"] for envelope in found], list(range(1, len(found) + 1)))
        self.assertEqual([envelope["t"] for envelope in found][-2:], ["metric", "run_end"])
        params = [e["p"]["value"] for e in found if e["t"] == "param" and e["p"]["key"] == "p"]
        self.assertGreaterEqual(len(params), 40)  # a param can be shown, whatever it is

    def test_row_60_strict_raises_one_kind_of_error(self):
        run, collector = self.run_of(strict=True)
        raised = 0
        for call in CALLS.values():
            for value in odd_values():
                try:
                    call(run, value)
                except XTrackError as error:
                    self.assertTrue(error.code.startswith("XT_"))
                    raised += 1
        run.end()
        self.assertGreater(raised, 100)
        self.assertEqual(collector.kinds("r1")[-1], "run_end")


if __name__ == "__main__":
    unittest.main()
