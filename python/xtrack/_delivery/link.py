"""One connection to a collector: hello, welcome, the window of unacknowledged events, and what was sent."""

from __future__ import annotations

import re
from time import monotonic
from typing import Any, Dict, List, Optional, Tuple

from .._errors import warn_once
from .checking import NONE, Checking
from .crc32c import checked
from .drain import Drain
from .inbox import Inbox, integer
from .transports import Connection

__all__ = ["ANSWER_TIMEOUT", "BLOCKED", "DRAINED", "HELD", "MORE", "Link", "Redirected", "Refused", "Silence"]

# What `pump` found.
DRAINED = 0  # everything that there was is sent
BLOCKED = 1  # the peer reads too slowly
HELD = 2  # the window is full, or a welcome must come first
MORE = 3  # there is more: come again at once, after reading

ANSWER_TIMEOUT = 45.0  # seconds without a word while acks are owed: the connection may be open at this end only
FIRST_WORD = 5.0  # seconds until a user is told that there is no welcome on an inherited descriptor
NO_ANSWER = "takes what is sent and answers nothing (XTRACK_ACKS=off, if it never does)"
PUMP_BYTES = 4 * 1024 * 1024  # at most one `pump`, so that acks are read in between
# Until a welcome says otherwise.
WINDOW_BYTES = 4 * 1024 * 1024
WINDOW_EVENTS = 20_000

_CODE = re.compile("XT_[A-Z_]{1,60}")


class Silence(ConnectionError):
    """The peer does not answer. Nothing counts as delivered because of that."""


class Refused(ConnectionError):
    """The collector does not take this connection; `code` says why, as in its table of errors."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        found = _CODE.match(message)
        self.code = found.group() if found is not None else ""


class Redirected(ConnectionError):
    """The collector says that another one has the run, and where."""

    def __init__(self, address: str) -> None:
        super().__init__(f"it sends us to {address[:300]}")
        self.address = address


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
        known: Optional[int] = None,
        acks: bool = True,
        patience: Optional[float] = None,
        timeout: float = ANSWER_TIMEOUT,
        checks: str = NONE,
    ) -> None:
        """`first`: nothing was ever sent, so there is no need to ask the peer where to go on.

        `known`: the highest seq that was ever sent, and so the highest that a welcome can speak of; None: any may be.
        Not `acks`: the user says that the peer need not answer; what was sent is kept for all that.
        `checks`: frames carry a checksum from the moment on that the peer says it looks at them; `SPARING`: but plain
        metrics when there are too many to compute it in a small share of a core.
        `patience`: seconds that the welcome may take, None for ever; `timeout`: seconds without a word after it.
        """
        self.acked = acked
        self.acks = False  # true once the peer has said that it acknowledges
        self.sent_at = monotonic()
        self.sent_seq = acked
        self._connection = connection
        self._spool = spool
        self._identity = identity
        self._known = known
        self._inbox = Inbox()
        self._control = memoryview(hello)  # hello or heartbeat, to be sent before the next frame
        self._opened = monotonic()
        self._quiet_since: Optional[float] = None  # since when an ack is owed and nothing was heard
        self._patience = patience
        self._timeout = timeout
        self._in_file = connection.durable
        self._plain = not self._in_file and (not acks or not connection.duplex)
        self._optimistic = first or self._in_file or self._plain
        self._window_bytes = WINDOW_BYTES
        self._window_events = WINDOW_EVENTS
        self._acked_at = self._stream = spool.position_of(acked + 1)
        # The range being sent: it always ends between two frames.
        self._at = self._goal = self._stream
        self._goal_seq = acked
        self._resend: List[Tuple[int, int]] = []
        self._checks = checks
        self._checking: Optional[Checking] = None  # the peer checks: so does all that begins from now on
        self._checked: Optional[Checking] = None  # so does the range being sent
        self._out = memoryview(b"")  # of it: frames with checksums, and how many bytes of the spool they are
        self._out_raw = 0

    @property
    def settled(self) -> bool:
        """True when nothing is on its way: every event is durable, or sent to a peer that need not answer."""
        if self._at != self._goal or self._control:
            return False
        return (self.sent_seq if self.unanswered else self.acked) >= self._spool.tip()[1]

    @property
    def unanswered(self) -> bool:
        """True for a peer that need not answer, and has not."""
        return self._plain and not self.acks

    def say(self, frame: bytes) -> None:
        """Queues a control frame of its own."""
        if not self._control:
            self._control = memoryview(checked(memoryview(frame)) if self._checking else frame)

    def check(self) -> None:
        """Raises Silence where an answer is overdue. To be called after `read`: it may have been there all the time."""
        if self._in_file or self._plain:
            return
        now = monotonic()
        if self._patience is None:
            if not self.acks and now - self._opened > FIRST_WORD:
                warn_once("no welcome", f"who started this process {NO_ANSWER}; events wait in the spool")
        elif not self.acks:
            if now - self._opened > self._patience:
                raise Silence(f"it {NO_ANSWER}")
        elif self.acked >= self.sent_seq and self._at == self._goal:
            self._quiet_since = None
        elif self._quiet_since is None:
            self._quiet_since = now
        elif now - self._quiet_since > self._timeout:
            raise Silence(f"nothing was heard for {self._timeout:g} s")

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
            sent = self._send()
            if sent == 0:
                return BLOCKED
            self.sent_at = monotonic()
            budget -= sent
            if self._at == self._goal:
                self._arrived()
        return MORE

    def _send(self) -> int:
        """Sends of the range what the peer takes; how many bytes that was."""
        if self._checked is None:
            sent = self._connection.send(self._spool.view(self._at, self._goal))
            self._at += sent
            return sent
        if not self._out:
            self._out, self._out_raw = self._checked.next(self._spool.view(self._at, self._goal))
        sent = self._connection.send(self._out)
        self._out = self._out[sent:]
        if not self._out:
            self._at += self._out_raw
        return sent

    def _choose(self) -> int:
        """Picks the next range to send; MORE when there is one."""
        if not self.acks and not self._optimistic:
            return HELD
        self._checked = self._checking
        if self._resend:
            self._at, self._goal = self._resend.pop(0)
            return MORE if self._at < self._goal else self._choose()
        tip, tip_seq = self._spool.tip()
        if self._stream >= tip:
            return DRAINED
        position, seq = tip, tip_seq
        if not self._in_file and not self.unanswered:
            position, seq = self._spool.cut(self._acked_at + self._window_bytes, self.acked + self._window_events)
            if position <= self._stream and self.acked >= self.sent_seq:
                # Nothing is outstanding: the next event lies behind a declared drop wider than the window.
                position, seq = self._spool.cut(self._acked_at + self._window_bytes, tip_seq)
            if position <= self._stream:
                return HELD
        self._at, self._goal, self._goal_seq = self._stream, position, seq
        self._stream = position
        return MORE

    def _arrived(self) -> None:
        self.sent_seq = self._goal_seq
        if self._in_file:
            self.acked = self.sent_seq
            self._spool.free(self.acked)

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
            self._quiet_since = None
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
        redirect = payload.get("redirect")
        if isinstance(redirect, str) and redirect:
            raise Redirected(redirect)
        last = self._spool.tip()[1] if self._known is None else max(self._known, self.sent_seq)
        durable = min(max(integer(payload, "resume_from", 1) - 1, 0), last)
        if not self._optimistic:
            # The peer knows best, even where it knows less than it once did: what is kept is sent again.
            self.acked = max(durable, self._spool.oldest() - 1)
            self._stream = self._at = self._goal = self._spool.position_of(self.acked + 1)
            self.sent_seq = self._goal_seq = self.acked
        else:
            self.acked = durable
        self.acks = True
        self._checking = Checking.agreed(self._checks, payload.get("caps"))
        self._acked_at = self._spool.position_of(self.acked + 1)
        window = payload.get("window")
        limits: Dict[str, Any] = window if isinstance(window, dict) else {}
        # One frame must always fit, or nothing would ever move.
        self._window_bytes = max(integer(limits, "bytes", WINDOW_BYTES), self._spool.max_frame + 4)
        self._window_events = max(integer(limits, "events", WINDOW_EVENTS), 1)

    def _ack(self, payload: Dict[str, Any]) -> None:
        seq = integer(payload, "seq", 0)
        error = str(payload.get("error"))[:300] if payload.get("status") == "error" else ""
        if error and seq == 0:  # of the whole connection, by whatever name it knows us
            raise Refused(error)
        if (
            payload.get("run_id", self._identity[0]) != self._identity[0]
            or payload.get("inc", self._identity[1]) != self._identity[1]
        ):
            return
        if error:
            warn_once("refused", f"the collector refused event {seq}: {error} (said once)")
        elif self.acked < seq <= self.sent_seq:
            self.acked = seq
        resend = payload.get("resend")
        if isinstance(resend, dict) and len(self._resend) < 16:
            first, last = integer(resend, "from", 0), integer(resend, "to", 0)
            if 0 < first <= last <= self.sent_seq:
                self._resend.append((self._spool.position_of(first), self._spool.position_of(last + 1)))
