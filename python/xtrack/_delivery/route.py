"""Where to connect next, and when: the places that were chosen, where a collector sends us, and pauses that grow."""

from __future__ import annotations

import os
import re
from time import monotonic
from typing import Callable, List, Optional, Sequence, Tuple

from .transports import Connection, Endpoint, FdEndpoint, TcpEndpoint, UnixEndpoint

__all__ = ["Route"]

FIRST_PAUSE = 0.1  # seconds
LONGEST_PAUSE = 5.0
MOST_REDIRECTS = 5  # in a row, without an acknowledgement
FIRST_PATIENCE = 2.0  # seconds that a welcome may take at first; a busy collector gets more and more
LONGEST_PATIENCE = 30.0

_ADDRESS = re.compile(r"(?:(tcp|tls)://)?(\[[0-9A-Fa-f:.%]+\]|[^:/?#@\s]+):([0-9]{1,5})")
_PATH = re.compile(r"unix:(?://)?(/[^\0]*)")


class Route:
    """The sender's own: no other thread looks at it."""

    def __init__(self, endpoints: Sequence[Endpoint], renew: Callable[[Endpoint], Endpoint] = lambda same: same) -> None:
        """`renew(endpoint)`: what stands in its place now; asked after each connection."""
        self._renew = renew
        self.endpoint: Optional[Endpoint] = None  # that of the open connection, or of the last one
        self._endpoints: List[Endpoint] = list(endpoints)
        self._redirect: Optional[Endpoint] = None
        self._redirects = 0
        self._failures = 0
        self._silences = 0
        self._retry_at = 0.0

    @property
    def pause(self) -> float:
        """Seconds until the next attempt; not above 0 when it is due."""
        return self._retry_at - monotonic()

    @property
    def patience(self) -> float:
        """Seconds that the next welcome may take."""
        return min(LONGEST_PATIENCE, FIRST_PATIENCE * 2 ** min(self._silences, 10))

    @property
    def name(self) -> str:
        return (self.endpoint or self._endpoints[-1]).name

    def open(self) -> Connection:
        """The first place that can be reached. OSError when none can."""
        error: Optional[OSError] = None
        for endpoint in [self._redirect] if self._redirect is not None else self._endpoints:
            self.endpoint = endpoint
            try:
                return endpoint.open()
            except OSError as refused:
                error = refused
        raise error or ConnectionError("there is nowhere to send to")

    def hurry(self) -> None:
        """The next attempt is due now."""
        self._retry_at = 0.0

    def arrived(self) -> None:
        """Events are acknowledged: this is the right place, and the next pause is a short one."""
        self._failures = self._redirects = self._silences = 0

    def failed(self, silent: bool) -> None:
        """Pauses for 0.1 to 5 s, doubled each time, a random part less; then the chosen places are tried again."""
        self._redirect = None
        self._endpoints = [self._renew(endpoint) for endpoint in self._endpoints]
        self._silences = self._silences + 1 if silent else 0
        if isinstance(self.endpoint, FdEndpoint):
            self.endpoint.broken()
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures, 10))
        self._failures += 1
        self._retry_at = monotonic() + pause * (0.5 + os.urandom(1)[0] / 510)

    def redirect(self, address: str) -> bool:
        """The collector names another one; False when that is no address, gives up encryption, or was too often."""
        target = _read(address, self.endpoint)
        if target is None:
            return False
        if self._redirects >= MOST_REDIRECTS:
            self._redirects = 0  # after a pause, all may be different
            return False
        self._redirects += 1
        self._redirect = target
        self._retry_at = 0.0
        return True


def _read(address: str, source: Optional[Endpoint]) -> Optional[Endpoint]:
    """`host:port`, `tcp://host:port`, `tls://host:port`, `unix:/path`; a path means this machine's own."""
    path = _PATH.fullmatch(address)
    if path is not None:
        return None if isinstance(source, TcpEndpoint) else UnixEndpoint(path.group(1))
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return None
    scheme, host, port = _parts(found.groups())
    encrypted = isinstance(source, TcpEndpoint) and source.tls
    tls = scheme == "tls" or (scheme == "" and encrypted)
    if not 0 < port < 65_536 or (encrypted and not tls):
        return None
    return TcpEndpoint(host.strip("[]"), port, tls)


def _parts(groups: "Sequence[Optional[str]]") -> Tuple[str, str, int]:
    scheme, host, port = groups
    return scheme or "", host or "", int(port or 0)
