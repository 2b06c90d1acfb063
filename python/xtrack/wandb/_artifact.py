"""`wandb.Artifact`: files under one name, recorded where they lie when the artifact is logged."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Mapping, NoReturn, Optional

from .._artifacts import INLINE_BYTES
from .._errors import XTrackError, warn_once
from ._values import Value
from .errors import missing

if TYPE_CHECKING:
    from .._run import Run

__all__ = ["Artifact", "record", "walk"]

MAX_FILES = 1_000  # of one artifact or folder
MAX_SEEN = 200_000  # files that are looked at
MAX_COPY = 4 * 1024**3  # bytes of one file that is copied
APART = frozenset(("__pycache__", "node_modules", "venv", "site-packages"))  # folders of what others wrote
# Types that the protocol knows; any other is `other`, with the word itself in the meta.
KINDS = {"dataset": "data", "raw_data": "data", "result": "data", "code": "other", "weight": "weights"}
KNOWN = (
    "model", "checkpoint", "weights", "config", "plot", "figure", "image", "data", "predictions", "embeddings", "log",
    "profile", "other",
)  # fmt: skip


class Artifact:
    """Files, folders and addresses: what is logged is where they are, how large, and a hash.

    Files up to 700 KiB go along with the event, and what lies in the temporary folder is copied beside the run.
    """

    def __init__(
        self,
        name: str,
        type: str,
        description: Optional[str] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        incremental: bool = False,
        use_as: Optional[str] = None,
        storage_region: Optional[str] = None,
        digest_algorithm: str = "MD5",
    ) -> None:
        self.name = name
        self.type = type
        self.description = description
        self.metadata: Dict[str, Any] = dict(metadata or {})
        self.aliases: List[str] = []
        self.tags: List[str] = []
        self.version = "v0"
        self._files: Dict[str, str] = {}
        self._values: Dict[str, Value] = {}

    def add_file(self, local_path: Any, name: Optional[str] = None, *args: Any, **kwargs: Any) -> None:
        """Adds a file, under its own name or another."""
        path = os.path.abspath(os.fspath(local_path))
        if not os.path.isfile(path):
            raise XTrackError("XT_ARGUMENT", f"{path} is no file", "local_path")
        self._files[name or os.path.basename(path)] = path

    def add_dir(self, local_path: Any, name: Optional[str] = None, *args: Any, **kwargs: Any) -> None:
        """Adds the files of a folder and of those in it, up to 1,000."""
        root = os.path.abspath(os.fspath(local_path))
        if not os.path.isdir(root):
            raise XTrackError("XT_ARGUMENT", f"{root} is no folder", "local_path")
        for path in walk(root):
            inside = os.path.relpath(path, root)
            self._files[os.path.join(name, inside) if name else inside] = path

    def add_reference(self, uri: Any, name: Optional[str] = None, *args: Any, **kwargs: Any) -> None:
        """Adds an address (`s3://…`, `file://…`), which is recorded and never opened."""
        address = str(uri)
        self._files[name or address.rstrip("/").rpartition("/")[2] or address] = address

    def add(self, obj: Any, name: str, overwrite: bool = False) -> None:
        """Adds a table, an image or another value of this package."""
        self._values[name] = obj

    def new_file(self, name: str, mode: str = "x", encoding: Optional[str] = None) -> IO[Any]:
        """Opens a file that is to be written and belongs to the artifact."""
        import tempfile

        path = os.path.join(tempfile.mkdtemp(prefix="xtrack-artifact-"), os.path.basename(name))
        self._files[name] = path
        return open(path, mode.replace("x", "w"), encoding=encoding or (None if "b" in mode else "utf-8"))

    def wait(self, timeout: Optional[int] = None) -> "Artifact":
        """Nothing to wait for: the artifact was recorded when it was logged."""
        return self

    def save(self, *args: Any, **kwargs: Any) -> None:
        warn_once("artifact save", "Artifact.save does nothing; log the artifact with run.log_artifact")

    def download(self, *args: Any, **kwargs: Any) -> NoReturn:
        missing("Artifact.download", "files stay where the run that logged them wrote them; open that path")

    def send(self, run: "Run") -> None:
        """One event for each file."""
        kind, meta = kind_of(self.type)
        more = {"description": self.description, "aliases": self.aliases or None, "metadata": self.metadata or None}
        meta.update({key: value for key, value in {"artifact": self.name, **more}.items() if value is not None})
        if len(self._files) > MAX_FILES:
            warn_once("artifact files", f"artifact {self.name} has over {MAX_FILES} files: the rest was not recorded")
        for name, path in list(self._files.items())[:MAX_FILES]:
            record(run, path, kind, f"{self.name}/{name}", meta)
        for name, value in self._values.items():
            value.send(run, f"{self.name}/{name}", None, artifact=self.name)


def record(run: "Run", path: str, kind: str, name: str, meta: Optional[Mapping[str, Any]] = None) -> None:
    """One file: a small one goes along with the event, as long as that is 64 MiB a minute; others stay where they are."""
    if _is_small(path) and run.may_inline(os.path.getsize(path)):
        run.log_artifact(path, type=kind, name=name, meta=meta, upload="inline")
    else:
        run.log_artifact(kept(run, path), type=kind, name=name, meta=meta, upload="reference")


def _is_small(path: str) -> bool:
    try:
        return os.path.isfile(path) and os.path.getsize(path) <= INLINE_BYTES
    except OSError:
        return False


def kept(run: "Run", path: str) -> str:
    """Where the file will still be when the script is over: what lies in the temporary folder is kept beside the run."""
    import tempfile

    if "://" in path or not os.path.isfile(path):
        return path
    if not os.path.realpath(path).startswith(os.path.realpath(tempfile.gettempdir()) + os.sep):
        return path
    folder = os.path.join(run.media_folder(), "files")
    found = os.stat(path)
    place = os.path.join(folder, f"{found.st_dev:x}-{found.st_ino:x}-{found.st_mtime_ns:x}-{os.path.basename(path)[-200:]}")
    try:
        if not os.path.exists(place):
            os.makedirs(folder, mode=0o700, exist_ok=True)
            _copied(path, place, found.st_size)
    except OSError as error:
        warn_once("artifact kept", f"{path} lies in the temporary folder and could not be kept: {error}")
        return path
    return place


def _copied(path: str, place: str, size: int) -> None:
    """A copy, since another name for the same bytes would change with them when the script writes there again."""
    if size > MAX_COPY:
        raise OSError(f"it is over {MAX_COPY >> 30} GiB")
    import shutil

    shutil.copyfile(path, f"{place}.part")
    os.replace(f"{place}.part", place)


def kind_of(kind: str) -> "tuple[str, Dict[str, Any]]":
    """(type on the wire, meta that keeps the script's own word)."""
    known = kind if kind in KNOWN else KINDS.get(kind, "other")
    return known, ({} if known == kind else {"type": kind})


def walk(root: str, wanted: Callable[[str], bool] = lambda path: True) -> Iterator[str]:
    """The wanted files under a folder, in a stable order; at most 1,000, and one line when there are more."""
    count = seen = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in APART)
        for name in sorted(files):
            seen += 1
            if count >= MAX_FILES or seen > MAX_SEEN:
                warn_once(f"folder {root}", f"{root} holds over {MAX_FILES} files: the rest was not recorded")
                return
            path = os.path.join(folder, name)
            if wanted(path):
                count += 1
                yield path
