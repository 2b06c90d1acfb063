"""CRC-32C of many messages at once, without a C library: each step of it is one call over all of them.

The register is linear in the message, so words that lie k words apart can be put together: the former, moved past k words
of zeros, xor the latter. To move a word is a look-up for each of its bytes: `bytes.translate` does that for all words.
"""

from __future__ import annotations

import threading
from typing import Dict, List

__all__ = ["fold", "slot_words"]

Move = List[List[bytes]]  # [byte of the word before][byte of the word after] -> table for `translate`

_POLYNOMIAL = 0x82F63B78
_moves: Dict[int, Move] = {}
_powers: List[List[int]] = []  # [n]: what each bit of the register becomes past 4 << n bytes of zeros
_making = threading.Lock()


def slot_words(size: int) -> int:
    """Words of the slot for messages of up to `size` bytes: 2 or 3 times a power of two, so that it folds to one."""
    need = (size + 3) >> 2
    words = 2
    while words < need:
        words = words * 3 // 2 if words & (words - 1) == 0 else words // 3 * 4
    return words


def fold(messages: bytes, words: int) -> bytes:
    """Registers behind messages that lie in slots of `words` words, each with zeros before it and begun at 0.

    Four stretches: the least significant bytes of all registers, the next ones, …
    """
    lanes = [messages[byte::4] for byte in range(4)]
    stride = 1
    while words > 1:
        radix = 4 if words % 4 == 0 else 3 if words % 3 == 0 else 2
        size = len(lanes[0]) // radix
        total = int.from_bytes(b"".join([lane[radix - 1 :: radix] for lane in lanes]), "little")
        for place in range(radix - 1):
            total ^= _moved([lane[place::radix] for lane in lanes], stride * (radix - 1 - place))
        joined = total.to_bytes(4 * size, "little")
        lanes = [joined[at : at + size] for at in range(0, 4 * size, size)]
        words //= radix
        stride *= radix
    size = len(lanes[0])
    return _moved(lanes, 1).to_bytes(4 * size, "little")


def _moved(lanes: List[bytes], words: int) -> int:
    """Words moved past `words` words of zeros; the four lanes of the result behind each other, as one number."""
    total = 0
    for lane, tables in zip(lanes, _moves.get(words) or _move(words)):
        one, two, three, four = tables
        moved = (lane.translate(one), lane.translate(two), lane.translate(three), lane.translate(four))
        total ^= int.from_bytes(b"".join(moved), "little")
    return total


def _move(words: int) -> Move:
    with _making:
        columns = [1 << bit for bit in range(32)]
        for bit in range(words.bit_length()):
            if words >> bit & 1:
                columns = [_through(_power(bit), column) for column in columns]
        made: Move = []
        for byte in range(4):
            values = [0]
            for column in columns[8 * byte : 8 * byte + 8]:
                values += [value ^ column for value in values]
            made.append([bytes([value >> shift & 0xFF for value in values]) for shift in (0, 8, 16, 24)])
        _moves[words] = made
        return made


def _power(bit: int) -> List[int]:
    while len(_powers) <= bit:
        _powers.append([_through(_powers[-1], column) for column in _powers[-1]] if _powers else _past_a_word())
    return _powers[bit]


def _past_a_word() -> List[int]:
    columns: List[int] = []
    for bit in range(32):
        value = 1 << bit
        for _ in range(32):
            value = (value >> 1) ^ _POLYNOMIAL if value & 1 else value >> 1
        columns.append(value)
    return columns


def _through(columns: List[int], value: int) -> int:
    """The linear map of these columns on a value."""
    result = 0
    while value:
        low = value & -value
        result ^= columns[low.bit_length() - 1]
        value ^= low
    return result
