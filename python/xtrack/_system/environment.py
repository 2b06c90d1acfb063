"""What the run came from and ran on: gathered in a few milliseconds, never failing, without secrets."""

from __future__ import annotations

import os
import re
import sys
from typing import Any, Dict, List, Mapping, Optional, Tuple

__all__ = ["environment", "platform_name", "source"]

GIT_STATUS_TIMEOUT = 0.5  # seconds: the only subprocess
MAX_CODE = 1024 * 1024  # bytes of the entry script that are hashed
_VARIABLES = ("CUDA_VISIBLE_DEVICES", "RANK", "LOCAL_RANK", "WORLD_SIZE", "OMP_NUM_THREADS", "CONDA_DEFAULT_ENV")
_PREFIX = "SLURM_"
_SECRET = re.compile("TOKEN|SECRET|PASSW|CREDENTIAL|KEY|JWT|AUTH", re.IGNORECASE)


def environment(environ: Mapping[str, str] = os.environ) -> Dict[str, Any]:
    """`env` of run_start. Environment variables come from a short list of harmless ones."""
    found: Dict[str, Any] = {
        "python_version": sys.version.split()[0],
        "platform": platform_name(),
        "hostname": _hostname(),
    }
    gpus = _gpus()
    if gpus:
        found["gpu_info"] = gpus
    found["env_vars"] = {
        name: value[:1024]
        for name, value in sorted(environ.items())
        if (name in _VARIABLES or name.startswith(_PREFIX)) and not _SECRET.search(name)
    }
    found["packages"] = _packages()
    return found


def source(entrypoint: Optional[str] = None) -> Dict[str, Any]:
    """`source` of run_start: the script, its hash, and the git state of its folder."""
    script = entrypoint or _script()
    found: Dict[str, Any] = {}
    try:
        found.update(_git(os.path.dirname(os.path.abspath(script)) if script else os.getcwd()))
    except Exception:  # an odd repository must not cost a run
        pass
    if script:
        found["entrypoint"] = script
        found.update(_code_hash(script))
    return found


def _script() -> str:
    main = sys.modules.get("__main__")
    path = getattr(main, "__file__", None)
    return os.path.abspath(path) if isinstance(path, str) else ""


def _code_hash(script: str) -> Dict[str, str]:
    import hashlib

    try:
        with open(script, "rb") as file:
            return {"code_hash": f"sha256:{hashlib.sha256(file.read(MAX_CODE)).hexdigest()}"}
    except OSError:
        return {}


def platform_name() -> str:
    """Operating system, its release and the machine, as `platform.platform` has them."""
    # Not platform.platform(): on older Pythons it starts a process.
    if hasattr(os, "uname"):
        system = os.uname()
        return f"{system.sysname}-{system.release}-{system.machine}"
    return sys.platform


def _hostname() -> str:
    if hasattr(os, "uname"):
        return os.uname().nodename
    return os.environ.get("COMPUTERNAME", "")


def _gpus() -> List[Dict[str, Any]]:
    """Names of NVIDIA GPUs as the driver lists them: no process is started, no CUDA context made."""
    folder = "/proc/driver/nvidia/gpus"
    found: List[Dict[str, Any]] = []
    try:
        for gpu in sorted(os.listdir(folder))[:64]:
            with open(os.path.join(folder, gpu, "information"), encoding="utf-8", errors="replace") as file:
                for line in file:
                    name, _, value = line.partition(":")
                    if name.strip() == "Model":
                        found.append({"name": value.strip()})
    except OSError:
        pass
    return found


def _packages() -> Dict[str, str]:
    """Versions of the packages that are imported already: a dictionary walk, no search of the disk."""
    standard = os.path.dirname(os.__file__)
    found: Dict[str, str] = {}
    for name, module in sorted(sys.modules.items()):
        if "." in name or name.startswith("_") or len(found) >= 200:
            continue
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or (file.startswith(standard) and "-packages" not in file):
            continue
        version = _version(module)
        if isinstance(version, str):
            found[name] = version[:64]
    return found


def _version(module: Any) -> Any:
    try:
        return getattr(module, "__version__", None)
    except Exception:  # a module with a __getattr__ of its own may do anything, warn of itself, say
        return None


def _git(folder: str) -> Dict[str, Any]:
    """Commit, branch and remote, read from the repository's files; only whether it is dirty asks git."""
    found = _git_folder(folder)
    if found is None:
        return {}
    top, git, common = found
    head = _read(os.path.join(git, "HEAD"))
    state: Dict[str, Any] = {}
    if head.startswith("ref: "):
        reference = head[5:]
        state["git_branch"] = reference[11:] if reference.startswith("refs/heads/") else reference
        head = (
            _read(os.path.join(git, reference)) or _read(os.path.join(common, reference)) or _packed(common, reference)
        )
    if re.fullmatch("[0-9a-f]{40,64}", head):
        state["git_commit"] = head
    remote = _remote(os.path.join(common, "config"))
    if remote:
        state["git_repo"] = remote
    dirty = _dirty(top)
    if dirty is not None:
        state["git_dirty"] = dirty
    return state


def _git_folder(folder: str) -> Optional[Tuple[str, str, str]]:
    """(work tree, its git folder, the common git folder) of the repository around `folder`."""
    while True:
        git = os.path.join(folder, ".git")
        if os.path.isfile(git):  # a linked work tree or a submodule
            pointer = _read(git)
            git = os.path.normpath(os.path.join(folder, pointer[8:])) if pointer.startswith("gitdir: ") else git
        if os.path.isfile(os.path.join(git, "HEAD")):
            common = _read(os.path.join(git, "commondir"))
            return folder, git, os.path.normpath(os.path.join(git, common)) if common else git
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _packed(common: str, reference: str) -> str:
    for line in _read(os.path.join(common, "packed-refs"), 4 * 1024 * 1024).splitlines():
        commit, _, name = line.partition(" ")
        if name == reference:
            return commit
    return ""


def _remote(config: str) -> str:
    """URL of `origin`, without user name, password or query."""
    section = ""
    for line in _read(config).splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == '[remote "origin"]' and line.partition("=")[0].strip() == "url":
            return clean_remote(line.partition("=")[2].strip())
    return ""


def clean_remote(url: str) -> str:
    """A remote's URL without anything that could be a secret."""
    scheme, found, rest = url.partition("://")
    if not found:
        return url  # a path, or host:path over ssh, whose user name is no secret
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{re.split('[?#]', path)[0]}"


def _dirty(top: str) -> Optional[bool]:
    import subprocess

    command = [
        "git",
        "-c",
        "core.fsmonitor=false",
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--ignore-submodules",
    ]
    try:
        done = subprocess.run(
            command,
            cwd=top,
            env=dict(os.environ, GIT_OPTIONAL_LOCKS="0"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=GIT_STATUS_TIMEOUT,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return bool(done.stdout.strip()) if done.returncode == 0 else None


def _read(path: str, limit: int = 256 * 1024) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(limit).strip()
    except OSError:
        return ""
