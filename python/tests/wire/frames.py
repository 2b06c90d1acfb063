"""A reference decoder of the wire: chunks of any size -> messages, refusals, and reports of what was no frame.

For tests and tools; the emitter itself only writes. Agrees with every vector of the conformance folder.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple, Union

from xtrack._delivery.crc32c import is_damaged

from .reading import Refused, read_worker

__all__ = ["FrameDecoder", "Message", "Outcome", "Refused", "Skipped"]

MAX_DEPTH = 64
MAX_VALUES = 600_000
DEFAULT_FRAME = 1024 * 1024
HARD_FRAME = 16 * 1024 * 1024
ANCHOR = b'{"v":'
SHORTEST_FOUND = 9  # bytes of the shortest body that resynchronisation believes in

_IN_STRING = re.compile(rb'[\x00-\x1f"\\]')
_STRUCTURE = re.compile(rb'[\x00-\x08\x0b\x0c\x0e-\x1f",{}\[\]]')
# How a walk ends that finds no frame, and what is said of it.
_REFUSED = {"depth": "XT_FRAME_DEPTH", "values": "XT_FRAME_VALUES", "broken": "XT_FRAME_JSON"}
_NOT_SPACE = re.compile(rb"[^ \t\n\r]")


class Message(NamedTuple):
    """A message as it was understood, written back in the canonical form; `warnings` are (code, field) pairs."""

    envelope: Dict[str, Any]
    warnings: List[Tuple[str, str]]


class Skipped(NamedTuple):
    """`length` bytes from stream offset `offset` on are no frame."""

    code: str
    offset: int
    length: int


Outcome = Union[Message, Refused, Skipped]
Read = Callable[[Dict[str, Any]], Union[Tuple[Dict[str, Any], List[Tuple[str, str]]], Refused, None]]


class FrameDecoder:
    """`recover` goes on after damage (files, pipes, captured output); `socket` ends at the first malformed frame."""

    def __init__(self, mode: str = "recover", max_frame: int = DEFAULT_FRAME, read: Read = read_worker) -> None:
        """`max_frame`: bytes of JSON in one frame. `read` makes a message of a parsed frame; None skips it silently."""
        self.failed = False
        self._recover = mode == "recover"
        self._max_frame = min(max(max_frame, 2), HARD_FRAME)
        self._read = read
        self._buffer = bytearray()
        self._offset = 0  # of the first byte in the buffer
        self._scan = _Scan()
        self._reason: Optional[str] = None  # why bytes are being skipped
        self._searched = 0  # while skipping: where in the buffer to look for the next anchor
        self._candidate = -1  # while skipping: where the frame begins whose end has not come yet
        self._out: List[Outcome] = []

    def push(self, chunk: bytes) -> List[Outcome]:
        """What becomes known with these bytes, in order."""
        if not self.failed:
            self._buffer += chunk
            while self._step():
                pass
        return self._taken()

    def end(self) -> List[Outcome]:
        """The stream is over: what is left is a truncated frame, or the last of the bytes skipped."""
        if self._buffer and not self.failed:
            if self._reason is None:
                self._skip("XT_FRAME_TRUNCATED", len(self._buffer))
            else:
                begun = self._candidate if self._candidate >= 0 else len(self._buffer)
                self._skip(self._reason, begun)
                self._skip("XT_FRAME_TRUNCATED", len(self._buffer))
        return self._taken()

    def _taken(self) -> List[Outcome]:
        taken, self._out = self._out, []
        return taken

    def _step(self) -> bool:
        """One frame, or one search; False when more bytes are needed."""
        if self.failed:
            return False
        return self._frame() if self._reason is None else self._resync()

    def _frame(self) -> bool:
        if len(self._buffer) < 4:
            return False
        length = int.from_bytes(self._buffer[:4], "big")
        verdict = self._judge(length)
        if verdict is None:
            return False
        if not isinstance(verdict, str):
            self._deliver(verdict)
            self._drop(4 + length)
        elif self._recover:
            self._reason, self._searched, self._candidate = verdict, 5, -1
            self._scan.reset()
        else:
            self.failed = True
            whole = verdict not in ("XT_FRAME_TOO_SHORT", "XT_FRAME_TOO_LARGE")
            self._skip(verdict, 4 + length if whole else 4)
        return True

    def _judge(self, length: int) -> Union[Dict[str, Any], str, None]:
        """The frame's JSON, the code that says why it is none, or None: its end has not come yet."""
        if length < 2:
            return "XT_FRAME_TOO_SHORT"
        if length > self._max_frame:
            return "XT_FRAME_TOO_LARGE"
        available = min(length, len(self._buffer) - 4)
        if available < length and not self._recover:
            return None
        state = self._scan.walk(self._buffer, 4, available)
        if state in _REFUSED:
            return _REFUSED[state]
        if available < length:
            return None
        if is_damaged(self._buffer[4 : 4 + length]):
            return "XT_FRAME_CHECKSUM"
        return _parse(self._buffer[4 : 4 + length]) if state == "closed" else "XT_FRAME_JSON"

    def _resync(self) -> bool:
        """Looks for the next frame: an anchor, a length before it that fits, a body that is one object to its end."""
        at = self._buffer.find(ANCHOR, self._searched)
        while at >= 0:
            found = self._try(at)
            if found is None:  # the end of this one has not come yet
                self._searched = at
                return False
            if isinstance(found, dict):
                length = int.from_bytes(self._buffer[at - 4 : at], "big")
                self._skip(str(self._reason), at - 4)
                self._reason = None
                self._deliver(found)
                self._drop(4 + length)
                return True
            at = self._buffer.find(ANCHOR, at + 1)
        # An anchor may have begun in the last bytes, and its length stands before it.
        self._searched = max(self._searched, len(self._buffer) - len(ANCHOR) + 1)
        done = self._searched - 4
        if done > 64 * 1024:
            self._skip(str(self._reason), done)
            self._searched -= done
        return False

    def _try(self, at: int) -> Union[Dict[str, Any], str, None]:
        length = int.from_bytes(self._buffer[at - 4 : at], "big")
        if self._candidate != at - 4:
            self._scan.reset()
        self._candidate = -1
        if not SHORTEST_FOUND <= length <= self._max_frame:
            return "no frame"
        available = min(length, len(self._buffer) - at)
        state = self._scan.walk(self._buffer, at, available)
        if available < length and state in ("open", "closed"):
            self._candidate = at - 4
            return None
        if state != "closed" or self._buffer[at + length - 1] != 0x7D:
            return "no frame"
        if is_damaged(self._buffer[at : at + length]):
            return "no frame"
        return _parse(self._buffer[at : at + length])

    def _deliver(self, frame: Dict[str, Any]) -> None:
        found = self._read(frame)
        if isinstance(found, Refused):
            self._out.append(found)
        elif found is not None:
            self._out.append(Message(*found))

    def _skip(self, code: str, length: int) -> None:
        if length > 0:
            self._out.append(Skipped(code, self._offset, length))
            self._drop(length)

    def _drop(self, length: int) -> None:
        del self._buffer[:length]
        self._offset += length
        self._scan.reset()
        self._candidate = -1


class _Scan:
    """Walks a body before it is parsed: depth, how many values, and that one object opens and closes. Resumes where it stopped."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._at = self._depth = self._commas = 0
        self._in_string = self._escaped = False
        self._state = "open"

    def walk(self, data: bytearray, start: int, length: int) -> str:
        """`open`, `closed`, `depth`, `values` or `broken` after the first `length` bytes of the body at `start`."""
        at, end = start + self._at, start + length
        while at < end and self._state in ("open", "closed"):
            at = self._string(data, at, end) if self._in_string else self._structure(data, at, end)
        self._at = at - start
        return self._state

    def _string(self, data: bytearray, at: int, end: int) -> int:
        if self._escaped:
            self._escaped = False
            if data[at] < 0x20:
                self._state = "broken"
            return at + 1
        found = _IN_STRING.search(data, at, end)
        if found is None:
            return end
        at = found.start()
        if data[at] == 0x22:
            self._in_string = False
            return at + 1
        if data[at] != 0x5C:
            self._state = "broken"
            return at
        self._escaped = True
        return at + 1

    def _structure(self, data: bytearray, at: int, end: int) -> int:
        outside = self._depth == 0
        found = (_NOT_SPACE if outside else _STRUCTURE).search(data, at, end)
        if found is None:
            return end
        at = found.start()
        byte = data[at]
        if byte < 0x20 or self._state == "closed" or (outside and byte != 0x7B):
            self._state = "broken"
        elif byte == 0x22:
            self._in_string = True
        elif byte in b"{[":
            self._depth += 1
            if self._depth > MAX_DEPTH:
                self._state = "depth"
        elif byte in b"}]":
            self._depth -= 1
            if self._depth == 0:
                self._state = "closed"
        elif byte == 0x2C:
            self._commas += 1
            if self._commas >= MAX_VALUES:
                self._state = "values"
        return at + 1


def _parse(body: bytearray) -> Union[Dict[str, Any], str]:
    """One JSON object, with bare NaN and Infinity as their strings, or the code that says why not."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return "XT_FRAME_UTF8"
    try:
        found = json.loads(text, parse_constant=str, parse_int=_integer)
    except ValueError:
        return "XT_FRAME_JSON"
    return found if isinstance(found, dict) else "XT_FRAME_JSON"


def _integer(digits: str) -> Union[int, float]:
    # Numbers are doubles on the other side; Python refuses integers of thousands of digits anyway.
    return int(digits) if len(digits) <= 15 else float(digits)
