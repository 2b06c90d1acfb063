"""CRC-32C, and the checksum that a frame may carry: `"c"` right behind `"v"`.

The digits are those of the CRC over the frame's JSON with zeros in their place: a frame with one is a frame like any
other. Without a C library for it, 200 bytes cost about 4 µs where Python counts bits (3.10), else 12.
"""

from __future__ import annotations

import re
from typing import List, Tuple, Union

__all__ = ["CHECKSUM_BYTES", "checked", "crc32c", "is_damaged", "with_checksum"]

CHECKSUM_BYTES = 15  # that it adds to a frame: `"c":"xxxxxxxx",`

_START = b'{"v":1,"c":"'
_PLAIN = b'{"v":1,'
_CARRIES = re.compile(rb'\{"v":1,"c":"([0-9a-f]{8})",')
_MASK = 0xFFFFFFFF


def _make_table() -> List[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ 0x82F63B78 if value & 1 else value >> 1
        table.append(value)
    return table


_TABLE = _make_table()


_SPAN = 512  # bytes in one step of the fast way
_COUNTS_BITS = hasattr(int, "bit_count")
_masks: List[Tuple[int, int]] = []  # for each bit of the register: which bits of a message decide it, and its value


def _make_masks() -> List[Tuple[int, int]]:
    """The register is linear in the message: each of its bits is the parity of some of the message's, told from the end."""
    rows: List[int] = []
    column = [_TABLE[1 << bit] for bit in range(8)]
    for _ in range(_SPAN):
        rows += column
        column = [(value >> 8) ^ _TABLE[value & 0xFF] for value in column]
    rows.reverse()
    return [(int("".join("1" if row >> bit & 1 else "0" for row in rows), 2), 1 << bit) for bit in range(32)]


def _update(register: int, data: Union[bytes, bytearray]) -> int:
    if not _COUNTS_BITS or len(data) < 16:
        return _step(register, data)
    if not _masks:
        _masks.extend(_make_masks())
    start = 0
    while len(data) - start >= 4:
        size = min(_SPAN, len(data) - start)
        message = int.from_bytes(data[start : start + size], "big")
        message ^= int.from_bytes(register.to_bytes(4, "little"), "big") << 8 * (size - 4)
        register = 0
        for mask, value in _masks:
            if (message & mask).bit_count() & 1:
                register |= value
        start += size
    return _step(register, data[start:])


def _step(register: int, data: Union[bytes, bytearray]) -> int:
    table = _TABLE
    for byte in data:
        register = (register >> 8) ^ table[(register ^ byte) & 0xFF]
    return register


_REGISTER = _step(_MASK, _START + b"00000000")  # behind what every frame with a checksum begins with


def crc32c(data: Union[bytes, bytearray]) -> int:
    """The CRC-32C of the bytes."""
    return _update(_MASK, data) ^ _MASK


def with_checksum(body: bytes) -> bytes:
    """The same JSON with its checksum. It must begin with `{"v":1,"` and carry none."""
    rest = b'",' + body[len(_PLAIN) :]
    return b"%s%08x%s" % (_START, _update(_REGISTER, rest) ^ _MASK, rest)


def checked(frames: memoryview) -> bytes:
    """Whole frames, their lengths included, each with its checksum."""
    pieces: List[bytes] = []
    at = 0
    while at < len(frames):
        end = at + 4 + int.from_bytes(frames[at : at + 4], "big")
        body = with_checksum(bytes(frames[at + 4 : end]))
        pieces += (len(body).to_bytes(4, "big"), body)
        at = end
    return b"".join(pieces)


def is_damaged(body: Union[bytes, bytearray]) -> bool:
    """True when the JSON carries a checksum that is not that of its bytes."""
    found = _CARRIES.match(body)
    if found is None:
        return False
    return _update(_REGISTER, bytes(body[20:])) ^ _MASK != int(found.group(1), 16)
