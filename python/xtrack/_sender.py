"""The thread that drains the spool: many frames a send, reconnecting for ever, asleep when there is nothing.

It also runs the handlers of commands, so a handler must be quick, or hand over to a thread of its own.
"""

from __future__ import annotations

import os
import selectors
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

from ._deferred import Deferred
from ._errors import warn_once
from ._link import BLOCKED, DRAINED, MORE, Link
from ._spool import Spool
from ._transports import Connection, Endpoint, FdEndpoint

if TYPE_CHECKING:
    import socket

__all__ = ["Sender"]

LINGER = 0.008  # seconds that a few events wait for company: the thread must not spin beside training
IDLE_AFTER = 0.2  # seconds without an event, then it sleeps until it is woken
HEARTBEAT = 15.0
SYNC_EVERY = 1.0  # unacknowledged events are forced to disk this often, against power loss
BACKOFF_FIRST = 0.1
BACKOFF_MOST = 5.0


class Sender:
    """Owns the connection. `start`, `finish` and `wake` are for other threads; the rest is the thread's own."""

    def __init__(
        self,
        spool: Spool,
        endpoints: List[Endpoint],
        hello: Callable[[int, int], bytes],
        heartbeat: Callable[[int], bytes],
        on_command: Callable[[Dict[str, Any]], None],
        identity: Tuple[str, str],
        on_acks: Callable[[Endpoint], None],
    ) -> None:
        """`hello(first, last)` and `heartbeat(last)` make frames; `identity` is (run id, incarnation).

        `on_acks(endpoint)` is told once a connection when its collector turns out to acknowledge.
        """
        self.deferred: Optional[Deferred] = None  # read between two sends
        self.acked = 0  # highest seq known to be durable, or handed over where nobody acks
        self._spool = spool
        self._endpoints = endpoints
        self._hello = hello
        self._heartbeat = heartbeat
        self._on_command = on_command
        self._identity = identity
        self._on_acks: Callable[[Endpoint], None] = on_acks
        self._told: Optional[Link] = None
        self._connection: Optional[Connection] = None
        self._endpoint: Optional[Endpoint] = None
        self._link: Optional[Link] = None
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = _wake_pair()
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        self._deadline: Optional[float] = None  # monotonic time when `finish` gives up
        self._finished = threading.Event()
        self._connected_before = False
        self._failures = 0
        self._retry_at = 0.0
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
        self._retry_at = 0.0
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
        return monotonic() > deadline or (self._link is not None and self._link.settled)

    def _turn(self) -> None:
        if self.deferred:
            self.deferred.read()
        link = self._link
        if link is None:
            wait = self._retry_at - monotonic()
            if wait > 0:
                self._sleep(wait, False)
                self._sync()
                return
            link = self._connect()
        state = link.pump()
        self._wait(link, state)
        for command in link.read():
            self._on_command(command)
        self._note(link)

    def _wait(self, link: Link, state: int) -> None:
        """Sleeps until there is a reason to go on: room to write, something to read, or events to send."""
        if state == MORE:
            return
        if self._deadline is not None:
            if not link.settled:
                self._sleep(min(0.05, max(0.0, self._deadline - monotonic())), state == BLOCKED)
            return
        if state == BLOCKED:
            self._sleep(1.0, True)
            return
        tip = self._spool.tip()[0]
        now = monotonic()
        if tip != self._last_tip:
            self._last_tip, self._last_data = tip, now
        if state == DRAINED and now - self._last_data > IDLE_AFTER and self._spool.wake_me(self.wake, tip):
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
        self.acked = link.acked
        if link.acks and self._told is not link and self._endpoint is not None:
            self._told = link
            self._on_acks(self._endpoint)
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
        error: Optional[OSError] = None
        for endpoint in self._endpoints:
            try:
                connection = endpoint.open()
            except OSError as refused:
                error = refused
                continue
            self._connection, self._endpoint = connection, endpoint
            if connection.duplex:
                self._selector.register(connection.fileno(), selectors.EVENT_READ)
            hello = self._hello(self._spool.oldest(), self._spool.tip()[1])
            self._link = Link(connection, self._spool, self.acked, hello, self._identity, not self._connected_before)
            self._connected_before = True
            return self._link
        raise error or ConnectionError("there is nowhere to send to")

    def _lost(self, error: Exception) -> None:
        """Tries again after a while that doubles from 0.1 to 5 s, a random part of it less."""
        link, endpoint = self._link, self._endpoint
        if link is not None:
            self.acked = link.acked
            if link.acks:
                self._failures = 0
        self._hang_up()
        if isinstance(endpoint, FdEndpoint):
            endpoint.broken()
        name = endpoint.name if endpoint is not None else self._endpoints[-1].name
        if self._deadline is None and not (link is not None and isinstance(endpoint, FdEndpoint)):
            warn_once(f"lost {name}", f"{name}: {error}; events wait in the spool and are sent when it answers")
        delay = min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** min(self._failures, 10))
        self._failures += 1
        self._retry_at = monotonic() + delay * (0.5 + os.urandom(1)[0] / 510)

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        self._link = self._endpoint = None
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
