"""The spool by itself: segments, positions, the cap, and what a reader finds in its files."""

import os
import random
import unittest

from xtrack._segment import HEADER_BYTES
from xtrack._spool import CLOSED, ORPHANED, TOO_LARGE, Spool

from .case import FolderCase
from .collector import frames_of

IDENTITY = {"m": {"inc": "i"}, "p": {"run_id": "r"}, "spool": {"pid": 1}}
SMALL = 64 * 1024
METRIC = '{"v":1,"t":"metric","m":{"seq":'
PARAM = '{"v":1,"t":"param","m":{"seq":'


class SpoolCase(FolderCase):
    def spool(self, **options):
        made = Spool(
            IDENTITY,
            lambda fields: f'}},"p":{{"run_id":"r",{fields}}}}}',
            lambda number: self.path(f"{number:04d}.spool"),
            **{"segment_bytes": SMALL, **options},
        )
        self.addCleanup(made.close, 10**9)
        return made

    def rest(self, note=""):
        return f'}},"p":{{"run_id":"r","key":"k","value":1,"note":"{note}"}}}}'

    def files(self):
        return sorted(os.path.join(self.folder, name) for name in os.listdir(self.folder))

    def stored(self, spool):
        """Every frame from the oldest kept on, read as the sender reads it."""
        data, position = b"", spool.position_of(spool.oldest())
        while position < spool.tip()[0]:
            piece = bytes(spool.view(position, spool.tip()[0]))
            data += piece
            position += len(piece)
        found, rest = frames_of(data)
        self.assertEqual(rest, b"")
        return found


class Files(SpoolCase):
    def test_records_come_back_in_order_over_many_segments(self):
        spool = self.spool()
        for _ in range(5_000):
            spool.append(METRIC, self.rest())
        self.assertGreater(len(self.files()), 5)
        self.assertEqual([envelope["m"]["seq"] for envelope in self.stored(spool)], list(range(1, 5_001)))

    def test_each_file_begins_with_a_hello_of_one_page(self):
        spool = self.spool()
        for _ in range(2_000):
            spool.append(METRIC, self.rest())
        expected = 1
        for path in self.files():
            with open(path, "rb") as file:
                data = file.read()
            self.assertEqual(int.from_bytes(data[:4], "big"), HEADER_BYTES - 4)
            found, rest = frames_of(data)
            self.assertEqual(found[0]["t"], "hello")
            self.assertEqual(found[0]["p"]["first_seq"], expected)
            self.assertEqual(rest.strip(b"\0"), b"")
            expected = found[-1]["m"]["seq"] + 1
        self.assertEqual(os.stat(self.files()[0]).st_mode & 0o777, 0o600)

    def test_acknowledged_segments_are_removed(self):
        spool = self.spool()
        for _ in range(3_000):
            spool.append(METRIC, self.rest())
        before = len(self.files())
        spool.free(1_500)
        self.assertLess(len(self.files()), before)
        self.assertLessEqual(spool.oldest(), 1_501)
        self.assertEqual(self.stored(spool)[-1]["m"]["seq"], 3_000)
        self.assertEqual(spool.close(3_000), [])
        self.assertEqual(self.files(), [])

    def test_what_is_kept_says_how_far_it_was_acknowledged(self):
        spool = self.spool()
        for _ in range(10):
            spool.append(METRIC, self.rest())
        (path,) = spool.close(4)
        with open(path, "rb") as file:
            found, rest = frames_of(file.read())
        self.assertEqual((rest, len(found)), (b"", 11))
        self.assertEqual(found[0]["p"]["spool"], {"closed": True, "acked": 4, "pid": 1, "segment": 1})

    def test_positions_and_cuts_agree_with_the_frames(self):
        chance = random.Random(3)
        spool = self.spool()
        ends = {0: 0}
        for seq in range(1, 3_000):
            spool.append(METRIC, self.rest("x" * chance.randrange(200)))
            ends[seq] = spool.tip()[0]
        for _ in range(2_000):
            seq = chance.randrange(1, 3_000)
            self.assertEqual(spool.position_of(seq), ends[seq - 1])
            limit = chance.randrange(ends[2_999] + 100)
            position, last = spool.cut(limit, seq)
            self.assertEqual(position, ends[last])
            self.assertTrue(position <= limit and last <= seq)
            self.assertTrue(last == seq or last == 2_999 or ends[last + 1] > limit)


class Limits(SpoolCase):
    def test_a_full_spool_drops_metrics_and_declares_each(self):
        spool = self.spool(cap=10 * SMALL)
        for _ in range(20_000):
            self.assertGreater(spool.append(METRIC, self.rest()), 0)
        self.assertEqual(len(self.files()), 9)
        self.assertGreater(spool.dropped, 0)
        spool.append(PARAM, self.rest())  # the last tenth is kept for what matters more
        found = self.stored(spool)
        gap, param = found[-2], found[-1]
        self.assertEqual((gap["t"], param["t"], param["m"]["seq"]), ("gap", "param", 20_002))
        last = found[-3]["m"]["seq"]
        lost = {
            "run_id": "r",
            "from": last + 1,
            "to": 20_000,
            "reason": "spool_full",
            "counts": {"metric": 20_000 - last},
        }
        self.assertEqual(gap["p"], lost)

    def test_after_room_was_made_metrics_are_taken_again(self):
        spool = self.spool(cap=10 * SMALL)
        for _ in range(20_000):
            spool.append(METRIC, self.rest())
        spool.append(PARAM, self.rest())
        spool.free(spool.oldest() + 3_000)
        dropped = spool.dropped
        for _ in range(500):
            spool.append(METRIC, self.rest())
        self.assertEqual(spool.dropped, dropped)
        seqs = [envelope["m"]["seq"] for envelope in self.stored(spool)]
        declared = [e["p"] for e in self.stored(spool) if e["t"] == "gap"]
        covered = set(seqs).union(*(range(gap["from"], gap["to"] + 1) for gap in declared))
        self.assertEqual(covered, set(range(seqs[0], seqs[-1] + 1)))
        for seq in seqs:
            self.assertEqual(
                frames_of(bytes(spool.view(spool.position_of(seq), spool.position_of(seq + 1))))[0][0]["m"]["seq"], seq
            )

    def test_memory_when_no_file_can_be_made_is_bounded(self):
        with open(self.path("file"), "w"):
            pass
        spool = Spool(IDENTITY, lambda fields: f'}},"p":{{{fields}}}}}', lambda number: self.path("file", "x"))
        for _ in range(200_000):
            spool.append(METRIC, self.rest())
        self.assertGreater(spool.dropped, 0)
        self.assertLess(spool.tip()[0], 9 * 1024 * 1024)
        self.assertEqual(self.stored(spool)[-1]["t"], "metric")

    def test_what_cannot_be_taken_says_why(self):
        spool = self.spool(segment_bytes=4 << 20)
        self.assertEqual(spool.append(METRIC, self.rest("x" * (1 << 20))), TOO_LARGE)
        self.assertEqual(spool.append(METRIC, self.rest()), 1)
        spool.disown()
        self.assertEqual(spool.append(METRIC, self.rest()), ORPHANED)
        other = self.spool()
        other.seal()
        self.assertEqual(other.append(METRIC, self.rest()), CLOSED)


if __name__ == "__main__":
    unittest.main()
