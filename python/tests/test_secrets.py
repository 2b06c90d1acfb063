"""Secrets never leave the process: the shared table, and what a run records of arguments, params, tags and texts."""

import json
import os
import time
import unittest

from xtrack import _secret_table as table
from xtrack._secrets import masked, masked_argv, masked_text

SECRETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "conformance", "secrets.json")

with open(SECRETS, encoding="utf-8") as file:
    SHARED = json.load(file)


class SharedTable(unittest.TestCase):
    def test_the_words_and_shapes_are_those_of_the_shared_file(self):
        names = SHARED["names"]
        self.assertEqual(table.MASK, SHARED["mask"])
        for name in ("words", "plain", "numeric", "assignment", "flag"):
            self.assertEqual(getattr(table, name.upper()), SHARED[name], name)
        for name in ("always", "harmless_last", "last", "plural", "before_plural"):
            self.assertEqual(getattr(table, name.upper()), frozenset(names[name]), name)
        self.assertEqual(table.ALONE, names["alone"])
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
                text = f"key token sk- {piece * (100_000 // len(piece))}"
                begun = time.process_time()
                masked_text(text)
                self.assertLess(time.process_time() - begun, 5)


if __name__ == "__main__":
    unittest.main()
