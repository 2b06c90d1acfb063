"""Row 59 on the emitter's side: what a flipped bit in a spool file costs, and what it can never do."""

import mmap
import os
import unittest

from xtrack._delivery.checksums import Checksums, sidecar_of
from xtrack._delivery.relic import Relic
from xtrack._delivery.segment import HEADER_BYTES

from .collector import frames_of
from .test_spool import METRIC, PARAM, SpoolCase


def records(path):
    """[(start, end)] of the frames in a spool file."""
    with open(path, "rb") as file:
        data = file.read()
    found, at = [], HEADER_BYTES
    while at + 4 <= len(data) and data[at : at + 4] != b"\0\0\0\0":
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        found.append((at, end))
        at = end
    return found


def read(path):
    """(the frames that are whole, places that are damaged), as an emitter that finds the file sends them."""
    with open(path, "rb") as file:
        relic = Relic(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), Checksums.read(path))
    data, position = b"", 0
    while position < relic.tip()[0]:
        piece = bytes(relic.view(position, relic.tip()[0]))
        data += piece
        position += len(piece)
    found, rest = frames_of(data)
    assert rest == b""
    for seq in (envelope["m"]["seq"] for envelope in found):
        (again,) = frames_of(bytes(relic.view(relic.position_of(seq), relic.position_of(seq + 1))))[0]
        assert again["m"]["seq"] == seq
    return found, relic.damaged


class Flips(SpoolCase):
    def kept(self, count):
        spool = self.spool()
        for number in range(count):
            spool.append(METRIC, self.rest(f"n{number}"))
        (path,) = spool.close(0)
        return path

    def flip(self, path, at, bit=0):
        with open(path, "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ (1 << bit)]))

    def test_row_59_each_flipped_byte_costs_the_record_it_is_in_and_no_other(self):
        path = self.kept(8)
        places = records(path)
        whole, damaged = read(path)
        self.assertEqual((len(whole), damaged), (8, 0))
        for at in [*range(0, HEADER_BYTES, 37), *range(HEADER_BYTES, os.path.getsize(path))]:
            self.flip(path, at, at % 8)
            hit = [index for index, (start, end) in enumerate(places) if start <= at < end]
            found, damaged = read(path)
            self.assertEqual(found, [record for index, record in enumerate(whole) if index not in hit], at)
            self.assertEqual(damaged, len(hit), at)
            self.flip(path, at, at % 8)

    def test_row_59_a_run_of_lost_records_costs_no_others(self):
        path = self.kept(100)
        places = records(path)
        whole, _ = read(path)
        with open(path, "r+b") as file:
            file.seek(places[10][0])
            file.write(b"\xff" * (places[20][0] - places[10][0] + 3))
        found, damaged = read(path)
        self.assertEqual(found, whole[:10] + whole[21:])
        self.assertEqual(damaged, 1)

    def test_row_59_damaged_checksums_are_no_checksums(self):
        path = self.kept(3)
        for at in (0, 1_000, HEADER_BYTES, HEADER_BYTES + 5):
            self.flip(sidecar_of(path), at)
            self.assertIsNone(Checksums.read(path))
            self.flip(sidecar_of(path), at)
        self.assertIsNotNone(Checksums.read(path))

    def test_what_was_never_committed_is_no_damage(self):
        spool = self.spool()
        for _ in range(3):
            spool.append(METRIC, self.rest())
        (path,) = self.files()
        start, _ = records(path)[2]
        with open(path, "r+b") as file:  # killed between the body and its length
            file.seek(start)
            file.write(b"\0\0\0\0")
        found, damaged = read(path)
        self.assertEqual(([envelope["m"]["seq"] for envelope in found], damaged), ([1, 2], 0))

    def test_dropped_seqs_are_no_damage(self):
        spool = self.spool(cap=1 << 20)
        for _ in range(20_000):
            spool.append(METRIC, self.rest())
        spool.append(PARAM, self.rest())
        spool.seal()
        for path in self.files():
            self.assertEqual(read(path)[1], 0)


class Sidecars(SpoolCase):
    def test_a_sidecar_lives_and_goes_with_its_file(self):
        spool = self.spool()
        for _ in range(3_000):
            spool.append(METRIC, self.rest())
        self.assertEqual([sidecar_of(path) for path in self.files()], self.files(".crc"))
        spool.free(1_500)
        self.assertEqual([sidecar_of(path) for path in self.files()], self.files(".crc"))
        spool.close(3_000)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_kept_one_is_cut_and_readable_by_its_owner_alone(self):
        spool = self.spool()
        spool.append(METRIC, self.rest())
        (path,) = spool.close(0)
        size = os.path.getsize(path)
        self.assertEqual(os.path.getsize(sidecar_of(path)), HEADER_BYTES + ((size - 1) // 64 + 1) * 4)
        self.assertEqual(os.stat(sidecar_of(path)).st_mode & 0o777, 0o600)


if __name__ == "__main__":
    unittest.main()
