"""Every language-neutral vector of the conformance folder, whole, as written, and byte by byte."""

import glob
import json
import os
import unittest

from tests.wire.frames import FrameDecoder, Message, Skipped
from tests.wire.reading import read_collector, read_worker
from xtrack._errors import XTrackError

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "conformance", "vectors")


def outcomes(case, direction, chunks):
    read = read_worker if direction == "worker" else read_collector
    decoder = FrameDecoder(case["mode"], case.get("max_frame", 1024 * 1024), read)
    found = []
    for chunk in chunks:
        found += decoder.push(chunk)
    if direction == "worker":
        found += decoder.end()
    listed = []
    for outcome in found:
        shown = show(outcome)
        last = listed[-1] if listed else {}
        if shown["kind"] == last.get("kind") == "skipped" and shown["code"] == last["code"]:
            last["length"] += shown["length"]
        else:
            listed.append(shown)
    return listed


def show(outcome):
    if isinstance(outcome, Message):
        warnings = [{"code": code, "field": field} for code, field in outcome.warnings]
        return {"kind": "message", "envelope": outcome.envelope, **({"warnings": warnings} if warnings else {})}
    kind = "skipped" if isinstance(outcome, Skipped) else "refused"
    XTrackError(outcome.code)  # the code is one of the table
    return {"kind": kind, **{key: value for key, value in outcome._asdict().items() if value is not None}}


class Vectors(unittest.TestCase):
    def test_every_vector(self):
        files = [path for path in sorted(glob.glob(os.path.join(VECTORS, "*.json"))) if "schema" not in path]
        if not os.path.isdir(VECTORS):
            self.skipTest("the package was installed without the repository around it")
        self.assertTrue(files)
        for path in files:
            with open(path, encoding="utf-8") as file:
                vectors = json.load(file)
            for case in vectors["cases"]:
                chunks = [bytes.fromhex(chunk) for chunk in case["chunks"]]
                whole = b"".join(chunks)
                cuts = {
                    "as written": chunks,
                    "whole": [whole],
                    "byte by byte": [whole[i : i + 1] for i in range(len(whole))],
                }
                for name, cut in cuts.items():
                    with self.subTest(file=os.path.basename(path), case=case["id"], cut=name):
                        self.assertEqual(outcomes(case, vectors["direction"], cut), case["expect"])


if __name__ == "__main__":
    unittest.main()
