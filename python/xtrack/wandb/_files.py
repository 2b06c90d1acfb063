"""Files of a run, under the verbs that scripts use: `dir`, `save`, `log_artifact`, `log_model`, `log_code`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, List, NoReturn, Optional, Sequence, Union

from .._errors import warn_once
from .._guard import guarded
from ._artifact import MAX_FILES, Artifact, kind_of, record, walk
from .errors import missing

if TYPE_CHECKING:
    from .._run import Run as Inner

__all__ = ["Files"]

MAX_CODE = 200  # files of `log_code`


class Files:
    """Part of `Run`."""

    inner: "Inner"
    _folder: Optional[str] = None
    _root: str

    @property
    def dir(self) -> str:
        """A folder of this run. What lies in it at the end is recorded."""
        if self._folder is None:
            self._folder = os.path.join(self._root, "wandb", f"run-{self.inner.run_id.replace(':', '_')}", "files")
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
        return self._folder

    @guarded
    def save(
        self, glob_str: Any = None, base_path: Any = None, policy: str = "live", glob: bool = True
    ) -> Union[bool, List[str]]:
        """Records the files that match, where they lie, up to 1,000. Returns their paths."""
        from glob import escape
        from glob import glob as find

        if glob_str is None:
            return True
        pattern = os.fspath(glob_str)
        found = sorted(path for path in find(pattern if glob else escape(pattern)) if os.path.isfile(path))
        for path in found[:MAX_FILES]:
            name = os.path.relpath(path, os.fspath(base_path)) if base_path is not None else os.path.basename(path)
            record(self.inner, path, "other", name)
        return [os.path.abspath(path) for path in found]

    @guarded
    def log_artifact(
        self,
        artifact_or_path: Any,
        name: Optional[str] = None,
        type: Optional[str] = None,
        aliases: Optional[Sequence[str]] = None,
        tags: Optional[Sequence[str]] = None,
    ) -> Artifact:
        """Records an artifact, a file or a folder: by reference, so keep the files."""
        made = artifact_or_path
        if not isinstance(made, Artifact):
            path = os.fspath(made)
            stem = os.path.basename(path.rstrip("/"))
            made = Artifact(name or f"run-{self.inner.run_id}-{stem}", type or "unspecified")
            if "://" in path:
                made.add_reference(path)
            else:
                (made.add_dir if os.path.isdir(path) else made.add_file)(path)
        made.aliases = list(aliases or made.aliases or ["latest"])
        made.tags = list(tags or made.tags)
        made.send(self.inner)
        return made

    upsert_artifact = finish_artifact = log_artifact

    def log_model(self, path: Any, name: Optional[str] = None, aliases: Optional[Sequence[str]] = None) -> None:
        """Records a model's file or folder."""
        self.log_artifact(path, name=name, type="model", aliases=aliases)

    @guarded
    def log_code(
        self,
        root: Optional[str] = ".",
        name: Optional[str] = None,
        include_fn: Callable[..., bool] = lambda path: path.endswith(".py"),
        exclude_fn: Callable[..., bool] = lambda path: False,
    ) -> None:
        """Records the Python files under `root`, with their text, up to 200."""
        top = os.path.abspath(root or ".")
        kind, meta = kind_of("code")
        found = list(walk(top, lambda path: _says(include_fn, path, top) and not _says(exclude_fn, path, top)))
        for path in found[:MAX_CODE]:
            label = f"{name or 'code'}/{os.path.relpath(path, top)}"
            record(self.inner, path, kind, label, meta)
        if len(found) > MAX_CODE:
            warn_once("log_code", f"log_code: {len(found)} files; {MAX_CODE} were recorded")

    def link_artifact(self, artifact: Any, target_path: str, aliases: Optional[Sequence[str]] = None) -> Any:
        """There is no registry; the target is kept as a tag of the run."""
        self.inner.set_tag(f"linked.{getattr(artifact, 'name', artifact)}", target_path)
        return artifact

    def link_model(self, path: Any, registered_model_name: str, name: Optional[str] = None, **more: Any) -> None:
        """Records the model; the name of the registry's entry is kept as a tag of the run."""
        self.log_model(path, name)
        self.inner.set_tag("linked.model", registered_model_name)

    def use_artifact(self, artifact_or_name: Any, *args: Any, **kwargs: Any) -> Any:
        """An artifact made in this process may be used; one by name needs a store to download from."""
        if isinstance(artifact_or_name, Artifact):
            return artifact_or_name
        missing("use_artifact", "open the file at the path that was logged")

    def use_model(self, name: str) -> NoReturn:
        missing("use_model", "open the file at the path that was logged")

    def restore(self, name: str, *args: Any, **kwargs: Any) -> NoReturn:
        missing("restore", "open the file at the path that was logged, or run.inner.resume_checkpoint after a restart")

    def _record_folder(self) -> None:
        """What the script left in `dir`."""
        if self._folder is not None:
            for path in walk(self._folder):
                name = os.path.relpath(path, self._folder)
                record(self.inner, path, "other", name)


def _says(rule: Callable[..., bool], path: str, root: str) -> bool:
    """Rules take a path, or a path and the root."""
    try:
        return bool(rule(path, root))
    except TypeError:
        return bool(rule(path))
