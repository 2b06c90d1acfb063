"""Metric values that a device still has: logging them never waits, and they arrive in order before the end."""

import os
import sys
import threading
import types
import unittest

from xtrack import Tracker, XTrackError
from xtrack._delivery import deferred as deferred_module

from .case import FolderCase


class Stream:
    """A device whose work is done when the test says so."""

    def __init__(self):
        self.done = threading.Event()
        self.waits = 0
        self.calls = []

    def wait(self):
        self.calls.append("wait")
        if not self.done.is_set():
            self.waits += 1
            self.done.wait(60)


class Event:
    def record(self, stream=None):
        self._stream = stream

    def query(self):
        return self._stream.done.is_set()

    def synchronize(self):
        self._stream.wait()


def library(name, stream, events=True, capturing=False):
    """A module like torch with one accelerator, `cuda`; its tensors are on `stream`."""

    class Tensor:
        def __init__(self, value, device="cuda"):
            self.value = value
            self.device = types.SimpleNamespace(type=device, stream=stream)

        def numel(self):
            return len(self.value) if isinstance(self.value, list) else 1

        def detach(self):
            return self

        def clone(self):
            return Tensor(self.value)

        def to(self, device, non_blocking=False):
            assert non_blocking or device != "cpu", "this copy would wait"
            return Tensor(self.value, device)

        def item(self):
            if self.device.type == "meta":
                raise RuntimeError("no data")
            if self.device.type != "cpu":
                stream.wait()
            return self.value

    made = types.ModuleType(name)
    Tensor.__module__ = name
    made.Tensor = Tensor
    made.cuda = types.SimpleNamespace(is_current_stream_capturing=lambda: capturing)
    if events:
        made.cuda.Event = Event
        made.cuda.current_stream = lambda device: device.stream
    return made


class Array:
    """Like an array of jax: immutable, computed in the background."""

    shape = ()

    def __init__(self, value, stream, platform="cpu"):
        self._value, self._stream, self._platform = value, stream, platform

    def is_ready(self):
        return self._stream.done.is_set()

    def devices(self):
        return [types.SimpleNamespace(platform=self._platform)]

    def item(self):
        self._stream.wait()
        return self._value


class DeviceCase(FolderCase):
    def setUp(self):
        super().setUp()
        self.stream = Stream()
        self.addCleanup(self.stream.done.set)
        self.server = self.collector()

    def torch(self, **options):
        name = f"faketorch{id(self)}"
        sys.modules[name] = made = library(name, self.stream, **options)
        self.addCleanup(sys.modules.pop, name)
        return made

    def run_of(self, strict=True, flush=20.0):
        tracker = Tracker(
            transport="unix", socket=self.path("xtrack.sock"), data=self.folder, flush_timeout=flush, strict=strict
        )
        run = tracker.start_run(run_id="r1")
        self.addCleanup(run.end)
        return run

    def metrics(self):
        return [(p["key"], p["value"], p.get("step")) for p in self.payloads("metric")]

    def payloads(self, kind):
        return [envelope["p"] for envelope in self.server.of("r1") if envelope["t"] == kind]

    def arrives(self, ready):
        """Waits for something that needs the collector's lock."""
        stop = threading.Event()
        for _ in range(4000):
            if ready():
                return True
            stop.wait(0.005)
        return False


class Reading(DeviceCase):
    def test_a_value_is_read_when_the_device_has_it_and_not_before(self):
        torch, run = self.torch(), self.run_of()
        run.log_metric("loss", torch.Tensor(0.5), step=1, epoch=2, phase="train")
        run.log_metric("mark", 1)
        self.assertTrue(self.arrives(lambda: self.metrics() == [("mark", 1, None)]))
        self.stream.done.set()
        self.assertTrue(self.arrives(lambda: len(self.metrics()) == 2))
        self.assertEqual(
            self.payloads("metric")[1],
            {"run_id": "r1", "key": "loss", "value": 0.5, "step": 1, "epoch": 2, "ctx": {"phase": "train"}},
        )
        self.assertEqual(self.stream.waits, 0)

    def test_the_order_is_that_of_the_calls_and_the_run_ends_behind_them(self):
        torch, run = self.torch(), self.run_of()
        for step in range(2500):
            run.log_metric("loss", torch.Tensor(step / 2), step=step)
        self.stream.done.set()
        run.end()
        self.assertEqual(self.metrics(), [("loss", step / 2, step) for step in range(2500)])
        self.assertEqual(self.server.kinds("r1")[-1], "run_end")
        self.assertEqual(self.stream.waits, 0)

    def test_a_batch_keeps_what_is_on_the_cpu_and_reads_the_rest_later(self):
        torch, run = self.torch(), self.run_of()
        run.log_metrics({"a": 1, "b": torch.Tensor(float("nan")), "c": torch.Tensor(2, "cpu")}, step=3)
        self.stream.done.set()
        run.end()
        self.assertEqual([batch["metrics"] for batch in self.payloads("metric_batch")], [{"a": 1, "c": 2}])
        self.assertEqual(self.metrics(), [("b", "NaN", 3)])

    def test_the_value_is_the_one_at_the_time_of_the_call(self):
        torch, run = self.torch(), self.run_of()
        total = torch.Tensor(1.0)
        run.log_metric("a", total)
        total.value = 7.0
        self.stream.done.set()
        run.end()
        self.assertEqual(self.metrics(), [("a", 1.0, None)])

    def test_a_backend_without_events_is_waited_for_in_the_sender_thread(self):
        torch, run = self.torch(events=False), self.run_of()
        run.log_metric("a", torch.Tensor(1.0))
        self.assertTrue(self.arrives(lambda: self.stream.waits == 1))
        self.stream.done.set()
        run.end()
        self.assertEqual(self.metrics(), [("a", 1.0, None)])

    def test_arrays_that_are_still_computed(self):
        run = self.run_of()
        run.log_metric("later", Array(1.5, self.stream))
        run.log_metric("far", Array(2.5, self.stream, "tpu"))
        self.assertEqual(self.stream.calls, [])
        self.stream.done.set()
        run.log_metric("ready", Array(3.5, self.stream))
        run.end()
        self.assertEqual(sorted(self.metrics()), [("far", 2.5, None), ("later", 1.5, None), ("ready", 3.5, None)])
        self.assertEqual(self.stream.waits, 0)

    def test_values_are_read_while_no_collector_answers(self):
        self.server.stop()
        torch, run = self.torch(), self.run_of()
        self.stream.done.set()
        run.log_metric("a", torch.Tensor(1.0))
        self.assertTrue(self.arrives(lambda: run._session.spool.tip()[1] == 2))
        self.server.start()
        run.end()
        self.assertEqual(self.metrics(), [("a", 1.0, None)])

    def test_a_handler_of_a_command_may_end_the_run(self):
        torch, run = self.torch(), self.run_of()
        run.on_command("custom", lambda payload: run.end())
        run.log_metric("a", torch.Tensor(1.0))
        self.assertTrue(self.server.wait(lambda: self.server._peers))
        self.server.command("c1", "custom")
        self.stream.done.set()
        self.assertTrue(self.arrives(lambda: "run_end" in self.server.kinds("r1")))
        self.assertEqual(self.metrics(), [("a", 1.0, None)])


class Faults(DeviceCase):
    def test_what_cannot_be_read_is_refused_at_once(self):
        torch, run = self.torch(), self.run_of()
        for bad in (torch.Tensor([1, 2]), torch.Tensor(1.0, "meta")):
            with self.subTest(bad=bad.value), self.assertRaises(XTrackError):
                run.log_metric("a", bad)

    def test_nothing_is_read_inside_the_capture_of_a_graph(self):
        torch, run = self.torch(capturing=True), self.run_of()
        with self.assertRaisesRegex(XTrackError, "captured"):
            run.log_metric("a", torch.Tensor(1.0))

    def test_a_value_that_turns_out_unreadable_does_not_hold_up_the_others(self):
        torch, run = self.torch(), self.run_of()
        for value in (1.0, "text", 2.0):
            run.log_metric("a", torch.Tensor(value))
        self.stream.done.set()
        run.end()
        self.assertEqual([value for _, value, _ in self.metrics()], [1.0, 2.0])
        self.assertEqual([log["fields"] for log in self.payloads("log")], [{"dropped": 1}])

    def test_a_device_that_hangs_does_not_hang_the_end_and_the_loss_is_declared(self):
        torch, run = self.torch(), self.run_of(flush=0.3)
        for step in range(3):
            run.log_metric("a", torch.Tensor(1.0), step=step)
        run.end()
        self.assertTrue(self.arrives(lambda: "run_end" in self.server.kinds("r1")))
        self.assertEqual([log["fields"] for log in self.payloads("log")], [{"dropped": 3}])
        self.assertEqual(self.metrics(), [])

    def test_the_queue_is_bounded_and_what_is_over_it_is_declared(self):
        torch, run = self.torch(), self.run_of()
        for step in range(deferred_module.MOST + 5):
            run.log_metric("a", torch.Tensor(step), step=step)
        self.stream.done.set()
        run.end()
        self.assertEqual([step for _, _, step in self.metrics()], list(range(deferred_module.MOST)))
        self.assertEqual([log["fields"] for log in self.payloads("log")], [{"dropped": 5}])

    def test_with_tracking_off_nothing_is_kept(self):
        torch = self.torch()
        with Tracker(transport="null", strict=True).start_run() as run:
            run.log_metric("a", torch.Tensor(1.0))
        self.assertEqual(self.stream.calls, [])

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_a_fork_reads_its_own_values(self):
        code, _, err = self.script(
            f"""
            import os, sys
            sys.path.insert(0, {os.path.dirname(os.path.dirname(os.path.abspath(__file__)))!r})
            import xtrack
            from tests.test_device import Array, Stream
            run = xtrack.start_run(run_id="r1")
            stream = Stream()
            child = os.fork()
            if child == 0:
                run.log_metric("child", Array(1.5, stream, "tpu"))
                stream.done.set()
                run.end()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            run.end()
            """,
            XTRACK_TRANSPORT="unix",
            XTRACK_SOCKET=self.path("xtrack.sock"),
            XTRACK_FLUSH_TIMEOUT="20",
        )
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.metrics(), [("child", 1.5, None)])


if __name__ == "__main__":
    unittest.main()
