"""A small collector for the tests: speaks the protocol over a Unix socket, and can be told to misbehave."""

import json
import os
import socket
import threading
import time

from xtrack._delivery.crc32c import is_damaged

WINDOW = {"bytes": 4 << 20, "events": 20_000}


def frame(kind, payload):
    body = json.dumps({"v": 1, "t": kind, "m": {"seq": 0, "ts": 0}, "p": payload}).encode()
    return len(body).to_bytes(4, "big") + body


def frames_of(data):
    """Whole frames of `data` as envelopes, and what is left over."""
    found, at = [], 0
    while len(data) - at >= 4:
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if end == at + 4 or end > len(data):
            break
        if is_damaged(data[at + 4 : end]):
            raise AssertionError("a frame does not match its checksum")
        found.append(json.loads(data[at + 4 : end]))
        at = end
    return found, data[at:]


class Collector:
    """`events` maps (run, worker, incarnation) to {seq: envelope}: what survived every restart."""

    def __init__(self, path, acks=True, welcomes=True, window=None):
        self.path = path
        self.acks = acks
        self.welcomes = welcomes
        self.window = window or WINDOW
        self.events = {}
        self.hellos = []
        self.heartbeats = []
        self.duplicates = 0
        self._durable = {}
        self.most_unacked = 0
        self.on_frame = None  # called with (connection, envelope) before it is stored; True: swallow it
        self._lock = threading.Lock()
        self._peers = []
        self.start()

    def start(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(self.path)
        self._server.listen(16)
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def stop(self):
        """Closes everything, as a killed process does; `start` brings it back with what it had stored."""
        try:
            self._server.shutdown(socket.SHUT_RDWR)
        except OSError:  # stopped already
            return
        self._server.close()
        with self._lock:
            peers, self._peers = self._peers, []
        for peer in peers:
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def serve(self, peer):
        """Reads one connection (the other end of a socketpair, say) in a thread."""
        with self._lock:
            self._peers.append(peer)
        thread = threading.Thread(target=self._read, args=(peer,), daemon=True)
        thread.start()
        return thread

    def command(self, identity, kind, payload=None, **more):
        data = frame("command", {"cmd_id": identity, "type": kind, "payload": payload or {}, **more})
        with self._lock:
            for peer in self._peers:
                try:
                    peer.sendall(data)
                except OSError:  # it has left
                    pass

    def wait(self, ready, seconds=60):
        """Until `ready()` is true; the last word is an assertion in the test."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self._lock:
                if ready():
                    return True
            time.sleep(0.005)
        return False

    def of(self, run_id, worker=None):
        """Envelopes of a run in order, over all incarnations (of one worker where given)."""
        with self._lock:
            keys = sorted(key for key in self.events if key[0] == run_id and worker in (None, key[1]))
            return [self.events[key][seq] for key in keys for seq in sorted(self.events[key])]

    def kinds(self, run_id, worker=None):
        return [envelope["t"] for envelope in self.of(run_id, worker)]

    def _accept(self, server):
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            self.serve(peer)

    def _read(self, peer):
        data = b""
        with peer:
            while True:
                try:
                    got = peer.recv(65536)
                except OSError:
                    return
                if not got:
                    return
                found, data = frames_of(data + got)
                touched = set()
                try:
                    for envelope in found:
                        touched |= self._take(peer, envelope)
                    for identity in touched if self.acks else ():
                        self._ack(peer, identity)
                except OSError:
                    return

    def _take(self, peer, envelope):
        """Stores one frame; the identity whose ack is due, if any."""
        meta, payload = envelope["m"], envelope["p"]
        if "probe" in payload.get("caps", ()):
            peer.sendall(frame("welcome", {"v": 1, "server": "test", "caps": ["ack", "probe"], "resume_from": 1}))
            return set()
        run = payload["run_id"]
        identity = (run["id"] if isinstance(run, dict) else run, meta.get("wid", ""), meta.get("inc", ""))
        if self.on_frame is not None and self.on_frame(peer, envelope):
            return set()
        with self._lock:
            known = self.events.setdefault(identity, {})
            if envelope["t"] == "heartbeat":
                self.heartbeats.append(envelope)
                return set()
            if envelope["t"] != "hello":
                self.duplicates += meta["seq"] in known
                known[meta["seq"]] = envelope
                self.most_unacked = max(self.most_unacked, meta["seq"] - self._durable.get(identity, 0))
                return {identity}
            self.hellos.append(envelope)
            resume = self._watermark(identity) + 1
        if self.welcomes:
            answer = {"v": 1, "server": "test", "caps": ["ack"], "resume_from": resume, "window": self.window}
            peer.sendall(frame("welcome", dict(answer, max_frame=1 << 20)))
        return set()

    def _watermark(self, identity):
        self._durable[identity] = durable(self.events[identity], self._durable.get(identity, 0))
        return self._durable[identity]

    def _ack(self, peer, identity):
        with self._lock:
            seq = self._watermark(identity)
        run, worker, incarnation = identity
        peer.sendall(frame("ack", {"seq": seq, "status": "ok", "run_id": run, "wid": worker, "inc": incarnation}))


def durable(known, seq):
    """The last seq from `seq` on up to which nothing is missing but what a gap event declares."""
    while True:
        while seq + 1 in known:
            seq += 1
        declared = [envelope["p"] for envelope in known.values() if envelope["t"] == "gap"]
        over = [gap["to"] for gap in declared if gap["from"] <= seq + 1 <= gap["to"]]
        if not over:
            return seq
        seq = over[0]
