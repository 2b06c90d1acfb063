"""`xtrack.show`: what a notebook gets to see, what is printed elsewhere, and whom the key is shown to."""

import contextlib
import io
import json
import os
import sys
import threading
import types
import unittest
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer

import xtrack

from .case import FolderCase

KEY = "xtk_of_this_machine"
HOSTILE = "\"><script>alert(1)</script>&'\n"


class Server:
    """Answers every POST with one status and body, and keeps what it was asked."""

    def __init__(self, status=200, body=None, host="127.0.0.1"):
        self.asked = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                outer.asked.append((self.path, dict(self.headers.items())))
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                text = json.dumps({"url": f"{outer.url}embed/runs/r#embed=xte_t"} if body is None else body).encode()
                self.send_response(status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self._server = HTTPServer((host, 0), Handler)
        self.url = f"http://{host}:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


class Show(FolderCase):
    def setUp(self):
        super().setUp()
        kept = {name: value for name, value in os.environ.items() if name.startswith("XTRACK_")}
        for name in kept:
            del os.environ[name]
        self.addCleanup(os.environ.update, kept)
        self.set("XTRACK_DATA", self.folder)

    def set(self, name, value):
        os.environ[name] = value
        self.addCleanup(os.environ.pop, name, None)

    def serve(self, **options):
        server = Server(**options)
        self.addCleanup(server.stop)
        return server

    def announce(self, server):
        with open(self.path("http.json"), "w", encoding="utf-8") as file:
            json.dump({"url": server.url}, file)
        with open(self.path("token"), "w", encoding="utf-8") as file:
            file.write(KEY + "\n")

    def show(self, *args, **options):
        """(what came back, what was printed)"""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            return xtrack.show(*args, **options), out.getvalue()

    def test_a_notebook_gets_the_live_page_and_nothing_is_printed(self):
        server = self.serve()
        self.announce(server)
        shell = types.SimpleNamespace(kernel=object())
        sys.modules["IPython"] = types.SimpleNamespace(get_ipython=lambda: shell)
        self.addCleanup(sys.modules.pop, "IPython")
        shown, printed = self.show("a/b", height=300)
        self.assertEqual(printed, "")
        [(tag, attributes)] = Tags(shown._repr_html_()).tags
        self.assertEqual((tag, attributes["height"]), ("iframe", "300"))
        self.assertEqual(attributes["src"], f"{server.url}embed/runs/r#embed=xte_t")
        self.assertNotIn("allow-top-navigation", attributes["sandbox"])
        [(path, headers)] = server.asked
        self.assertEqual(path, "/api/v1/runs/a%2Fb/embed")
        self.assertEqual(headers["Authorization"], f"Bearer {KEY}")

    def test_elsewhere_the_address_is_printed_without_anything_secret(self):
        server = self.serve()
        self.announce(server)
        _, printed = self.show("r")
        self.assertEqual(printed, f"xtrack: run r is at {server.url}runs/r\n")

    def test_the_run_is_the_open_one_unless_another_is_named(self):
        self.set("XTRACK_TRANSPORT", "null")
        with self.assertRaises(xtrack.XTrackError) as caught:
            xtrack.show()
        self.assertEqual(caught.exception.field, "run")
        with xtrack.start_run(run_id="open") as run:
            self.assertEqual(self.show()[0].run_id, "open")
            self.assertEqual(self.show(run)[0].run_id, "open")
            self.assertEqual(self.show("other")[0].run_id, "other")

    def test_the_argument_wins_over_the_variable_and_that_over_the_file(self):
        named, variable, file = self.serve(), self.serve(), self.serve()
        self.announce(file)
        self.show("r")
        self.set("XTRACK_HTTP", variable.url)
        self.show("r")
        self.show("r", server=named.url.rstrip("/"))
        self.assertEqual([len(server.asked) for server in (named, variable, file)], [1, 1, 1])

    @unittest.skipUnless(sys.platform == "linux", "another address of this machine stands for another machine")
    def test_the_key_of_the_machine_stays_on_it(self):
        self.announce(self.serve())
        other = self.serve(host="127.0.0.2")
        self.show("r", server=other.url)
        self.show("r", server=other.url.replace("//", "//127.0.0.1@"))
        self.set("XTRACK_KEY", "xtk_mine")
        self.show("r", server=other.url)
        self.assertEqual([headers.get("Authorization") for _, headers in other.asked], [None, None, "Bearer xtk_mine"])

    def test_a_redirect_is_not_followed(self):
        server = self.serve(status=307)
        self.announce(server)
        shown, _ = self.show("r")
        self.assertIsNone(shown.url)
        self.assertIn("status 307", repr(shown))

    def test_whatever_a_server_or_a_name_says_stays_text(self):
        for body in ({"detail": HOSTILE}, {"url": f"http://h/{HOSTILE}"}):
            server = self.serve(status=404 if "detail" in body else 200, body=body)
            self.announce(server)
            shown, _ = self.show(f"r{HOSTILE}")
            page = Tags(shown._repr_html_())
            self.assertEqual([tag for tag, _ in page.tags], ["p" if "detail" in body else "iframe"])
            self.assertNotIn("alert", str([name for _, attributes in page.tags for name in attributes]))

    def test_without_a_server_it_says_what_to_do(self):
        shown, printed = self.show("r")
        self.assertIn("npx xtrack serve", printed)
        self.assertIn("npx xtrack serve", Tags(shown._repr_html_()).text)
        server = Server()
        server.stop()
        self.announce(server)
        self.assertIn("does not answer", self.show("r")[1])
        for text in ("[]", "{", '{"url": 5}'):
            with open(self.path("http.json"), "w", encoding="utf-8") as file:
                file.write(text)
            self.assertIn("npx xtrack serve", self.show("r")[1])

    def test_what_is_no_height_or_no_address_is_refused(self):
        for height in (0, 99, 10_001, True, 1.5, "300"):
            with self.subTest(height=height), self.assertRaises(xtrack.XTrackError) as caught:
                xtrack.show("r", height=height)
            self.assertEqual(caught.exception.field, "height")
        for server in ("javascript:alert(1)", "file:///etc/passwd", "127.0.0.1:7007"):
            with self.subTest(server=server), self.assertRaises(xtrack.XTrackError) as caught:
                xtrack.show("r", server=server)
            self.assertEqual(caught.exception.field, "server")
