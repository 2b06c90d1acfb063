"""What `init` was asked for: its arguments, then a `Settings` object, then the `WANDB_…` variables."""

from __future__ import annotations

import os
from typing import Any, Dict, Mapping, Optional, Tuple

from .._values.configs import fields_of

__all__ = ["Settings", "settings_of"]

# attribute -> (argument of `init`, environment variable)
_SOURCES = {
    "entity": ("entity", "WANDB_ENTITY"),
    "project": ("project", "WANDB_PROJECT"),
    "dir": ("dir", "WANDB_DIR"),
    "mode": ("mode", "WANDB_MODE"),
    "resume": ("resume", "WANDB_RESUME"),
    "run_group": ("group", "WANDB_RUN_GROUP"),
    "run_id": ("id", "WANDB_RUN_ID"),
    "run_job_type": ("job_type", "WANDB_JOB_TYPE"),
    "run_name": ("name", "WANDB_NAME"),
    "run_notes": ("notes", "WANDB_NOTES"),
}


class Settings:
    """Takes any name, as scripts set many; those above mean something here."""

    entity: Optional[str] = None
    project: Optional[str] = None
    dir: Optional[str] = None
    mode: Optional[str] = None
    resume: Any = None
    run_group: Optional[str] = None
    run_id: Optional[str] = None
    run_job_type: Optional[str] = None
    run_name: Optional[str] = None
    run_notes: Optional[str] = None
    run_tags: Tuple[str, ...] = ()

    def __init__(self, **settings: Any) -> None:
        self.__dict__.update(settings)

    def update(self, settings: Mapping[str, Any]) -> None:
        self.__dict__.update(settings)


def settings_of(arguments: Mapping[str, Any]) -> Settings:
    """The settings of one run; `arguments` are those of `init`."""
    given = arguments.get("settings")
    named: Dict[Any, Any] = {}
    if given is not None:
        named = dict(vars(given) if isinstance(given, Settings) else fields_of(given) or {})
    made = Settings(**{str(key): value for key, value in named.items()})
    for name, (argument, variable) in _SOURCES.items():
        value = arguments.get(argument)
        if value is None:
            value = getattr(made, name)
        if value is None:
            value = os.environ.get(variable) or None
        setattr(made, name, os.fspath(value) if name == "dir" and value is not None else value)
    tags = arguments.get("tags")
    if tags is None:
        tags = made.run_tags or os.environ.get("WANDB_TAGS", "").split(",")
    made.run_tags = tuple(str(tag) for tag in ([tags] if isinstance(tags, str) else tags) if tag)
    if os.environ.get("WANDB_DISABLED", "").lower() in ("1", "true", "yes", "on"):
        made.mode = "disabled"
    if made.mode in ("dryrun", "dry"):
        made.mode = "offline"
    return made
