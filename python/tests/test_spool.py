"""The spool by itself: segments, positions, the cap, and what a reader finds in its files."""

import os
import random
import unittest

from xtrack._delivery.segment import HEADER_BYTES
from xtrack._delivery.spool import CLOSED, ORPHANED, TOO_LARGE, Spool

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

    def files(self, ending=".spool"):
        return sorted(os.path.join(self.folder, name) for name in os.listdir(self.folder) if name.endswith(ending))

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


class Full(SpoolCase):
    """Row 57: a spool of 1 MiB while the collector is away."""

    LOG = '{"v":1,"t":"log","m":{"seq":'

    def debug(self):
        return f'}},"p":{{"run_id":"r","level":"debug","msg":"{"d" * 60}"}}}}'

    def info(self):
        return f'}},"p":{{"run_id":"r","level":"info","msg":"\\"level\\":\\"debug\\" {"d" * 30}"}}}}'

    def full(self, *kinds, count=12_000):
        """A spool that was given `count` of each kind in turn, and then a param and its end; how many went in."""
        spool = self.spool(cap=1 << 20)
        for _ in range(count):
            for head, rest in kinds:
                self.assertGreater(spool.append(head, rest), 0)
        spool.append(PARAM, self.rest())
        spool.append('{"v":1,"t":"run_end","m":{"seq":', self.rest())
        spool.seal()
        return spool, self.stored(spool)

    def counts(self, found):
        """Events kept and declared as lost, by type."""
        kept, lost = {}, {}
        for envelope in found:
            if envelope["t"] == "gap":
                for kind, count in envelope["p"]["counts"].items():
                    lost[kind] = lost.get(kind, 0) + count
            else:
                kept[envelope["t"]] = kept.get(envelope["t"], 0) + 1
        return kept, lost

    def test_row_57_every_seq_is_kept_or_declared_with_its_type(self):
        spool, found = self.full((METRIC, self.rest()), (self.LOG, self.debug()), (self.LOG, self.info()))
        kept, lost = self.counts(found)
        self.assertEqual(kept["metric"] + lost["metric"], 12_000)
        self.assertEqual(kept["log"] + lost["log"], 24_000)
        self.assertEqual((kept["param"], kept["run_end"]), (1, 1))
        self.assertEqual(spool.dropped, sum(lost.values()))
        seqs = {envelope["m"]["seq"] for envelope in found}
        declared = [seq for e in found if e["t"] == "gap" for seq in range(e["p"]["from"], e["p"]["to"] + 1)]
        self.assertEqual(len(declared), spool.dropped)
        self.assertEqual(sorted([*seqs, *declared]), list(range(1, spool.tip()[1] + 1)))
        self.assertEqual({e["p"]["reason"] for e in found if e["t"] == "gap"}, {"spool_full"})

    def test_row_57_the_debug_log_goes_first_then_other_logs_and_metrics_are_thinned(self):
        kinds = ((METRIC, self.rest()), (self.LOG, self.debug()), (self.LOG, self.info()))
        last = {}
        for number, envelope in enumerate(self.full(*kinds)[1]):
            last[envelope["p"].get("level", envelope["t"])] = number
        self.assertLess(last["debug"], last["info"])
        self.assertLess(last["info"], last["metric"])
        self.assertLess(last["metric"], last["param"])

    def test_row_57_fewer_and_fewer_metrics_are_kept_before_none_is(self):
        names = [(METRIC, self.rest().replace('"k"', f'"{name}"')) for name in "ab"]
        _, found = self.full(*names)
        steps = [e["m"]["seq"] for e in found if e["t"] == "metric"]
        whole = next(n for n, seq in enumerate(steps) if seq != n + 1)
        kept, lost = self.counts(found)
        self.assertGreater(kept["metric"] - whole, 100)  # thinned, not cut off
        late = [e["p"]["key"] for e in found if e["t"] == "metric"][whole:]
        self.assertGreater(min(late.count("a"), late.count("b")), len(late) // 4)  # of each name

    def test_row_57_notices_stay_few_and_the_reserve_is_left(self):
        spool, found = self.full((METRIC, self.rest()), count=100_000)
        self.assertLess(self.counts(found)[0].get("gap", 0) + sum(e["t"] == "gap" for e in found), 60)
        self.assertLess(spool.tip()[0], 0.97 * (1 << 20))
        self.assertLessEqual(sum(map(os.path.getsize, self.files())), 1 << 20)

    def test_row_57_at_the_very_end_even_the_rest_is_dropped_and_declared(self):
        spool = self.spool(cap=1 << 20)
        for _ in range(20_000):
            self.assertGreater(spool.append(PARAM, self.rest()), 0)
        spool.seal()
        kept, lost = self.counts(self.stored(spool))
        self.assertEqual(kept["param"] + lost["param"], 20_000)

    def test_row_57_after_room_was_made_everything_is_taken_again(self):
        spool = self.spool(cap=1 << 20)
        for _ in range(20_000):
            spool.append(METRIC, self.rest())
        spool.free(spool.tip()[1])
        dropped = spool.dropped
        for _ in range(500):
            spool.append(METRIC, self.rest())
        self.assertEqual(spool.dropped, dropped)
        found = self.stored(spool)
        seqs = [envelope["m"]["seq"] for envelope in found]
        declared = [e["p"] for e in found if e["t"] == "gap"]
        covered = set(seqs).union(*(range(gap["from"], gap["to"] + 1) for gap in declared))
        self.assertEqual(covered, set(range(min(covered), seqs[-1] + 1)))
        for seq in seqs:
            self.assertEqual(
                frames_of(bytes(spool.view(spool.position_of(seq), spool.position_of(seq + 1))))[0][0]["m"]["seq"], seq
            )


class Limits(SpoolCase):
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
