"""Asks who is at the other end of a connection, without becoming a run there."""

from __future__ import annotations

import selectors
from time import monotonic, time_ns
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._session import CLIENT
from .._values.values import dumps, text
from .inbox import Inbox
from .transports import Connection, Endpoint

__all__ = ["Answer", "probe"]

ROUNDS = 9
WELCOME_TIMEOUT = 2.0  # seconds


class Answer(NamedTuple):
    """What a probe found; `error` is None where a collector welcomed it."""

    name: str
    error: Optional[str]
    server: str = ""
    capabilities: Tuple[str, ...] = ()
    round_trip: float = 0.0  # seconds, the median of a few


def probe(endpoint: Endpoint, token: str) -> Answer:
    """Connects, says hello a few times with the capability `probe`, and times the welcomes."""
    try:
        connection = endpoint.open()
    except OSError as error:
        return Answer(endpoint.name, f"cannot connect: {error}")
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(connection.fileno(), selectors.EVENT_READ)
            return _converse(endpoint.name, _Peer(connection, selector), _hello(token))
    except (OSError, ValueError) as error:
        return Answer(endpoint.name, f"{error}")
    finally:
        connection.close()


def _converse(name: str, peer: "_Peer", hello: bytes) -> Answer:
    times: List[float] = []
    welcome: Dict[str, Any] = {}
    while len(times) < ROUNDS:
        asked = monotonic()
        kind, welcome = peer.ask(hello)
        if kind == "ack":
            return Answer(name, f"refused: {text(welcome.get('error'), 500)}")
        times.append(monotonic() - asked)
        if "probe" not in _capabilities(welcome):
            break  # it takes this for an emitter
    server = text(welcome.get("server", "?"), 200)
    return Answer(name, None, server, _capabilities(welcome), sorted(times)[len(times) // 2])


def _capabilities(welcome: Dict[str, Any]) -> Tuple[str, ...]:
    found = welcome.get("caps")
    return tuple(text(each, 64) for each in found[:32]) if isinstance(found, list) else ()


class _Peer:
    def __init__(self, connection: Connection, selector: selectors.BaseSelector) -> None:
        self._connection = connection
        self._selector = selector
        self._inbox = Inbox()

    def ask(self, hello: bytes) -> Tuple[str, Dict[str, Any]]:
        """The next welcome, or ack of an error. OSError where none comes."""
        rest = memoryview(hello)
        deadline = monotonic() + WELCOME_TIMEOUT
        while monotonic() < deadline:
            if rest:
                rest = rest[self._connection.send(rest) :]
            data = self._connection.receive()
            if data is None:
                raise ConnectionError("it closed the connection: this is not a collector of XTrack")
            for kind, payload in self._inbox.push(data):
                if kind == "welcome" or (kind == "ack" and payload.get("status") == "error"):
                    return kind, payload
            if not data:
                self._selector.select(0.05)
        raise TimeoutError(f"it answers nothing within {WELCOME_TIMEOUT:g} s: this is not a collector of XTrack")


def _hello(token: str) -> bytes:
    payload = {"client": CLIENT, "caps": ["probe"], **({"token": token} if token else {})}
    body = dumps({"v": 1, "t": "hello", "m": {"seq": 0, "ts": time_ns() // 1000}, "p": payload}).encode()
    return len(body).to_bytes(4, "big") + body
