"""What the integrations share: child runs, which go where their parent goes, and the word for a missing library."""

import os
import socket
import unittest

import xtrack
from xtrack.integrations._children import Children
from xtrack.integrations._library import library

from .case import FrameworkCase


class ChildRuns(FrameworkCase):
    def test_beside_a_parent_on_a_descriptor_they_have_connections_of_their_own(self):
        ours, theirs = socket.socketpair()
        os.environ.update(XTRACK_TRANSPORT="stdio", XTRACK_FD=str(theirs.detach()))
        connections = {}

        def meet(peer, envelope):
            if envelope["t"] == "hello":
                connections[envelope["p"]["run_id"]] = peer

        self.collector.on_frame = meet
        self.collector.serve(ours)
        with xtrack.start_run("parent") as parent:
            children = Children(parent)
            for number in range(3):
                child = children.start(f"child {number}", params={"number": number})
                parent.log_metric("number", number)
                children.end(child)
        self.assertEqual(len(connections), 4)
        self.assertEqual([run for run, peer in connections.items() if peer is ours], [parent.run_id])
        self.assertEqual(len(set(connections.values())), 4)
        self.assertEqual(len(self.metrics("number", parent.run_id)), 3)
        self.assertEqual([self.status(run) for run in self.runs()], ["completed"] * 4)

    def test_beside_a_parent_in_a_file_they_are_in_that_file(self):
        os.environ.update(XTRACK_TRANSPORT="", XTRACK_SOCKET=self.path("nobody.sock"))
        with xtrack.start_run("parent") as parent:
            children = Children(parent)
            children.end(children.start("child"), "failed", "no luck")
        (log,) = [name for name in os.listdir(self.path("spool")) if name.endswith(".xtrack")]
        with open(self.path("spool", log), "rb") as file:
            written = file.read()
        self.assertIn(parent.run_id.encode(), written)
        self.assertIn(b"no luck", written)


class Libraries(unittest.TestCase):
    def test_one_that_is_not_installed_is_named_with_what_installs_it(self):
        with self.assertRaisesRegex(ImportError, "needs no_such_library; install it with: pip install the-package"):
            library("no_such_library", "the-package")

    def test_one_that_misses_something_itself_says_what(self):
        with self.assertRaises(ModuleNotFoundError) as caught:
            library("xtrack.integrations.nothing", "x")
        self.assertEqual(caught.exception.name, "xtrack.integrations.nothing")


if __name__ == "__main__":
    unittest.main()
