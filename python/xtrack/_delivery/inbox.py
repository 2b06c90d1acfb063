"""What the collector sends back: frames -> (type, payload). Bounded, since a peer is not trusted either."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Tuple

from .crc32c import is_damaged

__all__ = ["Inbox"]

MAX_FRAME = 1024 * 1024


class Inbox:
    """Collects bytes into messages. ValueError on a malformed frame: the connection is then of no use."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def push(self, data: bytes) -> List[Tuple[str, Dict[str, Any]]]:
        """The messages that are complete with `data`."""
        buffer = self._buffer
        buffer += data
        messages: List[Tuple[str, Dict[str, Any]]] = []
        at = 0
        while len(buffer) - at >= 4:
            length = int.from_bytes(buffer[at : at + 4], "big")
            if not 2 <= length <= MAX_FRAME:
                raise ValueError(f"the collector sent a frame of {length} bytes")
            if len(buffer) - at < 4 + length:
                break
            messages.append(_message(bytes(buffer[at + 4 : at + 4 + length])))
            at += 4 + length
        del buffer[:at]
        return messages


def _message(body: bytes) -> Tuple[str, Dict[str, Any]]:
    if is_damaged(body):
        raise ValueError("a frame of the collector does not match its checksum")
    try:
        envelope = json.loads(body)
    except RecursionError:
        raise ValueError("the collector sent JSON that nests too deep") from None
    if not isinstance(envelope, dict):
        raise ValueError("the collector sent a frame that is no object")
    kind, payload = envelope.get("t"), envelope.get("p")
    return (kind if isinstance(kind, str) else ""), (payload if isinstance(payload, dict) else {})


def integer(payload: Dict[str, Any], key: str, default: int) -> int:
    """A whole number of the payload, or `default` where it is missing or something else."""
    found = payload.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else default
