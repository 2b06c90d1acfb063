"""CRC-32C, and the checksum that a frame may carry: `"c"` right behind `"v"`.

The digits are those of the CRC over the frame's JSON with zeros in their place, so a frame with one is a frame like any other.
"""

from __future__ import annotations

import re
from typing import List, Union

__all__ = ["CHECKSUM_BYTES", "crc32c", "is_damaged", "with_checksum"]

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


def _update(register: int, data: Union[bytes, bytearray]) -> int:
    table = _TABLE
    for byte in data:
        register = (register >> 8) ^ table[(register ^ byte) & 0xFF]
    return register


_REGISTER = _update(_MASK, _START + b"00000000")  # behind what every frame with a checksum begins with


def crc32c(data: Union[bytes, bytearray]) -> int:
    """The CRC-32C of the bytes."""
    return _update(_MASK, data) ^ _MASK


def with_checksum(body: bytes) -> bytes:
    """The same JSON with its checksum. It must begin with `{"v":1,"` and carry none."""
    rest = b'",' + body[len(_PLAIN) :]
    return b"%s%08x%s" % (_START, _update(_REGISTER, rest) ^ _MASK, rest)


def is_damaged(body: Union[bytes, bytearray]) -> bool:
    """True when the JSON carries a checksum that is not that of its bytes."""
    found = _CARRIES.match(body)
    if found is None:
        return False
    return _update(_REGISTER, bytes(body[20:])) ^ _MASK != int(found.group(1), 16)
