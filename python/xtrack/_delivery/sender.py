"""The thread that drains the spool: many frames a send, reconnecting for ever, asleep when there is nothing.

It also runs the handlers of commands, so a handler must be quick, or hand over to a thread of its own.
"""

from __future__ import annotations

import selectors
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

from .._errors import debug, warn_once
from .checking import NONE
from .deferred import Deferred
from .link import ANSWER_TIMEOUT, BLOCKED, HELD, MORE, Link, Redirected, Refused, Silence
from .route import Route
from .spool import Spool
from .transports import Connection, Endpoint, FdEndpoint

if TYPE_CHECKING:
    import socket

__all__ = ["Sender"]

LINGER = 0.008  # seconds that a few events wait for company: the thread must not spin beside training
IDLE_AFTER = 0.2  # seconds without an event, then it sleeps until it is woken
HEARTBEAT = 15.0
SYNC_EVERY = 1.0  # unacknowledged events are forced to disk this often, against power loss


class Sender:
    """Owns the connection. `start`, `finish` and `wake` are for other threads; the rest is the thread's own."""

    def __init__(
        self,
        spool: Spool,
        endpoints: List[Endpoint],
        hello: Callable[[Endpoint, int, int], bytes],
        heartbeat: Callable[[int], bytes],
        on_command: Callable[[Dict[str, Any]], None],
        identity: Tuple[str, str],
        on_acks: Callable[[Endpoint], None],
        acks: bool = True,
        ack_timeout: float = ANSWER_TIMEOUT,
        checks: str = NONE,
        renew: Callable[[Endpoint], Endpoint] = lambda same: same,
    ) -> None:
        """`hello(endpoint, first, last)` and `heartbeat(last)` make frames; `identity` is (run id, incarnation).

        `on_acks(endpoint)` is told once a connection when its collector turns out to acknowledge. Not `acks`: it need
        not. `ack_timeout`: seconds without a word while acks are owed, after which the connection is given up.
        `checks`: which frames carry checksums where the collector looks at them. `renew(endpoint)`: see Route.
        """
        self.deferred: Optional[Deferred] = None  # read between two sends
        self.acked = 0  # highest seq known to be durable
        self.sent = 0  # highest seq that was ever sent
        self.unanswered = False  # the last connection was to a peer that need not acknowledge, and did not
        self._spool = spool
        self._route = Route(endpoints, renew)
        self._hello = hello
        self._heartbeat = heartbeat
        self._on_command = on_command
        self._identity = identity
        self._on_acks: Callable[[Endpoint], None] = on_acks
        self._acks = acks
        self._ack_timeout = ack_timeout
        self._checks = checks
        self._told: Optional[Link] = None
        self._connection: Optional[Connection] = None
        self._link: Optional[Link] = None
        self._fenced = False  # a newer incarnation speaks for this worker
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = _wake_pair()
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        self._deadline: Optional[float] = None  # monotonic time when `finish` gives up
        self._finished = threading.Event()
        self._connected_before = False
        self._last_tip = 0
        self._last_data = monotonic()
        self._last_sync = monotonic()
        self._last_sync_seq = 0
        self._thread = threading.Thread(target=self._main, name="xtrack-sender", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """From any thread: there is something to do."""
        try:
            self._wake_in.send(b"w")
        except OSError:  # full, so it wakes anyway, or closed
            pass

    def is_current(self) -> bool:
        """True in the sender's own thread: it must not wait for itself."""
        return threading.current_thread() is self._thread

    def finish(self, timeout: float) -> None:
        """Sends the rest, for at most `timeout` seconds; `acked` says how far it came."""
        self._deadline = monotonic() + timeout
        debug(f"run {self._identity[0]}: ends; event {self._spool.tip()[1]} is the last, {self.acked} are acknowledged")
        self._route.hurry()
        self.wake()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._finished.wait(timeout + 0.1)

    def disown(self) -> None:
        """In a forked child: close this process's copies of the parent's descriptors, and say nothing on them."""
        self._finished.set()
        for held in (self._selector, self._wake_in, self._wake_out, self._connection):
            try:
                if held is not None:
                    held.close()
            except Exception:
                pass

    # -- the thread ------------------------------------------------------------------------------------

    def _main(self) -> None:
        try:
            while not self._over():
                try:
                    self._turn()
                except Redirected as other:
                    self._redirected(other)
                except (OSError, ValueError) as error:  # ValueError: a malformed frame from the peer
                    self._lost(error)
        except Exception as error:  # a fault in here must not reach training; the spool still has everything
            warn_once("sender", f"sending stopped: {error!r}; events stay in the spool")
        finally:
            self._hang_up()
            self._finished.set()
            for held in (self._selector, self._wake_in, self._wake_out):
                held.close()

    def _over(self) -> bool:
        deadline = self._deadline
        if deadline is None:
            return False
        return monotonic() > deadline or self._fenced or (self._link is not None and self._link.settled)

    def _turn(self) -> None:
        if self.deferred:
            self.deferred.read()
        link = self._link
        if link is None:
            wait = SYNC_EVERY if self._fenced else self._route.pause
            if wait > 0:
                self._sleep(wait if self._deadline is None else min(wait, self._deadline - monotonic()), False)
                self._spool.prepare()
                self._sync()
                return
            link = self._connect()
        state = link.pump()
        self._wait(link, state)
        for command in link.read():
            self._on_command(command)
        link.check()
        self._note(link)

    def _wait(self, link: Link, state: int) -> None:
        """Sleeps until there is a reason to go on: room to write, something to read, or events to send."""
        if state == MORE:
            return
        if self._deadline is not None:
            if not link.settled:
                self._sleep(min(0.05, max(0.0, self._deadline - monotonic())), state == BLOCKED)
            return
        if state in (BLOCKED, HELD):
            self._sleep(0.1, state == BLOCKED)
            return
        tip = self._spool.tip()[0]
        now = monotonic()
        if tip != self._last_tip:
            self._last_tip, self._last_data = tip, now
        if now - self._last_data > IDLE_AFTER and self._spool.wake_me(self.wake, tip):
            # Once a second while acks are due, for the disk; else until the next heartbeat.
            quiet = 1.0 if link.acked < self._spool.tip()[1] else link.sent_at + HEARTBEAT - now
            self._sleep(max(quiet, 0.0), False)
            if monotonic() - link.sent_at >= HEARTBEAT and self._connection is not None and self._connection.duplex:
                link.say(self._heartbeat(self._spool.tip()[1]))
                link.sent_at = monotonic()
        else:
            self._sleep(LINGER, False)

    def _sleep(self, seconds: float, for_room: bool) -> None:
        connection = self._connection
        if connection is not None and connection.duplex:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if for_room else 0)
            if self._selector.get_key(connection.fileno()).events != events:
                self._selector.modify(connection.fileno(), events)
        for key, _ in self._selector.select(min(seconds, LINGER) if self.deferred else seconds):
            if key.fileobj is self._wake_out:
                self._wake_out.recv(4096)

    def _note(self, link: Link) -> None:
        if link.acks and link.acked > self.acked:
            self._route.arrived()
        self.acked, self.sent, self.unanswered = link.acked, max(self.sent, link.sent_seq), link.unanswered
        if link.acks and self._told is not link and self._route.endpoint is not None:
            self._told = link
            debug(f"run {self._identity[0]}: {self._route.name} acknowledges; durable up to event {link.acked}")
            self._on_acks(self._route.endpoint)
        self._spool.prepare()
        self._sync()

    def _sync(self) -> None:
        now = monotonic()
        if now - self._last_sync < SYNC_EVERY:
            return
        self._last_sync = now
        # Only what has waited for a whole period: forcing pages out slows the writer down on a busy disk.
        if self.acked < self._last_sync_seq:
            self._spool.sync()
        self._last_sync_seq = self._spool.tip()[1]
        if self._connection is not None:
            self._connection.sync()

    # -- connecting ------------------------------------------------------------------------------------

    def _connect(self) -> Link:
        self._connection = connection = self._route.open()
        endpoint = self._route.endpoint
        assert endpoint is not None
        if connection.duplex:
            self._selector.register(connection.fileno(), selectors.EVENT_READ)
        self._link = Link(
            connection,
            self._spool,
            self.acked,
            self._hello(endpoint, self._spool.oldest(), self._spool.tip()[1]),
            self._identity,
            not self._connected_before,
            self.sent,
            self._acks,
            # An inherited descriptor has no half-open state, and a second hello cannot follow half a frame on it.
            None if isinstance(endpoint, FdEndpoint) else self._route.patience,
            self._ack_timeout,
            self._checks,
        )
        self._connected_before = True
        debug(f"run {self._identity[0]}: {self._route.name} is open; going on behind event {self.acked}")
        return self._link

    def _redirected(self, other: Redirected) -> None:
        debug(f"run {self._identity[0]}: {self._route.name}: {other}")
        if self._route.redirect(other.address):
            self._hang_up()
        else:
            self._lost(other)

    def _lost(self, error: Exception) -> None:
        """Tries again after a while, for ever; but for a worker for which a newer incarnation speaks."""
        link = self._link
        if link is not None:
            self.acked, self.sent = link.acked, max(self.sent, link.sent_seq)
        debug(f"run {self._identity[0]}: {self._route.name}: {error}; acknowledged {self.acked}, sent {self.sent}")
        self._hang_up()
        self._fenced = isinstance(error, Refused) and error.code == "XT_FENCED"
        name, inherited = self._route.name, isinstance(self._route.endpoint, FdEndpoint)
        if self._fenced:
            what = "a newer process speaks for this worker; events are kept, and not sent from here any more"
            warn_once(f"fenced {self._identity[1]}", f"{name}: {what}")
        elif isinstance(error, Refused):
            warn_once(f"refused {error.code}", f"{name} refuses run {self._identity[0]} for now: {error} (tried again)")
        elif self._deadline is None and not (link is not None and inherited):
            warn_once(f"lost {name}", f"{name}: {error}; events wait in the spool and are sent when it answers")
        self._route.failed(isinstance(error, Silence))

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        self._link = None
        if connection is None:
            return
        try:
            if connection.duplex:
                self._selector.unregister(connection.fileno())
            connection.sync()
            connection.close()
        except (OSError, KeyError, ValueError):
            pass


def _wake_pair() -> "Tuple[socket.socket, socket.socket]":
    import socket

    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    return near, far
