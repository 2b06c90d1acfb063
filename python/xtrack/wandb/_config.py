"""`run.config`: what the script set, read back as items or attributes, each change recorded as a param."""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, Mapping, Optional

from .._errors import XTrackError, warn_once
from .._values.configs import fields_of
from ._items import Items

__all__ = ["Config", "parse_config"]


class Config(Items):
    """What the script set; a change is recorded at once."""

    _changed: Callable[[Mapping[str, Any]], None]

    def __init__(self, changed: Callable[[Mapping[str, Any]], None]) -> None:
        """`changed(items)` records settings that are new or have another value."""
        super().__init__()
        object.__setattr__(self, "_changed", changed)

    def update(  # type: ignore[override]
        self, d: Any = None, allow_val_change: Optional[bool] = None, **more: Any
    ) -> None:
        """Takes a dict, a namespace of argparse, any config object, or the path of a JSON or YAML file."""
        self._set({**parse_config(d), **more}, bool(allow_val_change))

    def setdefaults(self, d: Any) -> None:
        """Takes what is not set yet."""
        self._set({key: value for key, value in parse_config(d).items() if key not in self._items}, True)

    def update_locked(self, d: Any, user: Optional[str] = None, _allow_val_change: Optional[bool] = None) -> None:
        """Like `update`: nobody else changes a config here, so nothing needs a lock."""
        self._set(parse_config(d), True)

    def persist(self) -> None:
        """Records everything again, after a nested value was changed in place."""
        self._changed(self._items)

    def as_dict(self) -> Dict[str, Any]:
        return dict(self._items)

    def _set(self, given: Mapping[str, Any], allowed: bool) -> None:
        new: Dict[str, Any] = {}
        for name, value in given.items():
            key = str(name).lstrip("-")
            if key in self._items and not allowed and not _same(self._items[key], value):
                warn_once(
                    f"config {key}",
                    f"config {key} was changed without allow_val_change; the new value is recorded as well",
                )
            self._items[key] = new[key] = value
        if new:
            self._changed(new)

    def __setitem__(self, key: str, value: Any) -> None:
        self._set({key: value}, False)


def parse_config(given: Any) -> Dict[str, Any]:
    """Settings by name, of whatever `init(config=…)` and `config.update` take."""
    if given is None:
        return {}
    if isinstance(given, (str, os.PathLike)):
        return _from_file(os.fspath(given))
    flags = getattr(given, "flag_values_dict", None)  # absl
    fields: Any = flags() if callable(flags) else fields_of(given)
    if fields is None:
        fields = vars(given) if hasattr(given, "__dict__") and not isinstance(given, type) else None
    if fields is None:
        raise XTrackError("XT_ARGUMENT", f"a config is a mapping, not {type(given).__name__}", "config")
    return {str(key): value for key, value in fields.items()}


def _from_file(path: str) -> Dict[str, Any]:
    """A JSON or YAML file; `{name: {value: …, desc: …}}` is read as `{name: value}`."""
    with open(path, encoding="utf-8") as file:
        words = file.read(16 * 1024 * 1024)
    if path.endswith(".json"):
        import json

        found = json.loads(words)
    else:
        from importlib import import_module

        try:
            yaml = import_module("yaml")
        except ImportError:
            raise XTrackError("XT_ARGUMENT", f"{path} needs PyYAML (pip install pyyaml)", "config") from None
        found = yaml.safe_load(words)
    if not isinstance(found, dict):
        raise XTrackError("XT_ARGUMENT", f"{path} holds no mapping", "config")
    return {str(key): _described(value) for key, value in found.items()}


def _described(value: Any) -> Any:
    described = isinstance(value, dict) and "value" in value and set(value) <= {"value", "desc"}
    return value["value"] if described else value


def _same(one: Any, other: Any) -> bool:
    try:
        return one is other or bool(one == other)
    except Exception:  # arrays, hostile objects
        return False
