"""CRC-32C, and the checksum that a frame may carry: `"c"` right behind `"v"`.

The digits are those of the CRC over the frame's JSON with zeros in their place: a frame with one is a frame like any
other. Where a module in C is installed it computes them (`google_crc32c`, `crc32c`); else many frames are computed at once.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

from .folding import fold, slot_words

__all__ = ["CHECKSUM_BYTES", "checked", "checked_but_metrics", "crc32c", "is_damaged", "with_checksum"]

CHECKSUM_BYTES = 15  # that it adds to a frame: `"c":"xxxxxxxx",`

_START = b'{"v":1,"c":"'
_PLAIN = b'{"v":1,'
_CARRIES = re.compile(rb'\{"v":1,"c":"([0-9a-f]{8})",')
# The beginning of a frame that is no plain metric. Within a metric nothing looks like it: it has no object named `m`.
_OTHER = re.compile(rb'\{"v":1,"t":"(?!metric(?:_batch)?")(?:[^"\\]|\\.)*","m":\{"seq":')
_MASK = 0xFFFFFFFF
_COUNTS_BITS = hasattr(int, "bit_count")
_FEW = 5 if _COUNTS_BITS else 2  # messages of one size up to here are computed one by one
_LARGE = 2048  # bytes of a message that is computed like many

_native: List[Optional[Callable[[bytes, int], int]]] = []  # (data, CRC so far) -> CRC; once it was looked for


def _make_table() -> List[int]:
    table: List[int] = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ 0x82F63B78 if value & 1 else value >> 1
        table.append(value)
    return table


_TABLE = _make_table()


_SPAN = 512  # bytes in one step of the fast way
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
    if len(data) >= _LARGE:
        return _fold(register, data)
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


def _fold(register: int, data: Union[bytes, bytearray]) -> int:
    """Of one large message."""
    words = slot_words(len(data))
    begun = register ^ int.from_bytes(data[:4], "little")
    slot = bytes(4 * words - len(data)) + begun.to_bytes(4, "little") + data[4:]
    return int.from_bytes(fold(slot, words), "little")


_REGISTER = _step(_MASK, _START + b"00000000")  # behind what every frame with a checksum begins with
# What follows it in every frame of an emitter, with that register in it: the register may then begin at 0.
_NAME = b'","t'
_BEGUN = (_REGISTER ^ int.from_bytes(_NAME, "little")).to_bytes(4, "little")


def crc32c(data: Union[bytes, bytearray]) -> int:
    """The CRC-32C of the bytes."""
    return _update(_MASK, data) ^ _MASK


def with_checksum(body: bytes) -> bytes:
    """The same JSON with its checksum. It must begin with `{"v":1,"` and carry none."""
    rest = b'",' + body[len(_PLAIN) :]
    native = _find_native()
    found = _update(_REGISTER, rest) ^ _MASK if native is None else native(rest, _REGISTER ^ _MASK)
    return b"%s%08x%s" % (_START, found, rest)


def is_damaged(body: Union[bytes, bytearray]) -> bool:
    """True when the JSON carries a checksum that is not that of its bytes."""
    found = _CARRIES.match(body)
    if found is None:
        return False
    return _update(_REGISTER, bytes(body[20:])) ^ _MASK != int(found.group(1), 16)


def checked(frames: memoryview) -> bytes:
    """Whole frames, their lengths included, each with its checksum."""
    data = bytes(frames)
    pieces: List[bytes] = []  # three for each frame: what stands before the digits, the digits, what follows
    alike: Dict[int, List[int]] = {}  # by words of their slots: where in `pieces` frames are that are computed together
    sizes, together = _sizes, _find_native() is None
    at, end = 0, len(data)
    while at < end:
        body = at + 4
        size = int.from_bytes(data[at:body], "big")
        at = body + size
        if together and data.startswith(_KIND, body):
            before, words = sizes.get(size) or _slot_of(size)
            found = alike.get(words)
            if found is None:
                found = alike[words] = []
            found.append(len(pieces))
            pieces += (before, b"", data[body + 9 : at])
        else:
            made = with_checksum(data[body:at])
            pieces += (len(made).to_bytes(4, "big"), b"", made)
    for words, places in alike.items():
        _complete(pieces, words, places)
    return b"".join(pieces)


_KIND = b'{"v":1,"t"'
_sizes: Dict[int, Tuple[bytes, int]] = {}  # by size of the JSON: what its frame begins with, and words of its slot


def _slot_of(size: int) -> Tuple[bytes, int]:
    found = (size + CHECKSUM_BYTES).to_bytes(4, "big") + _START, slot_words(size - 5)
    if size < 4096:
        _sizes[size] = found
    return found


def _complete(pieces: List[bytes], words: int, places: List[int]) -> None:
    """Fills in the digits of frames whose slots have the same size."""
    if len(places) <= _FEW and words < _LARGE // 4:
        for place in places:
            pieces[place + 1] = b"%08x%s" % (_update(0, _BEGUN + pieces[place + 2]) ^ _MASK, _NAME)
        return
    lead = bytes(4 * words - 4) + _BEGUN
    slots: List[bytes] = []
    for place in places:
        rest = pieces[place + 2]
        slots += (lead[len(rest) :], rest)
    registers = fold(b"".join(slots), words)
    count = len(places)
    digits = bytearray(4 * count)
    for byte in range(4):
        digits[byte::4] = registers[(3 - byte) * count : (4 - byte) * count]
    text = digits.translate(_INVERTED).hex().encode()
    at = 0
    for place in places:
        pieces[place + 1] = text[at : at + 8] + _NAME
        at += 8


_INVERTED = bytes(range(255, -1, -1))


def checked_but_metrics(frames: memoryview) -> "Union[bytes, memoryview]":
    """The same, but plain metrics stay as they are: a search in C is all that is done for them."""
    pieces: List[Union[bytes, memoryview]] = []
    at = 0
    while at < len(frames):
        found = _OTHER.search(frames, at)
        start = len(frames) if found is None else found.start() - 4
        if start > at:
            pieces.append(frames[at:start])
        at = start
        if found is not None:
            at += 4 + int.from_bytes(frames[start : start + 4], "big")
            pieces.append(checked(frames[start:at]))
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _find_native() -> Optional[Callable[[bytes, int], int]]:
    """A module in C that happens to be installed and is right; None where there is none."""
    if not _native:
        _native.append(next(filter(_is_right, map(_of_module, ("google_crc32c", "crc32c"))), None))
    return _native[0]


def _of_module(name: str) -> Any:
    from importlib import import_module, util

    try:
        if util.find_spec(name) is None:
            return None
        module: Any = import_module(name)
        if name == "crc32c":
            return module.crc32c
        if module.implementation != "c":
            return None
        return lambda data, crc: module.extend(crc, data)
    except Exception:  # another module of this name, or one that is broken
        return None


def _is_right(native: Any) -> bool:
    try:
        return native is not None and native(b"456789", crc32c(b"123")) == 0xE3069283 and native(b"", 7) == 7
    except Exception:
        return False
