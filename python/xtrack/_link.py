"""One connection to a collector: hello, welcome, the window of unacknowledged events, and what was sent."""

from __future__ import annotations

from time import monotonic
from typing import Any, Dict, List, Optional, Tuple

from ._drain import Drain
from ._errors import warn_once
from ._inbox import Inbox, integer
from ._transports import Connection

__all__ = ["BLOCKED", "DRAINED", "HELD", "MORE", "Link"]

# What `pump` found.
DRAINED = 0  # everything that there was is sent
BLOCKED = 1  # the peer reads too slowly
HELD = 2  # the window is full, or a welcome must come first
MORE = 3  # there is more: come again at once, after reading

WELCOME_TIMEOUT = 2.0  # seconds; then the peer speaks plain version 1 and will not ack
PUMP_BYTES = 4 * 1024 * 1024  # at most one `pump`, so that acks are read in between
# Until a welcome says otherwise.
WINDOW_BYTES = 4 * 1024 * 1024
WINDOW_EVENTS = 20_000
PLAIN_KEEP_EVENTS = 500_000  # events kept for a peer that never acks


class Link:
    """Frames of the spool from `acked` + 1 on. Raises OSError or ValueError when the connection is spent."""

    def __init__(
        self,
        connection: Connection,
        spool: Drain[Any],
        acked: int,
        hello: bytes,
        identity: Tuple[str, str],
        first: bool,
    ) -> None:
        """`first`: nothing was ever sent, so there is no need to ask the peer where to go on."""
        self.acked = acked
        self.acks: Optional[bool] = None if connection.duplex else False
        self.sent_at = monotonic()
        self._connection = connection
        self._spool = spool
        self._identity = identity
        self._inbox = Inbox()
        self._control = memoryview(hello)  # hello or heartbeat, to be sent before the next frame
        self._opened = monotonic()
        self._optimistic = first or not connection.duplex
        self._window_bytes = WINDOW_BYTES
        self._window_events = WINDOW_EVENTS
        self._acked_at = self._stream = spool.position_of(acked + 1)
        # The range being sent: it always ends between two frames.
        self._at = self._goal = self._stream
        self._goal_seq = self._sent_seq = acked
        self._resend: List[Tuple[int, int]] = []

    @property
    def settled(self) -> bool:
        """True when nothing is on its way: every event so far is durable, or handed over where nobody acks."""
        return self._at == self._goal and not self._control and self.acked >= self._spool.tip()[1]

    def say(self, frame: bytes) -> None:
        """Queues a control frame of its own."""
        if not self._control:
            self._control = memoryview(frame)

    # -- out -------------------------------------------------------------------------------------------

    def pump(self) -> int:
        """Sends what the window and the peer allow."""
        budget = PUMP_BYTES
        while budget > 0:
            if self._at == self._goal:
                if self._control:
                    sent = self._connection.send(self._control)
                    self._control = self._control[sent:]
                    if self._control:
                        return BLOCKED
                    continue
                state = self._choose()
                if state != MORE:
                    return state
            piece = self._spool.view(self._at, self._goal)
            sent = self._connection.send(piece)
            if sent == 0:
                return BLOCKED
            self.sent_at = monotonic()
            self._at += sent
            budget -= sent
            if self._at == self._goal:
                self._arrived()
        return MORE

    def _choose(self) -> int:
        """Picks the next range to send; MORE when there is one."""
        if self.acks is None:
            waited = monotonic() - self._opened
            if waited > WELCOME_TIMEOUT:
                self.acks = False
                self.acked = self._sent_seq
            elif not self._optimistic:
                return HELD
        if self._resend:
            self._at, self._goal = self._resend.pop(0)
            return MORE if self._at < self._goal else self._choose()
        tip, tip_seq = self._spool.tip()
        if self._stream >= tip:
            return DRAINED
        position, seq = tip, tip_seq
        if self.acks is not False:
            position, seq = self._spool.cut(self._acked_at + self._window_bytes, self.acked + self._window_events)
            if position <= self._stream and self.acked >= self._sent_seq:
                # Nothing is outstanding: the next event lies behind a declared drop wider than the window.
                position, seq = self._spool.cut(self._acked_at + self._window_bytes, tip_seq)
            if position <= self._stream:
                return HELD
        self._at, self._goal, self._goal_seq = self._stream, position, seq
        self._stream = position
        return MORE

    def _arrived(self) -> None:
        self._sent_seq = self._goal_seq
        if self.acks is False:
            self.acked = self._sent_seq
            # A file has it now; a peer that never acks may still have it in a buffer when it dies.
            self._spool.free(self.acked - (PLAIN_KEEP_EVENTS if self._connection.duplex else 0))

    # -- in --------------------------------------------------------------------------------------------

    def read(self) -> List[Dict[str, Any]]:
        """Takes in what has arrived and returns the commands among it."""
        commands: List[Dict[str, Any]] = []
        before = self.acked
        for _ in range(64):
            data = self._connection.receive()
            if data is None:
                raise ConnectionError("the collector closed the connection")
            if not data:
                break
            for kind, payload in self._inbox.push(data):
                if kind == "ack":
                    self._ack(payload)
                elif kind == "command":
                    commands.append(payload)
                elif kind == "welcome":
                    self._welcome(payload)
        if self.acked > before:
            self._acked_at = self._spool.position_of(self.acked + 1)
            self._spool.free(self.acked)
        return commands

    def _welcome(self, payload: Dict[str, Any]) -> None:
        if self.acks:
            return
        last = self._spool.tip()[1]
        durable = min(max(integer(payload, "resume_from", 1) - 1, 0), last)
        if self.acks is None and not self._optimistic:
            # The peer knows best, even where it knows less than it once did: what is kept is sent again.
            self.acked = max(durable, self._spool.oldest() - 1)
            self._stream = self._at = self._goal = self._spool.position_of(self.acked + 1)
            self._sent_seq = self._goal_seq = self.acked
        else:
            self.acked = durable
        self.acks = True
        self._acked_at = self._spool.position_of(self.acked + 1)
        window = payload.get("window")
        limits: Dict[str, Any] = window if isinstance(window, dict) else {}
        # One frame must always fit, or nothing would ever move.
        self._window_bytes = max(integer(limits, "bytes", WINDOW_BYTES), self._spool.max_frame + 4)
        self._window_events = max(integer(limits, "events", WINDOW_EVENTS), 1)

    def _ack(self, payload: Dict[str, Any]) -> None:
        if (
            payload.get("run_id", self._identity[0]) != self._identity[0]
            or payload.get("inc", self._identity[1]) != self._identity[1]
        ):
            return
        seq = integer(payload, "seq", 0)
        if payload.get("status") == "error":
            warn_once("refused", f"the collector refused event {seq}: {str(payload.get('error'))[:300]} (said once)")
        elif self.acked < seq <= self._sent_seq:
            self.acked = seq
        resend = payload.get("resend")
        if isinstance(resend, dict) and len(self._resend) < 16:
            first, last = integer(resend, "from", 0), integer(resend, "to", 0)
            if 0 < first <= last <= self._sent_seq:
                self._resend.append((self._spool.position_of(first), self._spool.position_of(last + 1)))
