"""What the environment says: the run, the worker, and where its events go."""

from __future__ import annotations

import os
import stat
import sys
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from ._delivery.checking import ALL, NONE, SPARING
from ._delivery.link import ANSWER_TIMEOUT
from ._delivery.spool import SPOOL_CAP
from ._delivery.transports import (
    Endpoint,
    FdEndpoint,
    FileEndpoint,
    LeftFileEndpoint,
    StdoutEndpoint,
    TcpEndpoint,
    UnixEndpoint,
)
from ._errors import warn, warn_once
from ._values.values import label

__all__ = ["REMOTE", "Settings", "file_system", "is_child_process", "sampling_interval", "spool_folder", "spool_folders"]

DEFAULT_PORT = 9999
TOKEN_FILE = "ingest-token"  # in the data directory: what a server on this machine asks for on TCP
DEFAULT_FLUSH_TIMEOUT = 2.0  # seconds that `end` waits for the last ack
LEAST_SPOOL_CAP = 1024 * 1024  # bytes
SAMPLING_INTERVAL = 10.0  # seconds between samples of system metrics, where they are asked for with True
# Memory-mapped files and atomic appends need a local file system.
REMOTE = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "virtiofs", "ceph", "lustre", "gpfs", "beegfs", "fhgfs")
    + ("glusterfs", "panfs", "orangefs", "pvfs2", "fuse.sshfs", "fuse.ceph", "fuse.glusterfs", "fuse.juicefs")
    + ("fuse.s3fs", "fuse.gcsfuse")
)


_taken: Dict[str, str] = {}  # the descriptor that was in the environment of this process


class Settings:
    """Options of one emitter: each argument wins over its environment variable."""

    def __init__(
        self,
        transport: Optional[str] = None,
        host: Optional[str] = None,
        port: Optional[int] = None,
        tls: Optional[bool] = None,
        socket: Optional[str] = None,
        file: Optional[str] = None,
        token: Optional[str] = None,
        data: Optional[str] = None,
        worker_id: Optional[str] = None,
        flush_timeout: Optional[float] = None,
        environ: Mapping[str, str] = os.environ,
        spool_cap: Optional[int] = None,
        mask: Optional[bool] = None,
    ) -> None:
        self.environ = environ
        self._told = (host, port, tls, socket)
        self.transport = transport or _transport(environ)
        self._places = self.host, self.port, self.tls, self.socket = self._read_places()
        self.file = file or environ.get("XTRACK_FILE") or ""
        self.token = token or environ.get("XTRACK_TOKEN") or ""
        self.data = os.path.expanduser(data or environ.get("XTRACK_DATA") or os.path.join("~", ".xtrack"))
        self.worker_id = _worker(environ) if worker_id is None else worker_id
        waiting = _seconds(environ.get("XTRACK_FLUSH_TIMEOUT"), DEFAULT_FLUSH_TIMEOUT)
        self.flush_timeout = waiting if flush_timeout is None else flush_timeout
        cap = _integer(environ.get("XTRACK_SPOOL_CAP"), SPOOL_CAP) if spool_cap is None else spool_cap
        self.spool_cap = max(LEAST_SPOOL_CAP, cap)
        self.masks = not _denied(environ.get("XTRACK_MASK")) if mask is None else mask
        checks = (environ.get("XTRACK_CRC") or "").lower()
        self.checks = NONE if _denied(checks) else ALL if checks == "all" else SPARING
        # Without acks nothing is ever known to be delivered: only where the user says so.
        self.acks = not _denied(environ.get("XTRACK_ACKS"))
        self.ack_timeout = max(0.1, _seconds(environ.get("XTRACK_ACK_TIMEOUT"), ANSWER_TIMEOUT))

    def _read_places(self) -> "Tuple[str, int, bool, str]":
        host, port, tls, socket = self._told
        environ = self.environ
        return (
            host or environ.get("XTRACK_HOST") or "127.0.0.1",
            port or _integer(environ.get("XTRACK_PORT"), DEFAULT_PORT),
            _truth(environ.get("XTRACK_TLS")) if tls is None else tls,
            socket or environ.get("XTRACK_SOCKET") or "",
        )

    def renewed(self, endpoint: Endpoint) -> Endpoint:
        """The same place, or another one of its kind where the environment names one by now."""
        places = self._read_places()
        if places != self._places:
            host, port, tls, socket = places
            if isinstance(endpoint, TcpEndpoint):
                return TcpEndpoint(host, port, tls)
            if isinstance(endpoint, UnixEndpoint):
                return UnixEndpoint(socket or os.path.join(self.data, "xtrack.sock"))
        return endpoint

    @property
    def local_socket(self) -> str:
        """The Unix socket of the server on this machine."""
        return self.socket or os.path.join(self.data, "xtrack.sock")

    def token_for(self, endpoints: Sequence[Endpoint]) -> str:
        """What the hello to them carries: the token that was given, else on this machine the one in the data directory.

        The file is read anew each time: the server makes it at its first start, which may be after ours.
        """
        if self.token or not any(isinstance(endpoint, TcpEndpoint) and endpoint.is_local for endpoint in endpoints):
            return self.token
        try:
            with open(os.path.join(self.data, TOKEN_FILE), encoding="utf-8") as file:
                return file.read(512).strip()
        except (OSError, ValueError):  # no server yet, or another user's
            return ""

    def endpoints(self, log_name: str, forked: bool = False) -> List[Endpoint]:
        """Where to send, in order of preference; empty for `null`. `log_name` names a file of last resort.

        `forked`: this process is a fork, and the descriptor it inherited is its parent's.
        """
        kind = self.transport
        if kind == "null":
            return []
        if kind == "tcp":
            return [TcpEndpoint(self.host, self.port, self.tls)]
        if kind == "unix":
            return [UnixEndpoint(self.local_socket)]
        if kind == "file":
            return [FileEndpoint(os.path.abspath(os.path.expanduser(self.file or f"{log_name}.xtrack")))]
        if kind not in ("", "stdio"):
            warn_once("transport", f"XTRACK_TRANSPORT={kind!r} is unknown; choosing one (stdio, tcp, unix, file, null)")
        found = [] if forked else self._descriptor()
        if found or (kind == "stdio" and self.socket):
            # The socket is the way back after the control plane that gave the descriptor was restarted.
            return [*found, UnixEndpoint(self.local_socket)]
        if kind == "stdio" and not forked and not self.environ.get("XTRACK_FD") and not _taken:
            return [StdoutEndpoint()]
        return [self._local(log_name, forked)]

    def _descriptor(self) -> List[Endpoint]:
        given = self.environ.get("XTRACK_FD") or _taken.get("fd")
        if not given:
            return []
        try:
            found = FdEndpoint(int(given))
        except (OSError, ValueError) as error:
            warn_once("fd", f"XTRACK_FD={given} cannot be used ({error}); choosing another transport")
            return []
        # The descriptor is closed in programs that this one starts, where its number may mean anything; and without
        # it `stdio` would mean frames on their stdout.
        if self.environ is os.environ and os.environ.pop("XTRACK_FD", ""):
            _taken["fd"] = given
            if os.environ.pop("XTRACK_TRANSPORT", "") == "stdio":
                _taken["transport"] = "stdio"
                if os.environ.get("XTRACK_SOCKET"):
                    os.environ["XTRACK_TRANSPORT"] = "unix"
        return [found]

    def _local(self, log_name: str, forked: bool) -> Endpoint:
        server = UnixEndpoint(self.local_socket)
        if hasattr(stat, "S_ISSOCK") and server.answers():
            return server
        folder = spool_folder(self.data)
        if folder is None:
            warn_once(
                "nowhere", "no server answers and no folder can be written: events are kept in memory, and lost at exit"
            )
            return server
        path = os.path.join(folder, f"{log_name}.xtrack")
        if not forked:
            how = f"import it with: npx xtrack replay {path}; the next npx xtrack serve does so by itself"
            warn(f"no server answers at {self.local_socket}; writing to {path} ({how})")
        return LeftFileEndpoint(path)


def spool_folder(data: str) -> Optional[str]:
    """A private local folder for spool files: under `data`, else under the temporary folder, else None."""
    return next(iter(spool_folders(data)), None)


def spool_folders(data: str) -> Iterator[str]:
    """Those that can be used, the best first; made as they are asked for, private to this user, `data` too."""
    import tempfile

    user = os.getuid() if hasattr(os, "getuid") else 0
    for above in (data, os.path.join(tempfile.gettempdir(), f"xtrack-{user}")):
        folder = os.path.join(above, "spool")
        try:
            # One by one: `makedirs` gives the mode to the last folder alone, and leaves those above open to others.
            os.makedirs(above, mode=0o700, exist_ok=True)
            os.makedirs(folder, mode=0o700, exist_ok=True)
            found = os.stat(folder)
            ours = not hasattr(os, "getuid") or found.st_uid == user
            if ours and os.access(folder, os.W_OK | os.X_OK) and file_system(folder) not in REMOTE:
                if found.st_mode & 0o077:
                    os.chmod(folder, 0o700)
                yield folder
        except OSError:
            continue


def file_system(folder: str) -> str:
    """The type of the file system, by the longest mount point above `folder` (Linux; elsewhere empty)."""
    where = os.path.realpath(folder)
    best, kind = "", ""
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="replace") as mounts:
            for line in mounts:
                fields = line.split(" ")
                point = fields[1].replace("\\040", " ")
                inside = where == point or where.startswith(point.rstrip("/") + "/")
                if inside and len(point) >= len(best):
                    best, kind = point, fields[2]
    except (OSError, IndexError):
        return ""
    return kind


def _transport(environ: Mapping[str, str]) -> str:
    found = environ.get("XTRACK_TRANSPORT") or ""
    # What this process itself left there for the programs that it starts.
    return _taken.get("transport", found) if environ is os.environ and found in ("", "unix") else found


def _worker(environ: Mapping[str, str]) -> str:
    given = environ.get("XTRACK_WORKER_ID")
    if given is not None and given != "":
        return label(given)
    if _integer(environ.get("WORLD_SIZE"), 1) > 1:
        return label(environ.get("RANK") or environ.get("SLURM_PROCID") or "")
    return ""


def _integer(given: Optional[str], default: int) -> int:
    try:
        return int(given) if given else default
    except ValueError:
        return default


def _seconds(given: Optional[str], default: float) -> float:
    try:
        return max(0.0, min(float(given), 3600.0)) if given else default
    except ValueError:
        return default


def _truth(given: Optional[str]) -> bool:
    return (given or "").lower() in ("1", "true", "yes", "on")


def _denied(given: Optional[str]) -> bool:
    return (given or "").lower() in ("0", "false", "no", "off")


def sampling_interval(wanted: Union[bool, float, None], environ: Mapping[str, str]) -> float:
    """Seconds between samples of system metrics, 0 for none. Under a control plane that samples there are none here."""
    given = (environ.get("XTRACK_SYSTEM_METRICS") or "").lower()
    if given == "supervised":
        return 0.0
    if wanted is None:
        wanted = _truth(given) or _seconds(given, 0.0)
    return SAMPLING_INTERVAL if wanted is True else max(0.0, float(wanted))


def is_child_process() -> bool:
    """True in a child of `multiprocessing`, however it was started."""
    process = sys.modules.get("multiprocessing.process")
    return process is not None and process.parent_process() is not None
