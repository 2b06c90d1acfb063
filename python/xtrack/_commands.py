"""Commands from the control plane: find the handler, answer once for each `cmd_id`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict

from ._fields import Fields
from ._values import text

if TYPE_CHECKING:
    from ._session import Session

__all__ = ["Commands", "Handler"]

Handler = Callable[[Dict[str, Any]], Any]

REMEMBERED = 1_000  # command ids: they are sent again until their answer has arrived


class Commands:
    """The handlers of one run."""

    def __init__(self) -> None:
        self.should_stop = False
        self._handlers: Dict[str, Handler] = {}
        self._answered: Dict[str, None] = {}

    def handle(self, kind: str, handler: Handler) -> None:
        self._handlers[kind] = handler

    def receive(self, session: "Session", command: Dict[str, Any]) -> None:
        """Runs one command and emits its `command_result`. In the sender thread."""
        identity, kind, payload = command.get("cmd_id"), command.get("type"), command.get("payload")
        if not isinstance(identity, str) or identity in self._answered:
            return
        while len(self._answered) >= REMEMBERED:
            del self._answered[next(iter(self._answered))]
        self._answered[identity] = None
        answer = self._run(str(kind), payload if isinstance(payload, dict) else {})
        session.emit("command_result", Fields().add("cmd_id", identity).text[1:] + answer.text)

    def _run(self, kind: str, payload: Dict[str, Any]) -> Fields:
        handler = self._handlers.get(kind)
        if handler is not None:
            try:
                return Fields().add("status", "ok").add("result", handler(payload))
            except Exception as error:
                return Fields().add("status", "error").add("error", text(f"{type(error).__name__}: {error}", 4096))
        if kind == "stop":
            self.should_stop = True
            return Fields().add("status", "ok")
        return Fields().add("status", "unsupported")
