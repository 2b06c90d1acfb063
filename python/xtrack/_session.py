"""One emitter: a (run, worker, incarnation) with its own spool, sequence numbers and sender thread."""

from __future__ import annotations

import atexit
import os
import threading
from time import time, time_ns
from typing import Any, Callable, Dict, List, Optional

from ._delivery.checking import capabilities
from ._delivery.deferred import Deferred
from ._delivery.orphans import Orphans
from ._delivery.segment import writer
from ._delivery.sender import Sender
from ._delivery.spool import CLOSED, TOO_LARGE, Spool
from ._delivery.transports import Endpoint, FdEndpoint, FileEndpoint, LeftFileEndpoint
from ._errors import warn, warn_once
from ._settings import Settings, spool_folder, spool_folders
from ._values.device import snapshot
from ._values.values import dumps
from ._version import __version__

__all__ = ["Session"]

CLIENT = f"xtrack-python/{__version__}"
CAPS = ["ack", "command", "gap"]
MAX_HEADS = 10_000  # metric keys whose frame text is remembered

METRIC = '{"v":1,"t":"metric","m":{"seq":'


class Session:
    """Makes frames and hands them to the spool. A fork and a restart each make a new one."""

    def __init__(
        self,
        settings: Settings,
        run_id: str,
        worker: str,
        on_command: Callable[["Session", Dict[str, Any]], None],
        endpoints: Optional[List[Endpoint]] = None,
        forked: bool = False,
    ) -> None:
        self.settings = settings
        self.run_id = run_id
        self.worker = worker
        self.incarnation = make_incarnation()
        self.pid = os.getpid()
        who = f'"wid":{dumps(worker)},' if worker else ""
        # What follows the timestamp in every frame of this session.
        self.identity = f',{who}"inc":"{self.incarnation}"}},"p":{{"run_id":"{run_id}"'
        self.metric_heads: Dict[str, str] = {}
        folder = spool_folder(settings.data)
        stem = f"{run_id.replace(':', '_')}-{self.incarnation}"

        def named(folder: str, number: int) -> str:
            return os.path.join(folder, f"{stem}-{number:04d}.spool")

        path_of = None if folder is None else lambda number: named(folder or "", number)
        if endpoints is None:
            endpoints = settings.endpoints(stem, forked)
        self.endpoints = endpoints
        gap = f"{self.identity},"
        self.spool = Spool(
            self._spool_identity(),
            lambda fields: f"{gap}{fields}}}}}",
            path_of,
            settings.spool_cap,
            elsewhere=lambda number: [named(each, number) for each in spool_folders(settings.data) if each != folder],
        )
        own = (run_id, worker)
        self._orphans = None if folder is None or forked else Orphans(folder, own, CLIENT, settings.token_for, settings.checks)
        self._sender = Sender(
            self.spool,
            endpoints,
            self._hello,
            self._heartbeat,
            lambda command: on_command(self, command),
            (run_id, self.incarnation),
            self._acknowledged,
            settings.acks,
            settings.ack_timeout,
            settings.checks,
            settings.renewed,
        )
        self._sender.deferred = self._deferred = Deferred(self._read_late)
        self._closed = False
        self._sender.start()

    # -- writing ---------------------------------------------------------------------------------------

    def emit(self, kind: str, fields: str) -> int:
        """Appends an event: `fields` is the payload's JSON behind `run_id`, without braces. Returns its seq.

        `CLOSED`, `TOO_LARGE` or `ORPHANED` (see the spool) when there is none.
        """
        append = self.spool.append_last if kind == "run_end" else self.spool.append
        # A payload may come to nothing: a frame that is no JSON would be sent, and refused, for ever.
        payload = f",{fields}" if fields else ""
        return append(f'{{"v":1,"t":"{kind}","m":{{"seq":', f"{self.identity}{payload}}}}}")

    def defer(self, key: str, value: Any, tail: str) -> None:
        """Takes a metric whose value a device still has: the sender thread appends it once it can be read.

        `key` and `tail`, what follows the value, are JSON. Until then a crash loses it, and `ts` is when it was read.
        """
        if self._deferred.put(key, snapshot(value), tail):
            self._sender.wake()

    def _read_late(self, key: str, value: str, tail: str) -> None:
        self.emit("metric", f'"key":{key},"value":{value}{tail}')

    def metric_head(self, key: str, key_json: str) -> str:
        """The text of a metric's frame up to the value, remembered for the next time."""
        if len(self.metric_heads) >= MAX_HEADS:
            self.metric_heads.clear()
        head = f'{self.identity},"key":{key_json},"value":'
        self.metric_heads[key] = head
        return head

    def emit_start(self, payload: str) -> int:
        """Appends `run_start`, whose `run_id` may be an object: `payload` is all of its JSON, without braces."""
        meta = self.identity[: self.identity.index('"run_id"')]
        return self.spool.append('{"v":1,"t":"run_start","m":{"seq":', f"{meta}{payload}}}}}")

    # -- the end ---------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Before the last event: what devices still have is read, for at most the flush timeout; a loss is declared."""
        if os.getpid() != self.pid:
            return
        lost = self._deferred.settle(self.settings.flush_timeout, self._sender.is_current())
        if lost:
            message = f"{lost} metric values could not be read from their device and are lost"
            warn(f"run {self.run_id}: {message}")
            self.spool.refuse("metric", "device", lost)
            self.emit("log", f'"level":"warning","msg":"{message}","logger":"xtrack","fields":{{"dropped":{lost}}}')

    def _acknowledged(self, endpoint: Endpoint) -> None:
        """The collector is there, so it can have what dead emitters left; the one inherited descriptor is taken."""
        if self._orphans is not None and not isinstance(endpoint, FdEndpoint):
            self._orphans.deliver(endpoint)

    def close(self, timeout: float) -> None:
        """Sends what is left for at most `timeout` seconds; the rest stays in files, and a line says so."""
        if self._closed:
            return
        self._closed = True
        if self.spool.interrupted():
            # A signal handler in the middle of a log call: that one must be over before its file is closed.
            threading.Thread(target=self._close, args=(timeout,), name="xtrack-late").start()
            return
        self._close(timeout)

    def _close(self, timeout: float) -> None:
        for thread in self.spool.late:
            thread.join()
        self.spool.seal()
        if os.getpid() != self.pid:
            return
        if self._orphans is not None:
            self._orphans.stop()
        try:
            self._sender.finish(timeout)
        except BaseException:  # Ctrl-C while waiting: what is left is kept all the same, and said
            self._sender.finish(0.0)
            raise
        finally:
            self._tell(self.spool.close(self._sender.acked))

    def _tell(self, kept: List[str]) -> None:
        """What became of the events that nobody acknowledged."""
        names = " ".join(kept)
        if kept and self._sender.unanswered and self._sender.sent >= self.spool.tip()[1]:
            how = f"until it is imported (npx xtrack replay {names}) or deleted"
            warn(f"run {self.run_id} was sent, and nobody acknowledged it: it stays in the spool {how}")
        elif kept:
            warn(f"not all events of run {self.run_id} were delivered; import them with: npx xtrack replay {names}")
        lost, undeclared = self.spool.lost, self.spool.undeclared
        if lost:
            warn(f"{_counted(lost)} of run {self.run_id} could neither be delivered nor kept on disk, and are lost")
        if undeclared:
            warn(f"{_counted(undeclared)} of run {self.run_id} were dropped, and nothing on disk says so")
        elif self.spool.dropped:
            warn(f"{self.spool.dropped} events of run {self.run_id} were dropped; the run says which, and why")

    def disown(self) -> None:
        """In a forked child: the connection, the files and the locks are the parent's."""
        self.spool.disown()
        self._sender.disown()

    def heirs(self) -> Optional[List[Endpoint]]:
        """Where a fork of this process sends: the same places, but for the inherited descriptor. None: choose again."""
        kept = [endpoint for endpoint in self.endpoints if not isinstance(endpoint, (FdEndpoint, LeftFileEndpoint))]
        return kept or None

    # -- control frames --------------------------------------------------------------------------------

    def _meta(self) -> Dict[str, Any]:
        worker = {"wid": self.worker} if self.worker else {}
        return {**worker, "inc": self.incarnation}

    def _hello(self, endpoint: Endpoint, first: int, last: int) -> bytes:
        token = self.settings.token_for([endpoint])
        more: Dict[str, Any] = {"token": token} if token else {}
        if isinstance(endpoint, FileEndpoint):
            # No secret goes into a file; who writes it does, so that a server knows when it may take it in.
            more = {"spool": writer()}
        caps = [*CAPS, *capabilities(self.settings.checks)]
        payload = {"run_id": self.run_id, "client": CLIENT, "caps": caps, **more}
        return self._control("hello", dict(payload, first_seq=first, last_seq=last, max_frame=self.spool.max_frame))

    def _heartbeat(self, last: int) -> bytes:
        return self._control("heartbeat", {"run_id": self.run_id, "last_seq": last})

    def _control(self, kind: str, payload: Dict[str, Any]) -> bytes:
        meta = {"seq": 0, "ts": time_ns() // 1000, **self._meta()}
        body = dumps({"v": 1, "t": kind, "m": meta, "p": payload}).encode()
        return len(body).to_bytes(4, "big") + body

    def _spool_identity(self) -> Dict[str, Any]:
        """What heads each spool file: who wrote it, and how to tell whether that process still lives."""
        payload = {"run_id": self.run_id, "client": CLIENT, "caps": CAPS}
        # All of it must fit one page.
        to = [endpoint.name[:300] for endpoint in self.endpoints[:4] if len(dumps(endpoint.name)) < 400]
        data = os.path.realpath(self.settings.data)
        here = {"data": data} if len(dumps(data)) < 1_000 else {}
        return {"m": self._meta(), "p": payload, "spool": {**writer(), "to": to, **here}}


def _counted(counts: Dict[str, int]) -> str:
    shown = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    return f"{sum(counts.values())} events ({shown})"


def make_incarnation() -> str:
    """Start time in milliseconds, base 36, and 32 random bits: sorts by time."""
    left, digits = int(time() * 1000), ""
    while left:
        left, digit = divmod(left, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return f"{digits}-{os.urandom(4).hex()}"


def report(answer: int, kind: str) -> None:
    """Tells the user, once, why an event was not taken."""
    if answer == CLOSED:
        _ignored[kind] = _ignored.get(kind, 0) + 1
        warn_once("closed", "a call after the end of its run was ignored")
    elif answer == TOO_LARGE:
        warn_once(
            f"large {kind}",
            f"a {kind} event over the limit of one frame (1 MiB, less with a small spool) was not recorded",
        )


_ignored: Dict[str, int] = {}  # calls after the end of their run, by type


def _tell_ignored() -> None:
    if sum(_ignored.values()) > 1:
        warn(f"{_counted(_ignored)} came after the end of their run and were not recorded")


# Early, so that it runs late: a handler that is registered while others run is never called.
atexit.register(_tell_ignored)
