"""The return channel: handlers, safe points, pauses, checkpoints on demand, knobs; each command answered once."""

import threading
import unittest

from xtrack import Tracker, XTrackError

from .case import FolderCase


class CommandCase(FolderCase):
    def setUp(self):
        super().setUp()
        self.collector_ = self.collector()
        self.run_ = Tracker(transport="unix", socket=self.collector_.path, data=self.folder).start_run(run_id="r1")
        self.addCleanup(self.run_.end)
        self.assertTrue(self.collector_.wait(lambda: bool(self.collector_.hellos)))
        self.sent = 0

    def command(self, kind, payload=None, **more):
        """Sends a command and waits until the emitter has taken it in; its id."""
        self.sent += 1
        identity = f"c{self.sent}"
        self.collector_.command(identity, kind, payload, **more)
        seen = self.run_._commands._seen
        self.assertTrue(self.collector_.wait(lambda: identity in seen))
        return identity

    def payloads(self, kind):
        return [e["p"] for known in self.collector_.events.values() for _, e in sorted(known.items()) if e["t"] == kind]

    def result(self, identity):
        def found():
            return [each for each in self.payloads("command_result") if each["cmd_id"] == identity]

        self.assertTrue(self.collector_.wait(lambda: bool(found())), f"no answer to {identity}")
        self.assertEqual(len(found()), 1)
        return found()[0]

    def unanswered(self, identity):
        """True when everything that was logged has arrived, and no answer was among it."""
        self.run_.log("mark", level="debug", mark=identity)
        self.assertTrue(
            self.collector_.wait(lambda: any(e.get("fields") == {"mark": identity} for e in self.payloads("log")))
        )
        return identity not in [each["cmd_id"] for each in self.payloads("command_result")]

    def background(self, call):
        """Runs `call` in a thread, as the training; joined by `finish`."""
        found = []
        thread = threading.Thread(target=lambda: found.append(call()), daemon=True)
        thread.start()

        def finish():
            thread.join(20)
            self.assertFalse(thread.is_alive())
            return found[0]

        return finish


class Handlers(CommandCase):
    def test_what_a_handler_returns_or_raises_is_the_answer(self):
        self.run_.on_command("adjust_lr", lambda payload: {"lr": payload["lr"] * 2})
        self.run_.on_command("pause", lambda payload: 1 / 0)
        answer = self.result(self.command("adjust_lr", {"lr": 0.5}))
        self.assertEqual(answer, {"run_id": "r1", "cmd_id": "c1", "status": "ok", "result": {"lr": 1.0}})
        answer = self.result(self.command("pause"))
        self.assertEqual(answer["status"], "error")
        self.assertIn("ZeroDivisionError", answer["error"])

    def test_what_nobody_asked_for_is_unsupported_and_says_what_to_do(self):
        for kind in ("pause", "resume", "checkpoint_now", "update_params", "adjust_lr", "custom"):
            answer = self.result(self.command(kind, {"lr": 1}))
            self.assertEqual(answer["status"], "unsupported")
            self.assertIn("safe_point", answer["error"])

    def test_a_command_sent_twice_runs_once(self):
        calls = []
        self.run_.on_command("custom", calls.append)
        self.collector_.command("same", "custom", {"n": 1})
        self.collector_.command("same", "custom", {"n": 1})
        self.result(self.command("custom", {"n": 2}))
        self.result("same")
        self.assertEqual(calls, [{"n": 1}, {"n": 2}])

    def test_a_custom_command_finds_its_handler_by_name(self):
        self.run_.on_command("dump_stack", lambda payload: payload["depth"])
        self.assertEqual(self.result(self.command("custom", {"name": "dump_stack", "depth": 3}))["result"], 3)
        self.assertEqual(self.result(self.command("custom", {"name": "other"}))["status"], "unsupported")

    def test_a_handler_of_a_safe_point_runs_in_the_thread_of_the_training(self):
        where = []
        self.run_.on_command("custom", lambda payload: where.append(threading.current_thread()), at="safe_point")
        identity = self.command("custom")
        self.assertTrue(self.unanswered(identity))
        self.assertTrue(self.run_.safe_point(step=1))
        self.assertEqual(self.result(identity)["status"], "ok")
        self.assertEqual(where, [threading.current_thread()])

    def test_an_expired_command_is_not_carried_out(self):
        calls = []
        self.run_.on_command("custom", calls.append, at="safe_point")
        self.command("custom", {"n": 1}, expires_ms=0)
        other = self.command("custom", {"n": 2}, expires_ms=60_000)
        self.run_.safe_point()
        self.result(other)
        self.assertEqual(calls, [{"n": 2}])

    def test_what_still_waits_at_the_end_is_answered(self):
        self.run_.safe_point()
        pause, stop = self.command("pause"), self.command("stop")
        self.run_.end()
        self.assertEqual(self.result(pause)["status"], "error")
        self.assertEqual(self.result(stop)["status"], "ok")


class Stopping(CommandCase):
    def test_a_loop_that_looks_at_should_stop(self):
        self.assertFalse(self.run_.should_stop)
        identity = self.command("stop")
        self.assertTrue(self.unanswered(identity))
        self.assertTrue(self.run_.should_stop)
        self.assertEqual(self.result(identity)["status"], "ok")
        self.assertTrue(self.run_.should_stop)

    def test_a_loop_of_safe_points(self):
        self.assertTrue(self.run_.safe_point())
        identity = self.command("stop")
        self.assertFalse(self.run_.safe_point())
        self.assertEqual(self.result(identity)["status"], "ok")

    def test_a_script_that_never_looked_hears_of_it_when_it_does(self):
        self.assertEqual(self.result(self.command("stop"))["status"], "unsupported")
        self.assertTrue(self.run_.should_stop)


class Pausing(CommandCase):
    def test_a_pause_holds_the_loop_until_resume(self):
        self.run_.set_status("training")
        self.run_.safe_point()
        pause = self.command("pause")
        finish = self.background(lambda: self.run_.safe_point(step=7))
        self.assertEqual(self.result(pause)["status"], "ok")
        self.assertTrue(self.collector_.wait(lambda: [e["status"] for e in self.payloads("status")][-1:] == ["paused"]))
        self.assertEqual(self.result(self.command("resume"))["status"], "ok")
        self.assertTrue(finish())
        wanted = ["training", "paused", "training"]
        self.assertTrue(self.collector_.wait(lambda: [e["status"] for e in self.payloads("status")] == wanted))

    def test_wait_if_paused(self):
        self.run_.wait_if_paused()
        self.command("pause")
        finish = self.background(self.run_.wait_if_paused)
        self.assertEqual(self.result(self.command("resume"))["status"], "ok")
        finish()

    def test_a_stop_ends_a_pause(self):
        self.run_.safe_point()
        pause = self.command("pause")
        finish = self.background(self.run_.safe_point)
        self.result(pause)
        self.result(self.command("stop"))
        self.assertFalse(finish())
        self.run_.wait_if_paused()

    def test_knobs_and_handlers_work_during_a_pause(self):
        knob = self.run_.knob("lr", 0.1)
        self.run_.on_command("checkpoint_now", lambda payload: "saved", at="safe_point")
        self.run_.safe_point()
        self.command("pause")
        finish = self.background(self.run_.safe_point)
        self.assertEqual(self.result(self.command("adjust_lr", {"lr": 0.2}))["status"], "ok")
        self.assertEqual(self.result(self.command("checkpoint_now"))["result"], "saved")
        self.command("resume")
        finish()
        self.assertEqual(knob.value, 0.2)

    def test_resume_and_pause_twice_are_harmless(self):
        self.run_.safe_point()
        resume = self.command("resume")
        self.assertTrue(self.run_.safe_point())
        self.assertEqual(self.result(resume)["status"], "ok")
        self.assertEqual(self.payloads("status"), [])


class Checkpoints(CommandCase):
    def test_a_request_is_answered_by_the_checkpoint(self):
        self.assertFalse(self.run_.checkpoint_requested)
        identity = self.command("checkpoint_now")
        self.assertTrue(self.run_.checkpoint_requested)
        self.assertTrue(self.run_.checkpoint_requested)
        self.assertTrue(self.unanswered(identity))
        self.run_.log_checkpoint(12, "/models/12.pt")
        self.assertEqual(self.result(identity)["result"], {"step": 12, "path": "/models/12.pt"})
        self.assertFalse(self.run_.checkpoint_requested)

    def test_a_handler_answers_with_the_checkpoint_that_it_logged(self):
        self.run_.on_command("checkpoint_now", lambda payload: self.run_.log_checkpoint(3, "/m/3.pt"), at="safe_point")
        identity = self.command("checkpoint_now")
        self.run_.safe_point()
        self.assertEqual(self.result(identity)["result"], {"step": 3, "path": "/m/3.pt"})

    def test_a_checkpoint_of_another_kind_is_not_the_handlers(self):
        self.run_.on_command("checkpoint_now", lambda payload: self.run_.log_checkpoint(4, "/m/4.pt"), at="safe_point")
        identity = self.command("checkpoint_now")
        self.run_.log_checkpoint(3, "/m/epoch.pt")
        self.run_.safe_point()
        self.assertEqual(self.result(identity)["result"], {"step": 4, "path": "/m/4.pt"})

    def test_a_checkpoint_that_never_comes(self):
        self.assertFalse(self.run_.checkpoint_requested)
        identity = self.command("checkpoint_now")
        self.assertTrue(self.run_.checkpoint_requested)
        self.run_.end()
        self.assertEqual(self.result(identity)["status"], "error")


class KnobsTurned(CommandCase):
    def test_a_change_is_applied_at_the_safe_point_and_is_an_event(self):
        seen = []
        knob = self.run_.knob("lr", 1e-3, min=1e-6, max=1e-1, scale="log", apply=seen.append)
        self.assertTrue(self.collector_.wait(lambda: bool(self.payloads("knob"))))
        declared = {"run_id": "r1", "name": "lr", "value": 0.001, "min": 1e-06, "max": 0.1, "scale": "log"}
        self.assertEqual(self.payloads("knob"), [declared])
        identity = self.command("adjust_lr", {"lr": 0.01}, by="ada")
        self.assertEqual(seen, [])
        self.run_.safe_point(step=40)
        self.assertEqual(self.result(identity)["result"], {"lr": {"old": 0.001, "new": 0.01}})
        self.assertEqual((seen, knob.value), ([0.01], 0.01))
        change = dict(run_id="r1", name="lr", value=0.01, old=0.001, step=40, by="ada", cmd_id=identity)
        self.assertEqual(self.payloads("change"), [change])

    def test_several_at_once_all_or_none(self):
        lr, drop = self.run_.knob("lr", 0.1, max=1), self.run_.knob("dropout", 0.5, min=0, max=1)
        refused = self.command("update_params", {"lr": 0.2, "dropout": 7})
        self.assertIn("dropout: 7 is above 1", self.result(refused)["error"])
        taken = self.command("update_params", {"params": {"lr": 0.2, "dropout": 0.1}})
        self.run_.safe_point()
        self.assertEqual(self.result(taken)["status"], "ok")
        self.assertEqual((lr.value, drop.value), (0.2, 0.1))

    def test_what_is_out_of_bounds_or_of_another_type_is_refused_at_once(self):
        self.run_.knob("lr", 0.1, min=0.01, max=1)
        self.run_.knob("layers", 3)
        self.run_.knob("augment", True)
        self.run_.knob("schedule", "cosine", choices=["cosine", "linear"])
        for name, value in (
            ("lr", 0.001),
            ("lr", "much"),
            ("lr", "NaN"),
            ("lr", True),
            ("lr", None),
            ("layers", 3.5),
            ("augment", 1),
            ("schedule", "step"),
            ("unknown", 1),
        ):
            with self.subTest(name=name, value=value):
                self.assertEqual(self.result(self.command("update_params", {name: value}))["status"], "error")
        for name, value in (("lr", 1), ("layers", 4), ("augment", False), ("schedule", "linear")):
            identity = self.command("update_params", {name: value})
            self.run_.safe_point()
            self.assertEqual(self.result(identity)["status"], "ok")

    def test_a_factor_uses_the_value_that_holds_now(self):
        live = {"lr": 0.4}
        self.run_.knob("lr", 0.1, apply=lambda value: live.update(lr=value), read=lambda: live["lr"])
        identity = self.command("adjust_lr", {"factor": 0.5})
        self.run_.safe_point()
        self.assertEqual(self.result(identity)["result"], {"lr": {"old": 0.4, "new": 0.2}})

    def test_an_apply_that_raises_changes_nothing(self):
        def refuse(value):
            raise RuntimeError("not now")

        knob = self.run_.knob("lr", 0.1, apply=refuse)
        identity = self.command("adjust_lr", {"lr": 0.2})
        self.assertTrue(self.run_.safe_point())
        self.assertIn("not now", self.result(identity)["error"])
        self.assertEqual((knob.value, self.payloads("change")), (0.1, []))

    def test_a_loop_that_asks_for_updates_itself(self):
        self.assertEqual(self.run_.params_updates(), {})
        identity = self.command("update_params", {"lr": 0.5, "note": "anything"})
        self.assertEqual(self.run_.params_updates(), {"lr": 0.5, "note": "anything"})
        self.assertEqual(self.run_.params_updates(), {})
        self.assertEqual(self.result(identity)["status"], "ok")
        self.assertEqual([each["name"] for each in self.payloads("change")], ["lr", "note"])

    def test_a_declaration_that_contradicts_itself(self):
        for arguments in (dict(value=5, max=1), dict(value=1, scale="cubic"), dict(value="x", choices=["y"])):
            with self.assertRaises(XTrackError):
                self.run_.knob("lr", **arguments)


if __name__ == "__main__":
    unittest.main()
