"""The return channel, as a training loop sees it: knobs, safe points, and what the control plane asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence

from .._errors import XTrackError
from .._guard import guarded
from .._values.fields import Fields
from .._values.secrets import spoken
from .._values.values import key_of
from .commands import AT_RECEIPT, AT_SAFE_POINT, Commands, Handler, Order
from .knobs import Knob, Knobs

if TYPE_CHECKING:
    from .._session import Session

__all__ = ["Control"]

CHANGES = ("update_params", "adjust_lr")
PAUSE_LOOK = 1.0  # seconds between looks around in a pause; a command wakes it at once


class Control:
    """Part of `Run`. Its verbs are called by the training loop, and only there do commands take effect."""

    _session: "Session"

    def __init__(self) -> None:
        self._commands = Commands(self._check)
        self._knobs = Knobs()
        self._stop = False
        self._paused = False
        self._masks = True  # secrets are masked
        self._status = "running"  # what a pause goes back to
        self._due: List[Order] = []  # checkpoint_now, until the checkpoint is logged
        self._updates: Dict[str, Any] = {}
        self._saved: Optional[Dict[str, Any]] = None  # the newest checkpoint

    def on_command(self, type: str, handler: Handler, at: str = AT_RECEIPT) -> None:
        """Calls `handler(payload)` when the control plane sends this command; what it returns is the answer.

        `at="receipt"`: at once, in the sender thread: be quick, and touch nothing of the training.
        `at="safe_point"`: by the training's own thread, in its next `safe_point`.
        `type` may also be the `name` that a `custom` command carries. An exception becomes the error of the answer.
        """
        if at not in (AT_RECEIPT, AT_SAFE_POINT):
            raise XTrackError("XT_ARGUMENT", f"at {at!r} is not {AT_RECEIPT} or {AT_SAFE_POINT}", "at")
        self._commands.handle(type, handler, at)

    def knob(
        self,
        name: str,
        value: Any,
        *,
        min: Optional[float] = None,
        max: Optional[float] = None,
        scale: str = "linear",
        choices: Optional[Sequence[Any]] = None,
        apply: Optional[Callable[[Any], Any]] = None,
        read: Optional[Callable[[], Any]] = None,
    ) -> Knob:
        """Declares a value that may be changed live: `adjust_lr` and `update_params` set it at the next `safe_point`.

        `apply(new)` makes it so, in the training's own thread; what it raises is the answer, and nothing has changed.
        `read()` gives the present value where something else changes it too (a schedule). What is out of bounds, or
        of another type than `value`, is refused. Each change is an event: who, when, at which step, from what to what.
        """
        knob = Knob(key_of(name), value, min, max, scale, choices, apply, read)
        self._knobs.declare(knob)
        self._commands.poll(*CHANGES)
        spoken(not self._masks, self._declare, knob)
        return knob

    def _declare(self, knob: Knob) -> None:
        fields = Fields().add("name", knob.name)
        for key, shown in knob.describe().items():
            fields.add(key, shown, knob.name)
        self._say("knob", fields)

    def safe_point(self, step: Optional[int] = None) -> bool:
        """Where commands take effect: call it once a step. False when the run is to stop.

        Applies changed knobs, calls handlers registered for safe points, and blocks while the run is paused.
        With nothing to do it costs about a microsecond. `step` is recorded with what changes.
        """
        self._commands.poll("pause", "resume", "stop")
        if self._commands.waiting or self._paused:
            self._obey(step)
        return not self._stop

    @property
    def should_stop(self) -> bool:
        """True once the control plane asked the run to stop: leave the loop."""
        self._commands.poll("stop")
        if self._commands.waiting:
            self._stops()
        return self._stop

    def wait_if_paused(self) -> None:
        """Blocks while the control plane holds the run (`pause`, until `resume` or `stop`)."""
        self._commands.poll("pause", "resume")
        if self._commands.waiting or self._paused:
            self._pauses("pause", "resume")
            self._hold(lambda: self._pauses("pause", "resume"))

    @property
    def checkpoint_requested(self) -> bool:
        """True from a `checkpoint_now` on until `log_checkpoint`, which is its answer."""
        self._commands.poll("checkpoint_now")
        if self._commands.waiting:
            self._due.extend(self._commands.take("checkpoint_now"))
        return bool(self._due)

    def params_updates(self) -> Dict[str, Any]:
        """What `update_params` and `adjust_lr` asked for since the last call: name -> value. Apply it; it is kept."""
        self._knobs.open = True
        self._commands.poll(*CHANGES)
        for order in self._commands.take(*CHANGES):
            self._change(order, None)
        updates, self._updates = self._updates, {}
        return updates

    # -- inside ----------------------------------------------------------------------------------------

    @guarded
    def _obey(self, step: Optional[int]) -> None:
        def now() -> None:
            for order in self._commands.take():
                self._carry_out(order, step)

        now()
        self._hold(now)

    def _carry_out(self, order: Order, step: Optional[int]) -> None:
        found = self._commands.handler(order)
        if found is not None:
            handler = found[0]
            self._saved = None
            # A handler of checkpoint_now need not repeat what `log_checkpoint` said.
            order.carry_out(lambda: _first(handler(order.payload), self._saved))
        elif order.kind in CHANGES:
            self._change(order, step)
        elif order.kind == "checkpoint_now":
            self._due.append(order)
        elif order.kind == "stop":
            self._stopped(order)
        elif order.kind in ("pause", "resume"):
            self._pause(order)
        else:
            order.answer("unsupported")

    def _check(self, order: Order) -> None:
        """In the sender thread: what can never be carried out is refused before it waits."""
        if order.kind in CHANGES and self._commands.handler(order) is None and (self._knobs or self._knobs.open):
            self._knobs.wanted(order)

    @guarded
    def _change(self, order: Order, step: Optional[int]) -> None:
        def apply() -> Dict[str, Any]:
            changes, others = self._knobs.turn(self._knobs.wanted(order))
            self._updates.update(others)
            for name, before, after in [*changes, *((name, None, value) for name, value in others.items())]:
                fields = Fields().add("name", name).add("value", after, name).add("old", before, name)
                fields.whole("step", step)
                self._say("change", fields.add("by", order.by).add("cmd_id", order.identity))
            return {name: {"old": before, "new": after} for name, before, after in changes} or others

        order.carry_out(apply)

    def _stops(self) -> None:
        for order in self._commands.take("stop"):
            self._stopped(order)

    def _stopped(self, order: Order) -> None:
        self._stop = True
        order.answer("ok")

    def _pauses(self, *kinds: str) -> None:
        for order in self._commands.take(*kinds):
            self._pause(order)

    def _pause(self, order: Order) -> None:
        pausing = order.kind == "pause"
        if pausing != self._paused:
            self._paused = pausing
            self._say("status", Fields().add("status", "paused" if pausing else self._status))
        order.answer("ok")

    def _hold(self, look: Callable[[], None]) -> None:
        while self._paused and not self._stop:
            self._commands.wait(PAUSE_LOOK)
            look()
            self._stops()
        if self._paused:  # a stop ends a pause
            self._paused = False
            self._say("status", Fields().add("status", self._status))

    def _checkpointed(self, step: int, path: str) -> None:
        """A checkpoint was logged: whoever asked for one has it."""
        self._saved = {"step": step, "path": path}
        # A handler answers with the file that it wrote for the asking: one of every epoch may not stay for long.
        if self._commands.waiting and not self._commands.handles("checkpoint_now"):
            self._due.extend(self._commands.take("checkpoint_now"))
        due, self._due = self._due, []
        for order in due:
            order.answer("ok", self._saved)

    def _abandon_commands(self) -> None:
        due, self._due = self._due, []
        for order in due:
            order.answer("error", error="the run ended before the checkpoint was written")
        self._commands.abandon()

    def _say(self, kind: str, fields: Fields) -> None:
        self._emit(kind, fields.text[1:])

    def _emit(self, kind: str, fields: str) -> None:
        raise NotImplementedError


def _first(result: Any, otherwise: Any) -> Any:
    return otherwise if result is None else result
