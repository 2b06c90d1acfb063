"""Silence is not delivery: what nobody has acknowledged stays in the spool, whoever was listening."""

import os
import socket
import threading
import time
import unittest
import unittest.mock

from xtrack import Tracker
from xtrack._delivery.route import Route
from xtrack._delivery.transports import TcpEndpoint, UnixEndpoint
from xtrack._settings import Settings

from .case import FolderCase
from .collector import frame, frames_of


class Sink:
    """Accepts, reads, and says nothing; keeps what it read of each connection."""

    def __init__(self, path):
        self.heard = []
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(path)
        self._server.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        try:
            self._server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._server.close()

    def _accept(self):
        while True:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            self.heard.append(bytearray())
            threading.Thread(target=self._read, args=(peer, self.heard[-1]), daemon=True).start()

    def _read(self, peer, into):
        with peer:
            while True:
                data = peer.recv(65536)
                if not data:
                    return
                into += data


class Wire(threading.Thread):
    """Passes bytes on between the sockets at two paths, until it is told to swallow those of a connection."""

    def __init__(self, path, to):
        super().__init__(daemon=True)
        self.connections = 0
        self.swallows = set()
        self._to = to
        self._sockets = []
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(path)
        self._server.listen(16)
        self.start()

    def run(self):
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            far = socket.socket(socket.AF_UNIX)
            self._sockets += [near, far]
            far.connect(self._to)
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(source, target, self.connections), daemon=True).start()

    def close(self):
        for each in [self._server, *self._sockets]:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def _pass(self, source, target, number):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                if number not in self.swallows:
                    target.sendall(data)
        except OSError:
            pass
        if number not in self.swallows:
            for each in (source, target):
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class SilenceCase(FolderCase):
    def start(self, **environ):
        for key, value in environ.items():
            os.environ[key] = value
            self.addCleanup(os.environ.pop, key, None)
        given = {"transport": "unix", "socket": self.path("xtrack.sock"), "data": self.folder, "flush_timeout": 30}
        return Tracker(**given).start_run(run_id="r1")

    def set(self, name, value):
        patch = unittest.mock.patch(name, value)
        patch.start()
        self.addCleanup(patch.stop)

    def until(self, ready, what):
        end = time.monotonic() + 60
        while not ready():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.01)

    def kept(self):
        """Seqs in the spool files."""
        found = []
        for path in self.spools():
            with open(path, "rb") as file:
                found += [envelope["m"]["seq"] for envelope in frames_of(file.read())[0][1:]]
        return sorted(found)


LOG = """
import xtrack
run = xtrack.start_run()
for step in range(100): run.log_metric("loss", 0.5, step=step)
"""


class NoWelcome(SilenceCase):
    def sink(self):
        made = Sink(self.path("xtrack.sock"))
        self.addCleanup(made.close)
        return made

    def test_the_run_stays_in_the_spool_and_the_end_says_where(self):
        self.sink()
        script = LOG + "import time\nbegun = time.monotonic()\nrun.end()\n"
        script += "print(time.monotonic() - begun < 20)"
        environ = {"XTRACK_RUN_ID": "r1", "XTRACK_TRANSPORT": "unix", "XTRACK_FLUSH_TIMEOUT": "0.5"}
        code, out, err = self.script(script, **environ)
        self.assertEqual((code, out), (0, "True\n"))
        self.assertEqual(self.kept(), list(range(1, 103)))
        self.assertIn(f"npx xtrack replay {self.spools()[0]}", err)

    def test_it_is_said_once_and_tried_again(self):
        sink = self.sink()
        script = LOG + "import sys\nsys.stdin.readline()\nrun.end()"
        environ = {"XTRACK_RUN_ID": "r1", "XTRACK_TRANSPORT": "unix", "XTRACK_FLUSH_TIMEOUT": "0"}
        process = self.popen(script, stdin=True, **environ)
        self.until(lambda: len(sink.heard) >= 3, "it never tried again")
        _, err = process.communicate(b"\n", timeout=120)
        self.assertEqual(err.count(b"answers nothing"), 1, err)
        # A peer that has said nothing is asked where to go on, and sent nothing before it says so.
        again = [[envelope["t"] for envelope in frames_of(bytes(heard))[0]] for heard in sink.heard[1:]]
        self.assertLessEqual({kind for kinds in again for kind in kinds}, {"hello"})
        self.assertEqual(self.kept(), list(range(1, 103)))

    def test_everything_arrives_once_a_collector_is_there(self):
        sink = self.sink()
        run = self.start()
        for step in range(30_000):  # more than may be on its way
            run.log_metric("loss", 0.5, step=step)
        self.until(lambda: sink.heard, "it never came")
        sink.close()
        collector = self.collector()
        run.end()
        found = [envelope["p"]["step"] for envelope in collector.of("r1") if envelope["t"] == "metric"]
        self.assertEqual(found, list(range(30_000)))
        self.assertEqual(self.spools(), [])

    def test_a_welcome_that_takes_longer_than_the_first_patience_is_waited_for(self):
        """A collector that is busy for a while must not be met by one short visit after the other."""
        collector = self.collector()
        # It takes its time for each hello.
        collector.on_frame = lambda peer, envelope: envelope["t"] == "hello" and time.sleep(0.5)
        self.set("xtrack._delivery.route.FIRST_PATIENCE", 0.1)
        run = self.start()
        run.log_metric("loss", 0.5, step=0)
        run.end()
        self.assertEqual(collector.kinds("r1"), ["run_start", "metric", "run_end"])
        self.assertEqual(self.spools(), [])

    def test_acks_off_sends_plain_version_1_and_keeps_the_spool(self):
        collector = self.collector(acks=False, welcomes=False)
        environ = {"XTRACK_RUN_ID": "r1", "XTRACK_TRANSPORT": "unix", "XTRACK_ACKS": "off"}
        code, _, err = self.script(LOG + "run.end()", **environ)
        self.assertEqual(code, 0)
        self.assertTrue(collector.wait(lambda: sum(map(len, collector.events.values())) == 102, 60))
        self.assertEqual(self.kept(), list(range(1, 103)))
        self.assertIn("nobody acknowledged it: it stays in the spool", err)

    def test_acks_off_is_no_promise_of_the_peer_one_that_acknowledges_is_believed(self):
        collector = self.collector()
        environ = {"XTRACK_RUN_ID": "r1", "XTRACK_TRANSPORT": "unix", "XTRACK_ACKS": "off"}
        environ["XTRACK_FLUSH_TIMEOUT"] = "30"
        script = LOG + "import time\nwhile run._session._sender.acked < 101: time.sleep(.01)\nrun.end()"
        code, _, _ = self.script(script, **environ)
        self.assertEqual((code, len(collector.of("r1"))), (0, 102))


class HalfOpen(SilenceCase):
    def wire(self, collector):
        made = Wire(self.path("xtrack.sock"), collector.path)
        self.addCleanup(made.close)
        return made

    def test_a_connection_that_swallows_is_given_up_for_a_new_one(self):
        collector = self.collector("far.sock")
        wire = self.wire(collector)
        run = self.start(XTRACK_ACK_TIMEOUT="0.5")
        run.log_metric("loss", 0.5, step=0)
        self.until(lambda: len(collector.of("r1")) == 2, "nothing came through")
        self.until(lambda: run._session._sender.acked == 2, "no ack came back")
        wire.swallows.add(1)
        for step in range(1, 100):
            run.log_metric("loss", 0.5, step=step)
        self.until(lambda: len(collector.of("r1")) == 101, "the connection was not given up")
        run.end()
        self.assertEqual([e["m"]["seq"] for e in collector.of("r1")], list(range(1, 103)))
        self.assertEqual(self.spools(), [])

    def test_a_quiet_connection_on_which_nothing_is_owed_is_kept(self):
        collector = self.collector("far.sock")
        wire = self.wire(collector)
        self.set("xtrack._delivery.sender.HEARTBEAT", 0.3)
        run = self.start(XTRACK_ACK_TIMEOUT="0.2")
        sender = run._session._sender
        for step in range(3):
            run.log_metric("loss", 0.5, step=step)
            self.until(lambda least=step + 2: sender.acked == least, "no ack came back")
            heard = len(collector.heartbeats)
            self.until(lambda least=heard + 2: len(collector.heartbeats) >= least, "it says nothing any more")
        run.end()
        self.assertEqual(wire.connections, 1)


class Answers(SilenceCase):
    def refuse(self, collector, error, times):
        left = [times]

        def answer(peer, envelope):
            if envelope["t"] != "hello" or left[0] == 0:
                return envelope["t"] != "hello" and left[0] > 0
            left[0] -= 1
            peer.sendall(frame("ack", {"seq": 0, "status": "error", "error": error, "run_id": ""}))
            peer.shutdown(socket.SHUT_RDWR)
            return True

        collector.on_frame = answer
        return left

    def test_a_run_that_another_one_holds_is_asked_for_until_it_is_free(self):
        collector = self.collector()
        left = self.refuse(collector, "XT_RUN_OWNED: run 'r1' is held by process 7; talk to that one", 4)
        run = self.start()
        run.log_metric("loss", 0.5, step=0)
        self.until(lambda: left[0] == 0, "it gave up")
        run.end()
        self.assertEqual(collector.kinds("r1"), ["run_start", "metric", "run_end"])

    def test_a_fenced_worker_sends_no_more_and_keeps_what_it_has(self):
        collector = self.collector()
        script = LOG.replace("start_run()", "start_run(); import sys; sys.stdin.readline()") + "run.end()"
        environ = {"XTRACK_RUN_ID": "r1", "XTRACK_TRANSPORT": "unix", "XTRACK_FLUSH_TIMEOUT": "60"}
        process = self.popen(script, stdin=True, **environ)
        self.assertTrue(collector.wait(lambda: bool(collector.hellos), 60))
        for peer in list(collector._peers):
            peer.sendall(frame("ack", {"seq": 0, "status": "error", "error": "XT_FENCED: taken over", "run_id": "r1"}))
        self.assertTrue(process.stderr.readline().startswith(b"xtrack: unix"))
        _, err = process.communicate(b"\n", timeout=120)  # the end does not wait for anything
        self.assertEqual(len(collector.hellos), 1)
        self.assertEqual(self.kept()[-101:], list(range(2, 103)))
        self.assertIn(b"npx xtrack replay", err)

    def test_a_welcome_cannot_speak_of_what_was_never_sent(self):
        collector = self.collector()
        lies = []

        def lie(peer, envelope):
            if envelope["t"] == "hello" and not lies:
                lies.append(True)
                peer.sendall(frame("welcome", {"v": 1, "server": "t", "caps": ["ack"], "resume_from": 500}))
                return True
            return False

        collector.on_frame = lie
        run = self.start()
        for step in range(1_000):
            run.log_metric("loss", 0.5, step=step)
        run.end()
        self.assertEqual([e["m"]["seq"] for e in collector.of("r1")], list(range(1, 1_003)))

    def test_a_redirect_is_followed(self):
        there = self.collector("there.sock")
        here = self.collector()

        def send_on(peer, envelope):
            if envelope["t"] == "hello":
                peer.sendall(frame("welcome", {"redirect": f"unix:{there.path}"}))
            return True

        here.on_frame = send_on
        run = self.start()
        run.log_metric("loss", 0.5, step=0)
        run.end()
        self.assertEqual(there.kinds("r1"), ["run_start", "metric", "run_end"])
        self.assertEqual(here.kinds("r1"), [])

    def test_redirects_that_lead_nowhere_are_followed_five_times_and_then_begin_again_later(self):
        route = Route([UnixEndpoint("/a")])
        route.endpoint = UnixEndpoint("/a")
        self.assertEqual([route.redirect("unix:/b") for _ in range(6)], [True] * 5 + [False])
        route.failed(False)
        self.assertGreater(route.pause, 0)
        # Nothing was acknowledged in between, and yet the right place may be named by now.
        self.assertEqual([route.redirect("h:1") for _ in range(6)], [True] * 5 + [False])
        route.arrived()
        self.assertTrue(route.redirect("h:1"))

    def test_an_address_in_the_environment_is_read_anew_and_one_that_was_told_stays(self):
        environ = {"XTRACK_HOST": "a", "XTRACK_SOCKET": "/a"}
        for told, endpoint, name in [
            ({}, TcpEndpoint("a", 9999, False), "tcp b:9999"),
            ({"host": "a"}, TcpEndpoint("a", 9999, False), "tcp a:9999"),
            ({}, UnixEndpoint("/a"), "unix /b"),
            ({"socket": "/a"}, UnixEndpoint("/a"), "unix /a"),
        ]:
            with self.subTest(name):
                now = dict(environ)
                settings = Settings(environ=now, **told)
                route = Route([endpoint], settings.renewed)
                route.failed(False)
                self.assertEqual(route.name, endpoint.name)
                now.update(XTRACK_HOST="b", XTRACK_SOCKET="/b")
                route.failed(False)
                self.assertEqual(route.name, name)

    def test_a_redirect_gives_up_neither_encryption_nor_this_machine(self):
        tls, tcp, unix = TcpEndpoint("h", 1, True), TcpEndpoint("h", 1, False), UnixEndpoint("/a")
        for source, address, name in [
            (tls, "tcp://other:2", None),
            (tls, "other:2", "tcp other:2"),
            (tls, "tls://other:2", "tcp other:2"),
            (tcp, "tls://[::1]:2", "tcp ::1:2"),
            (tcp, "unix:/etc/passwd", None),
            (unix, "unix:///b", "unix /b"),
            (unix, "h:0", None),
            (unix, "h:65536", None),
            (unix, "http://h:1", None),
            (unix, "user@h:1", None),
        ]:
            with self.subTest(address):
                route = Route([source])
                route.endpoint = source
                self.assertEqual(route.redirect(address), name is not None)
                if name is not None:
                    self.assertEqual(route._redirect.name, name)
                    self.assertEqual(getattr(route._redirect, "tls", False), "tls" in address or source is tls)


if __name__ == "__main__":
    unittest.main()
