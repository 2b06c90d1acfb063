"""Sends what dead emitters of this machine left in the spool folder, each under its own incarnation.

Beside training, in a thread of its own: one file and one connection at a time, and only to where its writer sent.
"""

from __future__ import annotations

import json
import mmap
import os
import selectors
import threading
from time import monotonic, time_ns
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from .._errors import warn
from .._values.values import dumps
from .checking import capabilities
from .checksums import Checksums, sidecar_of
from .link import BLOCKED, MORE, Link
from .relic import Relic
from .segment import HEADER_BYTES, is_gone, writer
from .transports import Connection, Endpoint

__all__ = ["Orphans"]

MOST_BYTES = 64 * 1024 * 1024  # of a file that can be ours
MOST_FILES = 10_000  # looked at in one pass
PATIENCE = 60.0  # seconds without an acknowledgement; a server gives up a missing event after 30
PAUSES = (0.0, 5.0, 20.0, 60.0)  # seconds before each try of one pass: what is left may be free or welcome by then
DAMAGED = "damaged"  # folder of files kept for inspection, and how many of them
MOST_DAMAGED = 16


class Orphans:
    """One pass over the folder at a time, begun when the emitter's own connection is acknowledged."""

    def __init__(
        self, folder: str, own: Tuple[str, str], client: str, token: Callable[[Sequence[Endpoint]], str], checks: str
    ) -> None:
        """`own` is (run id, worker): what a dead emitter of the same one left goes first. `checks`: as the sender's."""
        self._checks = checks
        self._folder = folder
        self._own = own
        self._client = client
        self._token = token
        self._stopped = threading.Event()
        self._thread: Optional[threading.Thread] = None

    def deliver(self, endpoint: Endpoint) -> None:
        """Begins a pass unless one is on its way."""
        if self._thread is None or not self._thread.is_alive():
            work = threading.Thread(target=self._pass, args=(endpoint,), name="xtrack-orphans", daemon=True)
            self._thread = work
            try:
                work.start()
            except RuntimeError:  # the interpreter is shutting down
                pass

    def stop(self) -> None:
        """What is not delivered stays where it is."""
        self._stopped.set()

    def _pass(self, endpoint: Endpoint) -> None:
        try:
            for pause in PAUSES:
                if self._stopped.wait(pause) or self._round(endpoint):
                    return
        except Exception as error:
            warn(f"what an earlier run left in {self._folder} could not be sent: {error!r}")

    def _round(self, endpoint: Endpoint) -> bool:
        """True when nothing is left to try again."""
        done = True
        try:
            for path in self._candidates(endpoint.name):
                if self._stopped.is_set():
                    return True
                done &= self._take(path, endpoint)
        except OSError:  # the collector went away
            return False
        return done

    def _candidates(self, destination: str) -> List[str]:
        """Files of dead writers that sent to where we send."""
        found: List[Tuple[bool, int, str]] = []
        names = sorted(name for name in os.listdir(self._folder) if name.endswith(".spool"))
        for name in names[:MOST_FILES]:
            path = os.path.join(self._folder, name)
            head = _head(path)
            if head is None:
                _clear_unfinished(path, destination)
                continue
            if destination not in head["p"]["spool"].get("to", ()):
                continue
            closed, first_seq = _state(path)
            if is_gone(head["p"]["spool"]) or closed:
                own = (head["p"].get("run_id"), head["m"].get("wid", "")) == self._own
                # In the order of their events: one that was made ahead may be named before one that was used first.
                found.append((not own, first_seq, path))
        return [path for _, _, path in sorted(found)]

    def _take(self, path: str, endpoint: Endpoint) -> bool:
        """Sends one file if nobody else does, and removes it once everything in it is acknowledged."""
        file = _claim(path)
        if file < 0:
            return not os.path.exists(path)
        try:
            head, sums = _head(path), Checksums.read(path)
            if head is None or sums is None or not HEADER_BYTES <= os.fstat(file).st_size <= MOST_BYTES:
                return True  # a server was faster, or it is nothing that we can read
            relic = Relic(mmap.mmap(file, 0, access=mmap.ACCESS_READ), sums)
            delivered = relic.first == 0 or self._send(relic, head, endpoint)
            if delivered:
                self._remove(path, relic.damaged)
            return delivered
        finally:
            _release(file)

    def _send(self, relic: Relic, head: Dict[str, Any], endpoint: Endpoint) -> bool:
        """True when the collector has acknowledged all of it."""
        identity = (str(head["p"].get("run_id")), str(head["m"]["inc"]))
        connection = endpoint.open()
        try:
            hello = self._hello(relic, head, self._token([endpoint]))
            above, checks = relic.first - 1, self._checks
            link = Link(connection, relic, above, hello, identity, False, patience=PATIENCE, checks=checks)
            return self._drain(link, connection)
        except (OSError, ValueError):  # refused, fenced, cut off: another file may fare better
            return False
        finally:
            connection.close()

    def _drain(self, link: Link, connection: Connection) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(connection.fileno(), selectors.EVENT_READ)
            moved, acked = monotonic(), link.acked
            while not link.settled:
                if self._stopped.is_set() or monotonic() - moved > PATIENCE:
                    return False
                state = link.pump()
                if state != MORE:
                    room = selectors.EVENT_WRITE if state == BLOCKED else 0
                    selector.modify(connection.fileno(), selectors.EVENT_READ | room)
                    selector.select(0.2)
                link.read()
                if link.acked != acked:
                    moved, acked = monotonic(), link.acked
            return link.acks

    def _hello(self, relic: Relic, head: Dict[str, Any], secret: str) -> bytes:
        """The first frame of the connection. It asks for no commands: nobody would carry them out."""
        token = {"token": secret} if secret else {}
        caps = ["ack", "gap", *capabilities(self._checks)]
        payload = {"run_id": head["p"].get("run_id"), "client": self._client, "caps": caps, **token}
        payload.update(first_seq=relic.first, last_seq=relic.tip()[1], max_frame=relic.max_frame)
        named = {key: head["m"][key] for key in ("wid", "inc") if key in head["m"]}
        meta = {"seq": 0, "ts": time_ns() // 1000, **named}
        body = dumps({"v": 1, "t": "hello", "m": meta, "p": payload}).encode()
        return len(body).to_bytes(4, "big") + body

    def _remove(self, path: str, damaged: int) -> None:
        if damaged:
            warn(f"{path} is damaged in places ({damaged}): all else was sent, and it is kept in {DAMAGED}/ beside it")
            _quarantine(path)
            return
        _unlink(path)


def _quarantine(path: str) -> None:
    """Keeps a damaged file, and of all of them the newest 16."""
    folder = os.path.join(os.path.dirname(path), DAMAGED)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    for each in (sidecar_of(path), path):
        if os.path.exists(each):
            os.replace(each, os.path.join(folder, os.path.basename(each)))
    kept = sorted((name for name in os.listdir(folder) if name.endswith(".spool")), key=lambda name: _age(folder, name))
    for name in kept[MOST_DAMAGED:]:
        for each in (sidecar_of(name), name):
            os.unlink(os.path.join(folder, each))


def _clear_unfinished(path: str, destination: str) -> None:
    """Removes a file whose writer was killed while it made it: no checksums yet, so there is no record either."""
    file = _claim(path)
    if file < 0:
        return
    try:
        start = os.read(file, HEADER_BYTES + 4)
        head = _object(start[:HEADER_BYTES])
        spool: Any = None if head is None or not isinstance(head.get("p"), dict) else head["p"].get("spool")
        if not isinstance(spool, dict) or destination not in spool.get("to", ()) or any(start[HEADER_BYTES:]):
            return
        # In another container the writer may be about to lock it: there a server takes it, or another emitter.
        if spool.get("pid_ns") == writer()["pid_ns"] and is_gone(spool) and Checksums.read(path) is None:
            _unlink(path)
    except (OSError, TypeError):
        pass
    finally:
        _release(file)


def _unlink(path: str) -> None:
    for each in (sidecar_of(path), path):
        try:
            os.unlink(each)
        except FileNotFoundError:  # a server was faster
            pass


def _age(folder: str, name: str) -> float:
    return -os.stat(os.path.join(folder, name)).st_mtime


def _head(path: str) -> Optional[Dict[str, Any]]:
    """The hello that the sidecar repeats, which is checked; None when there is none."""
    sums = Checksums.read(path)
    head = _object(sums.page) if sums is not None else None
    if head is None or not isinstance(head.get("m"), dict) or not isinstance(head.get("p"), dict):
        return None
    return head if isinstance(head["p"].get("spool"), dict) and isinstance(head["m"].get("inc"), str) else None


def _state(path: str) -> Tuple[bool, int]:
    """Whether its writer is done with it, and where it begins. This part of the file changes: no checksum covers it."""
    try:
        with open(path, "rb") as file:
            head = _object(file.read(HEADER_BYTES))
        payload: Any = {} if head is None else head["p"]
        first = payload.get("first_seq")
        return payload["spool"]["closed"] is True, first if isinstance(first, int) else 0
    except (OSError, KeyError, TypeError, AttributeError):
        return False, 0


def _object(page: bytes) -> Optional[Dict[str, Any]]:
    try:
        found = json.loads(page[4 : 4 + int.from_bytes(page[:4], "big")])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _claim(path: str) -> int:
    """A descriptor that holds the lock of the file, or -1: its writer has it, or another emitter that sends it."""
    try:
        import fcntl

        file = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except (ImportError, OSError):
        return -1
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return -1
    return file


def _release(file: int) -> None:
    # Said aloud: the mapping keeps the file open, and with it the lock.
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)
    except (ImportError, OSError):
        pass
    os.close(file)
