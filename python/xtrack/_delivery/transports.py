"""Where frames go: one small class a transport, each with `open()` -> a non-blocking `Connection`.

Nothing here knows about runs. Sockets are imported on use, so that `import xtrack` stays fast.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Optional, Union

if TYPE_CHECKING:
    import socket
    import ssl

__all__ = [
    "Connection",
    "Endpoint",
    "FdEndpoint",
    "FileConnection",
    "FileEndpoint",
    "LeftFileEndpoint",
    "SocketConnection",
    "TcpEndpoint",
    "UnixEndpoint",
    "whole_frames",
]

CONNECT_TIMEOUT = 5.0  # seconds
# A peer that vanished without a word is noticed after this long with unacknowledged bytes (milliseconds).
USER_TIMEOUT_MS = 45_000
SEND_BYTES = 1024 * 1024  # at most one send: the interpreter's lock is free during it


class Connection:
    """Bytes out, and where `duplex`, bytes in. Raises OSError when it is broken."""

    duplex = True
    durable = False  # true where what was sent is in a file, so that nobody needs to acknowledge it

    def fileno(self) -> int:
        raise NotImplementedError

    def send(self, data: memoryview) -> int:
        """Sends what fits and returns how much that was; 0 when the peer reads too slowly."""
        raise NotImplementedError

    def receive(self) -> Optional[bytes]:
        """What has arrived, b"" for nothing yet, None when the peer closed."""
        raise NotImplementedError

    def sync(self) -> None:
        """Forces what was sent to disk, where it goes to one."""

    def close(self) -> None:
        raise NotImplementedError


class SocketConnection(Connection):
    """A connected stream socket, plain or TLS."""

    def __init__(self, sock: "socket.socket") -> None:
        self._sock = sock
        sock.setblocking(False)
        self._would_block = _would_block()

    def fileno(self) -> int:
        return self._sock.fileno()

    def send(self, data: memoryview) -> int:
        try:
            return self._sock.send(data[:SEND_BYTES])
        except self._would_block:
            return 0

    def receive(self) -> Optional[bytes]:
        try:
            return self._sock.recv(65536) or None
        except self._would_block:
            return b""

    def close(self) -> None:
        self._sock.close()


class FileConnection(Connection):
    """An append-only file or a pipe that nobody answers on. Whole frames in one write each time."""

    duplex = False

    def __init__(self, file: int, most: int) -> None:
        self._file = file
        self._most = most
        self.durable = stat.S_ISREG(os.fstat(file).st_mode)

    def fileno(self) -> int:
        return self._file

    def send(self, data: memoryview) -> int:
        return os.write(self._file, data if self._most == 0 else data[: whole_frames(data, self._most)])

    def receive(self) -> Optional[bytes]:
        return b""

    def sync(self) -> None:
        try:
            os.fsync(self._file)
        except OSError:  # a pipe or a terminal
            pass

    def close(self) -> None:
        os.close(self._file)


class Endpoint:
    """A place that can be connected to again and again."""

    @property
    def name(self) -> str:
        """For messages to the user."""
        raise NotImplementedError

    def open(self) -> Connection:
        """OSError when nobody answers."""
        raise NotImplementedError


class FdEndpoint(Endpoint):
    """The duplex socket that the control plane left open for this process."""

    def __init__(self, fd: int) -> None:
        """OSError or ValueError unless `fd` is one end of a socketpair: it may be missing, or somebody else's."""
        if not stat.S_ISSOCK(os.fstat(fd).st_mode) or not _is_pair(fd):
            raise ValueError(f"file descriptor {fd} is not a socket of the control plane")
        os.set_inheritable(fd, False)
        self._fd = fd
        self._spent = False

    @property
    def name(self) -> str:
        return f"fd {self._fd}"

    def open(self) -> Connection:
        import socket

        if self._spent:  # a broken socketpair never heals
            raise ConnectionError(f"fd {self._fd} is closed")
        # A duplicate: a second run in this process finds the descriptor still open.
        return SocketConnection(socket.socket(fileno=os.dup(self._fd)))

    def broken(self) -> None:
        """Never try this descriptor again."""
        self._spent = True


class UnixEndpoint(Endpoint):
    """A server's socket file."""

    def __init__(self, path: str) -> None:
        self._path = path

    @property
    def name(self) -> str:
        return f"unix {self._path}"

    def open(self) -> Connection:
        import socket

        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(CONNECT_TIMEOUT)
            sock.connect(self._path)
        except BaseException:
            sock.close()
            raise
        return SocketConnection(sock)

    def answers(self) -> bool:
        """True when a server listens there now."""
        try:
            self.open().close()
        except OSError:
            return False
        return True


class TcpEndpoint(Endpoint):
    """A server's TCP port, with TLS (certificate and host name checked) when asked."""

    def __init__(self, host: str, port: int, tls: bool) -> None:
        self.tls = tls
        self._host = host
        self._port = port

    @property
    def name(self) -> str:
        return f"tcp {self._host}:{self._port}"

    @property
    def is_local(self) -> bool:
        """True where only this machine can be at the other end."""
        parts = self._host.split(".")
        numbers = len(parts) == 4 and all(part.isdigit() for part in parts)
        return self._host in ("localhost", "::1") or (numbers and parts[0] == "127")

    def open(self) -> Connection:
        import socket

        sock: Union["socket.socket", "ssl.SSLSocket"]
        sock = socket.create_connection((self._host, self._port), CONNECT_TIMEOUT)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
            if self.tls:
                import ssl

                sock = ssl.create_default_context().wrap_socket(sock, server_hostname=self._host)
        except BaseException:
            sock.close()
            raise
        return SocketConnection(sock)


class FileEndpoint(Endpoint):
    """A file of frames to be replayed later. Several processes may append to one: each write is whole frames."""

    def __init__(self, path: str) -> None:
        self.path = path

    @property
    def name(self) -> str:
        return f"file {self.path}"

    def open(self) -> Connection:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
        return FileConnection(os.open(self.path, flags, 0o600), 0)


class LeftFileEndpoint(FileEndpoint):
    """A file in the spool folder, for want of a server: the next one takes it in once its writer is gone."""


class StdoutEndpoint(Endpoint):
    """Frames on stdout, for a parent that asked for `stdio` and gave no descriptor (older collectors)."""

    @property
    def name(self) -> str:
        return "stdout"

    def open(self) -> Connection:
        # PIPE_BUF: larger writes to a pipe mix with what the script prints.
        return FileConnection(os.dup(1), 4096)


def _is_pair(fd: int) -> bool:
    import socket

    with socket.socket(fileno=os.dup(fd)) as sock:
        # Both ends of a pair are unnamed; a grandchild's descriptor 3 may be any other connection.
        return sock.family == socket.AF_UNIX and sock.type == socket.SOCK_STREAM and not sock.getpeername()


def whole_frames(data: memoryview, most: int) -> int:
    """Bytes of the frames that fit into `most`; of the first one alone when it is larger."""
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if end > most and at > 0:
            break
        at = end
    return at


def _would_block() -> "tuple[type[BaseException], ...]":
    import sys

    ssl_module = sys.modules.get("ssl")
    if ssl_module is None:
        return (BlockingIOError, InterruptedError)
    return (BlockingIOError, InterruptedError, ssl_module.SSLWantReadError, ssl_module.SSLWantWriteError)
