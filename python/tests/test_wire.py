"""The exact shape of what the emitter writes, for every verb and for odd values."""

import argparse
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import json
import math
import os
import pathlib
import re
import types
import typing
import unittest
import uuid

from tests.wire.frames import FrameDecoder
from xtrack import Tracker, XTrackError
from xtrack._values.values import flatten, json_text, number_text, plain

from .case import FolderCase, params_of
from .collector import frames_of


class Colour(enum.Enum):
    RED = "red"


class Depth(enum.IntEnum):
    TWO = 2


class Shape(enum.Enum):
    SQUARE = (1, 1)


class Hostile:
    def __getattr__(self, name):
        raise RuntimeError(name)

    def __repr__(self):
        raise RuntimeError("no")


class Scalar:
    """Looks like a numpy or torch scalar."""

    def __init__(self, value):
        self._value = value

    def item(self):
        return self._value


class WireCase(FolderCase):
    def frames(self, act, **options):
        """Raw frames that `act(run)` produced, the hello first."""
        path = self.path("log.xtrack")
        tracker = Tracker(transport="file", file=path, data=self.folder, strict=True, **options)
        with tracker.start_run(run_id="r1") as run:
            act(run)
        with open(path, "rb") as file:
            self.raw = file.read()
        found, rest = frames_of(self.raw)
        self.assertEqual(rest, b"")
        understood = FrameDecoder("socket").push(self.raw)
        self.assertEqual([outcome for outcome in understood if getattr(outcome, "warnings", True)], [])
        self.assertEqual(len(understood), len(found))
        return found

    def one(self, act, **options):
        """The payload of the one event between run_start and run_end."""
        found = self.frames(act, **options)
        self.assertEqual([found[0]["t"], found[1]["t"], found[-1]["t"]], ["hello", "run_start", "run_end"])
        self.assertEqual(len(found), 4)
        return found[2]["p"]


class Shapes(WireCase):
    def test_a_metric_has_the_canonical_bytes(self):
        self.frames(lambda run: run.log_metric("loss", 0.123, step=5, epoch=1, phase="train"), worker_id="0")
        shape = (
            rb'\{"v":1,"t":"metric","m":\{"seq":2,"ts":\d{16},"wid":"0","inc":"[0-9a-z]+-[0-9a-f]{8}"\},'
            rb'"p":\{"run_id":"r1","key":"loss","value":0.123,"step":5,"epoch":1,"ctx":\{"phase":"train"\}\}\}'
        )
        self.assertRegex(self.raw, shape)

    def test_the_single_worker_has_no_wid(self):
        found = self.frames(lambda run: run.log_metric("a", 1))
        self.assertTrue(all("wid" not in envelope["m"] for envelope in found))

    def test_a_batch_has_the_canonical_bytes(self):
        self.frames(lambda run: run.log_metrics({"a": 1.5, "b": math.nan}, step=5, epoch=1, phase="val"))
        shape = rb'"p":\{"run_id":"r1","metrics":\{"a":1.5,"b":"NaN"\},"step":5,"epoch":1,"ctx":\{"phase":"val"\}\}\}'
        self.assertRegex(self.raw, rb'\{"v":1,"t":"metric_batch","m":\{"seq":2,"ts":\d+,"inc":"[^"]+"\},' + shape)

    def test_the_hello_is_first_and_names_run_and_incarnation(self):
        hello = self.frames(lambda run: None)[0]
        self.assertEqual(hello["m"]["seq"], 0)
        self.assertEqual(hello["p"]["run_id"], "r1")
        self.assertTrue(hello["p"]["client"].startswith("xtrack-python/"))
        self.assertEqual(hello["p"]["caps"], ["ack", "command", "gap", "crc", "crc_sparing"])

    def test_sequence_numbers_count_up_by_one(self):
        found = self.frames(lambda run: [run.log_metric("a", step) for step in range(500)])
        self.assertEqual([envelope["m"]["seq"] for envelope in found], list(range(len(found))))

    def test_run_start_says_where_it_runs(self):
        start = self.frames(lambda run: None)[1]["p"]
        self.assertEqual(start["run_id"], "r1")
        self.assertEqual(start["caps"], ["ack", "command"])
        self.assertRegex(start["env"]["python_version"], r"^3\.\d+\.\d+")
        self.assertEqual(
            set(start["env"]),
            {"python_version", "platform", "hostname", "env_vars", "packages"} | (set(start["env"]) & {"gpu_info"}),
        )

    def test_nested_params_are_flat_with_their_path(self):
        found = self.frames(lambda run: run.log_params({"lr": 0.1, "opt": {"name": "sgd", "deep": {"x": [1]}}}))
        params = [envelope["p"] for envelope in found if envelope["t"] == "param"]
        self.assertEqual(
            params,
            [
                {"run_id": "r1", "key": "lr", "value": 0.1},
                {"run_id": "r1", "key": "opt", "value": "sgd", "nested_key": ["name"]},
                {"run_id": "r1", "key": "opt", "value": [1], "nested_key": ["deep", "x"]},
            ],
        )

    def test_status_log_and_checkpoint(self):
        status = self.one(lambda run: run.set_status("training", "hi", 1, 10, "epochs"))
        self.assertEqual(
            status,
            {"run_id": "r1", "status": "training", "msg": "hi", "progress": {"cur": 1, "total": 10, "unit": "epochs"}},
        )

    def test_a_checkpoint(self):
        found = self.one(lambda run: run.log_checkpoint(7, "/c.pt", {"acc": 0.5}, True, "acc"))
        self.assertEqual(
            found,
            {"run_id": "r1", "step": 7, "path": "/c.pt", "metrics": {"acc": 0.5}, "is_best": True, "best_key": "acc"},
        )

    def test_a_log_line(self):
        found = self.one(lambda run: run.log("hi", "warning", norm=1.5))
        self.assertEqual(found, {"run_id": "r1", "level": "warning", "msg": "hi", "fields": {"norm": 1.5}})

    def test_levels_of_other_libraries_become_the_nearest_of_ours(self):
        for level, wanted in (
            ("critical", "error"),
            ("WARN", "warning"),
            ("trace", "debug"),
            ("odd", "info"),
            (None, "info"),
        ):
            if os.path.exists(self.path("log.xtrack")):
                os.unlink(self.path("log.xtrack"))
            self.assertEqual(self.one(lambda run, level=level: run.log("x", level=level))["level"], wanted)

    def test_a_long_message_is_split(self):
        found = self.frames(lambda run: run.log("x" * 100_000))
        parts = [envelope["p"] for envelope in found if envelope["t"] == "log"]
        self.assertEqual("".join(part["msg"] for part in parts), "x" * 100_000)
        self.assertEqual(
            [part["fields"] for part in parts],
            [{"part": 1, "parts": 3}, {"part": 2, "parts": 3}, {"part": 3, "parts": 3}],
        )

    def test_an_artifact_has_size_and_checksum(self):
        path = self.path("a.txt")
        pathlib.Path(path).write_bytes(b"abc")
        found = self.one(lambda run: run.log_artifact(path, type="data", name="n", upload="inline"))
        digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        self.assertEqual(
            found,
            {
                "run_id": "r1",
                "path": path,
                "type": "data",
                "name": "n",
                "size": 3,
                "checksum": digest,
                "upload": "inline",
                "content": "YWJj",
            },
        )

    def test_a_missing_artifact_is_still_recorded(self):
        found = self.one(lambda run: run.log_artifact("s3://bucket/key", type="model"))
        self.assertEqual(found, {"run_id": "r1", "path": "s3://bucket/key", "type": "model", "upload": "reference"})

    def test_a_huge_batch_is_split_at_the_limit(self):
        found = self.frames(lambda run: run.log_metrics({f"m{n}": n for n in range(25_000)}))
        batches = [envelope["p"]["metrics"] for envelope in found if envelope["t"] == "metric_batch"]
        self.assertTrue(all(len(batch) <= 10_000 for batch in batches))
        self.assertEqual(
            {key: value for batch in batches for key, value in batch.items()}, {f"m{n}": n for n in range(25_000)}
        )


class Values(WireCase):
    def test_metric_values(self):
        cases = [
            (0.1, "0.1"), (1e-05, "1e-05"), (1e300, "1e+300"), (-0.0, "-0.0"), (3, "3"), (True, "1"),
            (math.nan, '"NaN"'), (math.inf, '"Infinity"'), (-math.inf, '"-Infinity"'),
            (2**53, "9007199254740992"), (2**53 + 1, '"9007199254740993"'), (-(2**60), '"-1152921504606846976"'),
            (10**5000, '"Infinity"'),
            (decimal.Decimal("1.5"), "1.5"), (Scalar(2.5), "2.5"), (Scalar(math.nan), '"NaN"'),
            (fractions.Fraction(1, 4), "0.25"), (fractions.Fraction(10**400), '"Infinity"'),
            (decimal.Decimal("-1e999"), '"-Infinity"'), (Depth.TWO, "2"),
        ]  # fmt: skip
        for value, text in cases:
            with self.subTest(value=str(value)[:20] if not isinstance(value, int) else text):
                self.assertEqual(number_text(value), text)

    def test_what_is_no_number_is_refused(self):
        for value in ("0.5", b"1", None, [1], {}, Scalar("x"), Scalar(1j), Hostile(), 1j, Colour.RED):
            with self.subTest(kind=type(value)), self.assertRaises((TypeError, RuntimeError)):
                number_text(value)

    def test_param_values_become_plain_json(self):
        point = collections.namedtuple("point", "x y")
        cases = [
            (argparse.Namespace(lr=0.1, path=pathlib.Path("/a")), {"lr": 0.1, "path": "/a"}),
            (Colour.RED, "red"), (point(1, 2), {"x": 1, "y": 2}), ((1, 2), [1, 2]), ({3}, [3]),
            (datetime.date(2026, 1, 2), "2026-01-02"), (math.inf, "Infinity"), (2**70, str(2**70)),
            ({1: {None: "x"}}, {"1": {"None": "x"}}), (b"ab", "b'ab'"), ("\ud800", "\ufffd"), (int, "int"),
        ]  # fmt: skip
        for value, expected in cases:
            with self.subTest(value=repr(value)):
                self.assertEqual(plain(value), expected)

    def test_dataclasses_by_their_fields(self):
        inner = dataclasses.make_dataclass("Inner", [("lr", float)], frozen=True)
        outer = dataclasses.make_dataclass(
            "Outer", [("opt", inner), ("layers", list), ("shared", typing.ClassVar[int], dataclasses.field(default=1))]
        )
        self.assertEqual(plain(outer(inner(0.5), [1])), {"opt": {"lr": 0.5}, "layers": [1]})

    def test_config_objects_are_params_as_a_whole(self):
        config = argparse.Namespace(lr=0.1, model=types.SimpleNamespace(depth=3, kind=Colour.RED))
        found = self.frames(lambda run: run.log_params(config))
        params = params_of(e["p"] for e in found if e["t"] == "param")
        self.assertEqual(params, {"lr": 0.1, "model.depth": 3, "model.kind": "red"})

    def test_pydantic_like_models_by_their_fields_and_never_by_their_serializers(self):
        field = types.SimpleNamespace(exclude=None)
        hidden = types.SimpleNamespace(exclude=True)

        class Second:
            __pydantic_validator__ = object()
            __pydantic_fields__ = {"lr": field, "secret": hidden}
            __pydantic_extra__ = {"more": 1}
            lr, secret, more = 0.1, "x", 1

            def model_dump(self):
                raise RuntimeError

        class First:
            __fields__ = {
                "lr": types.SimpleNamespace(field_info=field),
                "key": types.SimpleNamespace(field_info=hidden),
            }
            __fields_set__ = set()
            lr, key = 0.1, "x"

        self.assertEqual(plain(Second()), {"lr": 0.1, "more": 1})
        self.assertEqual(plain(First()), {"lr": 0.1})

    def test_a_field_that_cannot_be_read_does_not_take_the_others_with_it(self):
        class MissingMandatoryValue(Exception):
            pass

        class Config(collections.UserDict):
            def __getitem__(self, key):
                if key == "missing":
                    raise MissingMandatoryValue
                return {"lr": 0.1}[key]

        config = Config(lr=1, missing=1, broken=1)
        self.assertEqual(plain(config), {"lr": 0.1, "missing": "???", "broken": "<KeyError>"})

    def test_keys_that_are_no_strings(self):
        keys = {1: 0, None: 0, (1, Colour.RED): 0, Colour.RED: 0, 0.5: 0, int: 0, b"b": 0, Depth.TWO: 0, "": 0}
        shown = ["1", "None", "(1, red)", "red", "0.5", "int", "b'b'", "2", "(empty)"]
        self.assertEqual(list(plain(keys)), shown)
        self.assertEqual([path for path, _ in flatten({"a": keys})], [("a", key) for key in shown])

    def test_names_instead_of_addresses(self):
        here = "tests.test_wire"
        cases = [
            (lambda: 0, f"{here}.Values.test_names_instead_of_addresses.<locals>.<lambda>"),
            (Hostile, f"{here}.Hostile"), (json, "json"), (len, "len"), (self.frames, f"{here}.WireCase.frames"),
            (object(), "<object object>"), ([object()], ["<object object>"]),
            (functools.partial(len), "functools.partial(<built-in function len>)"),
        ]  # fmt: skip
        for value, expected in cases:
            with self.subTest(expected=expected):
                self.assertEqual(plain(value), expected)

    def test_dates_ids_and_sets(self):
        cases = [
            (datetime.timedelta(seconds=90), "0:01:30"), (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
            (decimal.Decimal("0.10"), "0.10"), (fractions.Fraction(1, 3), "1/3"), ({"b", "a", "c"}, ["a", "b", "c"]),
            (collections.deque([1, 2]), [1, 2]), (bytearray(b"a"), "b'a'"), (memoryview(b"a"), "b'a'"),
            (collections.UserList([1]), [1]), (Depth.TWO, 2), (Shape.SQUARE, "SQUARE"), (1 + 2j, "(1+2j)"),
        ]  # fmt: skip
        for value, expected in cases:
            with self.subTest(value=repr(value)):
                self.assertEqual(plain(value), expected)

    def test_a_large_array_is_described_and_not_copied(self):
        class Array:
            shape, dtype = (4000, 2), "float32"

            def tolist(self):
                raise AssertionError("copied")

        self.assertEqual(plain(Array()), "Array(shape=(4000, 2), dtype=float32)")

    def test_no_value_is_over_the_limit_of_a_frame(self):
        for value in (
            ["\U0001f600" * 10**5] * 100,
            {n: "x" * 10**5 for n in range(100)},
            b"\0" * 10**8,
            [["x" * 900] * 999] * 999,
        ):
            with self.subTest(kind=type(value)):
                self.assertLess(len(json_text(value)), 1_000_000)

    def test_params_of_one_call_are_bounded(self):
        loop = {}
        loop.update({name: loop for name in "abcd"})
        self.assertEqual(len(flatten(loop)), 10_000)

    def test_no_value_is_unbounded(self):
        loop = {}
        loop["self"] = [loop, loop]
        for value in (loop, list(range(10**6)), "x" * 10**6, Hostile(), {n: n for n in range(10**5)}):
            with self.subTest(kind=type(value)):
                self.assertLess(len(json.dumps(plain(value))), 2 * 1024 * 1024)

    def test_odd_keys(self):
        found = self.one(lambda run: run.log_metric('a"\\\n\u2028ü\ud800', 1))
        self.assertEqual(found["key"], 'a"\\\n\u2028ü\ufffd')
        self.assertEqual(self.one_key("__proto__"), "__proto__")
        self.assertEqual(len(self.one_key("ü" * 600).encode()), 512)

    def one_key(self, key):
        import os

        os.unlink(self.path("log.xtrack"))
        return self.one(lambda run: run.log_metric(key, 1))["key"]


class Faults(WireCase):
    def test_a_fault_is_raised_only_when_strict(self):
        for strict in (True, False):
            run = Tracker(transport="null", strict=strict).start_run()
            with self.subTest(strict=strict):
                if strict:
                    with self.assertRaises(XTrackError) as caught:
                        run.log_metric("a", "text")
                    self.assertEqual(caught.exception.code, "XT_ARGUMENT")
                else:
                    run.log_metric("a", "text")
                    run.log_params(7)
                    run.log_artifact(None)
                    run.log_checkpoint("x", None)
            run.end()

    def test_one_bad_value_does_not_take_the_others_with_it(self):
        tracker = Tracker(transport="file", file=self.path("x"), data=self.folder)
        with tracker.start_run(run_id="r1") as run:
            run.log_metrics({"a": 1, "b": "bad", "c": 2})
        with open(self.path("x"), "rb") as file:
            found = frames_of(file.read())[0]
        self.assertEqual(found[2]["p"]["metrics"], {"a": 1, "c": 2})

    def test_an_invalid_run_id(self):
        for bad in ("../x", "-a", "a b", "..", "x" * 129, "ü"):
            with self.subTest(run_id=bad):
                with self.assertRaises(XTrackError) as caught:
                    Tracker(transport="null", strict=True).start_run(run_id=bad)
                self.assertEqual(caught.exception.code, "XT_RUN_ID")
                run = Tracker(transport="null").start_run(run_id=bad)
                self.assertTrue(re.fullmatch("[0-9a-f-]{36}", run.run_id))
                run.end()


if __name__ == "__main__":
    unittest.main()
