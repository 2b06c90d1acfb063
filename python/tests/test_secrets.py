"""Secrets never leave the process: the shared table, and what a run records of arguments, params, tags and texts."""

import base64
import json
import os
import time
import unittest

from xtrack._values import secret_table as table
from xtrack._values.secrets import masked, masked_argv, masked_text

from .case import FolderCase, params_of
from .collector import frames_of

SECRETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "conformance", "secrets.json")

with open(SECRETS, encoding="utf-8") as file:
    SHARED = json.load(file)


PLANTED = "xtk_Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7"
NAMED = "correct-horse-battery"  # no known shape: only its name tells
RUN = f"""
import subprocess, sys, xtrack
from xtrack import Tracker
subprocess.run(["git", "init", "-q"]); subprocess.run(["git", "remote", "add", "origin", "https://u:{PLANTED}@h/r.git"])
secret, named = "{PLANTED}", "{NAMED}"
run = Tracker(OPTIONS).start_run(
    name=f"with {{secret}}",
    params={{"optimizer": {{"api_key": named, "lr": 0.1}}, "n_tokens": 512, "hf_token": secret,
            "url": f"https://u:{{named}}@h/"}},
    tags={{"deploy-token": named, "team": "vision"}},
)
run.log_params({{"clouds": [{{"secret_access_key": named}}]}})
run.set_tag("password", named)
run.log(f"using {{secret}}, password={{named}}", request={{"authorization": named}})
run.set_status("training", f"with {{secret}}")
run.log_text("sample", f"said {{secret}}")
run.log_artifact("s3://bucket/x?token=" + named, meta={{"credentials": {{"user": named}}}})
run.knob("service_token", named, choices=[named, "none"])
run.end("failed", ValueError(f"cannot log in with {{secret}}"))
"""


class Recorded(FolderCase):
    def events(self, options="", **environ):
        given = {"XTRACK_RUN_ID": "r1", "XTRACK_TRANSPORT": "unix", "XTRACK_FLUSH_TIMEOUT": "0", "SLURM_NOTE": PLANTED}
        script = RUN.replace("OPTIONS", options)
        code, _, err = self.script(script, **{**given, **environ})
        self.assertEqual(code, 0, err)
        with open(self.spools()[0], "rb") as file:
            data = file.read()
        return data, frames_of(data)[0][1:], err

    def test_no_secret_leaves_the_process(self):
        data, events, err = self.events()
        for planted in (PLANTED, NAMED):
            self.assertNotIn(planted.encode(), data)
            self.assertNotIn(base64.b64encode(f"said {planted}".encode())[8:], data)
            self.assertNotIn(planted, err)
        params = params_of(e["p"] for e in events if e["t"] == "param")
        self.assertEqual(params["optimizer.api_key"], "‹masked›")
        self.assertEqual(params["hf_token"], "xtk_‹masked›")
        self.assertEqual((params["optimizer.lr"], params["n_tokens"]), (0.1, 512))
        self.assertEqual(params["url"], "https://‹masked›@h/")
        self.assertEqual(params["clouds"], [{"secret_access_key": "‹masked›"}])
        (start,) = [e["p"] for e in events if e["t"] == "run_start"]
        self.assertEqual(start["tags"], {"deploy-token": "‹masked›", "team": "vision"})
        self.assertEqual(start["source"]["git_repo"], "https://h/r.git")
        self.assertEqual(start["env"]["env_vars"], {"SLURM_NOTE": "xtk_‹masked›"})
        (end,) = [e["p"] for e in events if e["t"] == "run_end"]
        self.assertEqual(end["error"]["message"], "cannot log in with xtk_‹masked›")
        self.assertEqual(err.count("the value of 'optimizer.api_key' looks like a secret"), 1)

    def test_it_is_an_option(self):
        for options, environ in (("mask=False", {}), ("", {"XTRACK_MASK": "off"})):
            with self.subTest(options):
                data, events, err = self.events(options, **environ)
                params = params_of(e["p"] for e in events if e["t"] == "param")
                self.assertEqual((params["optimizer.api_key"], params["hf_token"]), (NAMED, PLANTED))
                self.assertNotIn(b"masked", data)
                self.assertNotIn("looks like", err)
                for path in [*self.spools(), *self.spools(".crc")]:
                    if os.path.exists(path):
                        os.unlink(path)

    def test_the_argument_wins_over_the_environment(self):
        data, _, _ = self.events("mask=True", XTRACK_MASK="off")
        self.assertNotIn(NAMED.encode(), data)


class SharedTable(unittest.TestCase):
    def test_the_words_and_shapes_are_those_of_the_shared_file(self):
        names = SHARED["names"]
        self.assertEqual(table.MASK, SHARED["mask"])
        for name in ("words", "plain", "numeric", "assignment", "flag"):
            self.assertEqual(getattr(table, name.upper()), SHARED[name], name)
        for name in ("always", "harmless_last", "last", "plural", "before_plural"):
            self.assertEqual(getattr(table, name.upper()), frozenset(names[name]), name)
        self.assertEqual(table.ALONE, names["alone"])
        self.assertEqual(table.SHORT, SHARED["short"])
        before = {key: frozenset(words) for key, words in names["ordinary_before"].items()}
        self.assertEqual(table.ORDINARY_BEFORE, before)
        self.assertEqual(table.SHAPES, [(shape["id"], shape["pattern"]) for shape in SHARED["shapes"]])

    def test_names(self):
        for case in SHARED["cases"]["names"]:
            with self.subTest(**case):
                shown = masked({case["name"]: case["value"]})[case["name"]]
                self.assertEqual(shown != case["value"], case["masked"], shown)
                self.assertEqual("hunter2" in json.dumps(shown), False)

    def test_texts(self):
        for case in SHARED["cases"]["texts"]:
            with self.subTest(case["text"]):
                self.assertEqual(masked_text(case["text"]), case["masked"])
                self.assertEqual(masked_text(case["masked"]), case["masked"])  # twice is once

    def test_command_lines(self):
        for case in SHARED["cases"]["argv"]:
            with self.subTest(case["argv"]):
                self.assertEqual(masked_argv(case["argv"]), case["masked"])

    def test_values(self):
        for case in SHARED["cases"]["values"]:
            with self.subTest(case["value"]):
                self.assertEqual(masked(case["value"]), case["masked"])
                self.assertEqual(masked(case["masked"]), case["masked"])

    def test_no_text_takes_long(self):
        """Each of these would take for ever if a pattern looked at a text again and again."""
        begins = "-----BEGIN PRIVATE KEY-----"
        for piece in ("a", "a.", "-", "--a ", "a=", "://", "http://a:", "sk-", "eyJ.", begins, "key ", "key=", '"', "'"):
            with self.subTest(piece):
                text = f"key token sk- {piece * (50_000 // len(piece))}"
                begun = time.process_time()
                masked_text(text)
                self.assertLess(time.process_time() - begun, 5)


if __name__ == "__main__":
    unittest.main()
