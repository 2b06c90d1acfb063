"""Commands from the control plane: taken in by the sender thread, carried out where training says that it may."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Set, Tuple

from .._delivery.spool import TOO_LARGE
from .._values.fields import Fields
from .._values.secrets import spoken
from .._values.values import text

if TYPE_CHECKING:
    from .._session import Session

__all__ = ["AT_RECEIPT", "AT_SAFE_POINT", "Commands", "Handler", "Order", "Refused"]

Handler = Callable[[Dict[str, Any]], Any]

AT_RECEIPT = "receipt"
AT_SAFE_POINT = "safe_point"
REMEMBERED = 1_000  # command ids: they are sent again until their answer has arrived
MAX_WAITING = 1_000  # commands that wait for a safe point


class Refused(Exception):
    """A command that cannot be carried out, and why; its text is the answer."""


class Order:
    """One command on its way through this process. `answer` sends its `command_result`, once."""

    __slots__ = ("by", "identity", "kind", "payload", "_answered", "_deadline", "_session")

    def __init__(self, session: "Session", command: Mapping[str, Any]) -> None:
        payload, expires, by = command.get("payload"), command.get("expires_ms"), command.get("by")
        self.identity = str(command.get("cmd_id"))
        self.kind = str(command.get("type"))
        self.payload: Dict[str, Any] = payload if isinstance(payload, dict) else {}
        self.by: Optional[str] = by if isinstance(by, str) else None
        self._session = session
        self._answered = False
        self._deadline = monotonic() + expires / 1000 if isinstance(expires, (int, float)) else None

    @property
    def expired(self) -> bool:
        """True once the control plane has given it up: what it asks for must not happen any more."""
        return self._deadline is not None and monotonic() > self._deadline

    def answer(self, status: str, result: Any = None, error: Optional[str] = None) -> None:
        if self._answered:
            return
        self._answered = True
        spoken(not self._session.settings.masks, self._answer, status, result, error)

    def _answer(self, status: str, result: Any, error: Optional[str]) -> None:
        fields = Fields().add("cmd_id", self.identity).add("status", status).add("result", result).add("error", error)
        if self._session.emit("command_result", fields.text[1:]) == TOO_LARGE:
            brief = Fields().add("cmd_id", self.identity).add("status", "error").add("error", "the result is too large")
            self._session.emit("command_result", brief.text[1:])

    def carry_out(self, action: Callable[[], Any]) -> None:
        """Answers with what `action` returns or raises."""
        try:
            result = action()
        except Refused as refusal:
            self.answer("error", error=text(refusal, 4096))
        except Exception as error:
            self.answer("error", error=text(f"{type(error).__name__}: {error}", 4096))
        else:
            self.answer("ok", result)


class Commands:
    """The orders of one run: handlers, and those that wait for the training loop to come by."""

    def __init__(self, check: Callable[[Order], None]) -> None:
        """`check(order)` raises Refused for one that will never be carried out, before it waits."""
        self.waiting: List[Order] = []  # read without the lock: an empty list costs a training loop nothing
        self._arrived = threading.Condition(threading.Lock())
        self._check = check
        self._handlers: Dict[str, Tuple[Handler, str]] = {}
        self._polled: Set[str] = set()  # kinds that the training loop has asked for at least once
        self._seen: Dict[str, None] = {}

    def handle(self, kind: str, handler: Handler, at: str) -> None:
        self._handlers[kind] = (handler, at)

    def handler(self, order: Order) -> Optional[Tuple[Handler, str]]:
        """The user's own handler: of the type, or of the name that a `custom` command carries."""
        found = self._handlers.get(order.kind)
        name = order.payload.get("name")
        if order.kind == "custom" and isinstance(name, str):
            return self._handlers.get(name) or found
        return found

    def handles(self, kind: str) -> bool:
        """True when the user registered a handler of this type."""
        return kind in self._handlers

    def poll(self, *kinds: str) -> None:
        """The training loop takes these kinds from now on."""
        self._polled.update(kinds)

    # -- the sender thread -----------------------------------------------------------------------------

    def receive(self, session: "Session", command: Dict[str, Any]) -> None:
        """Takes one command in: carries it out, lets it wait, or says why not."""
        if not isinstance(command.get("cmd_id"), str) or command["cmd_id"] in self._seen:
            return
        order = Order(session, command)
        while len(self._seen) >= REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._seen[order.identity] = None
        found = self.handler(order)
        if found is not None and found[1] == AT_RECEIPT:
            handler = found[0]
            order.carry_out(lambda: handler(order.payload))
            return
        try:
            self._check(order)
        except Refused as refusal:
            order.answer("error", error=text(refusal, 4096))
            return
        if found is None and order.kind not in self._polled:
            self._unheard(order)
        self._wait(order)

    def _unheard(self, order: Order) -> None:
        order.answer(
            "unsupported",
            error=f"the script has not asked for {order.kind} commands (yet): call run.safe_point() in its loop, "
            f"or register a handler with run.on_command({order.kind!r}, …)",
        )

    def _wait(self, order: Order) -> None:
        with self._arrived:
            # What nobody asked for waits too when it is a stop: a loop that looks later still ends.
            if (not order._answered or order.kind == "stop") and len(self.waiting) < MAX_WAITING:
                self.waiting = [*self.waiting, order]
                self._arrived.notify_all()

    # -- the training loop -----------------------------------------------------------------------------

    def take(self, *kinds: str) -> List[Order]:
        """Removes and returns what has arrived of these kinds (all, when none is named), without the expired."""
        if not self.waiting:
            return []
        with self._arrived:
            taken = [order for order in self.waiting if not kinds or order.kind in kinds]
            self.waiting = [order for order in self.waiting if order not in taken]
        return [order for order in taken if not order.expired]

    def wait(self, seconds: float) -> None:
        """Sleeps until a command is waiting, at most `seconds`."""
        with self._arrived:
            if not self.waiting:
                self._arrived.wait(seconds)

    def abandon(self) -> None:
        """The run ends: whoever still waits hears that."""
        for order in self.take():
            if order.kind == "stop":
                order.answer("ok", {"state": "the run ended"})
            else:
                order.answer("error", error="the run ended before it reached a safe point")

    def disown(self) -> None:
        """In a forked child: what waits is the parent's to do."""
        self._arrived = threading.Condition(threading.Lock())
        self.waiting = []
