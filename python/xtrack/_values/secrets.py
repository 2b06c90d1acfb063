"""Secrets, told by the name of a value or by the shape of a text: masked before anything leaves the process.

The table is conformance/secrets.json, the same for every emitter and for the control plane.
"""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import Any, Callable, List, Optional, Pattern, Sequence, Tuple

from .._errors import warn_once
from . import secret_table as table

__all__ = ["MASK", "is_secret", "masked", "masked_argv", "masked_text", "spoken"]

MASK = table.MASK

# What a text holds at least in which anything is found: looked for first, since nearly all texts are harmless.
_NAMED = "(?i:key|token|secret|pass|cred|auth|bearer|jwt|pwd)"
_SHAPED = (
    "-----BEGIN|://|[?&][A-Z]|[?&]sig|earer|asic|EARER|ASIC|sk-|[srp]k_|whsec_|gh[pousr]_|github_pat|gl[a-z]+-"
    "|A[KSBC][IC]A|xox|xapp-|hf_|api_org_|AIza|ya29|GOCSPX|eyJ|npm_|pypi-|xtk_|nvapi-|gsk_|r8_|pplx-|xai-|fw_"
    "|tvly-|lin_api_|dckr_|dop_v1|shpat_|sq0csp|SG[.]|hvs[.]|dapi|AGE-SECRET"
)
_NAME = "--?([A-Za-z][A-Za-z0-9_.-]*)"

_quiet = threading.local()


@lru_cache(maxsize=None)  # on first use: an import stays light
def _compiled(pattern: str) -> "Pattern[str]":
    return re.compile(pattern)


@lru_cache(maxsize=None)
def _shapes() -> "List[Pattern[str]]":
    return [re.compile(pattern) for _, pattern in table.SHAPES]


# -- by name -------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _verdict(name: str) -> str:
    """What a name says of its value: `yes`, `no`, `weak` (yes, but for a number), or its only word."""
    words = [word.lower() for word in _compiled(table.WORDS).findall(name[-512:])]
    if not words or words[-1] in table.HARMLESS_LAST:
        return "no"
    if not table.ALWAYS.isdisjoint(words):
        return "yes"
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in table.PLURAL:
        return "weak" if before in table.BEFORE_PLURAL else "no"
    if last not in table.LAST:
        return "no"
    if not before:
        return last
    return "no" if before in table.ORDINARY_BEFORE[last] else "weak"


def is_secret(name: str, value: Optional[str]) -> bool:
    """True when the text `value` of that name must not be shown. None: a container, whose texts are meant."""
    verdict = _verdict(name)
    if verdict == "no":
        return False
    if value is None:
        return verdict in ("yes", "weak")
    if _compiled(table.PLAIN).match(value):
        return False
    if verdict == "yes":
        return True
    if _compiled(table.NUMERIC).match(value):
        return False
    return verdict == "weak" or _compiled(table.ALONE[verdict]).match(value) is not None


def _cover(value: str) -> str:
    """The mask, behind the public prefix of a key whose shape is known: so the reader knows which it was."""
    for shape in _shapes():
        found = shape.fullmatch(value)
        if found is not None:
            return _kept(found.groups())
    return MASK


def _kept(groups: Sequence[Optional[str]]) -> str:
    return f"{groups[0]}{MASK}{(groups[1] or '') if len(groups) > 1 else ''}"


# -- by shape ------------------------------------------------------------------------------------------


def masked_text(text: str) -> str:
    """`text` with every key, password in an address, `NAME=VALUE` and `--name VALUE` of a secret name masked."""
    if _compiled(_SHAPED).search(text) is not None:
        for shape in _shapes():
            text = shape.sub(lambda found: _kept(found.groups()), text)
    if _compiled(_NAMED).search(text) is not None:
        text = _assigned(_assigned(text, table.ASSIGNMENT), table.FLAG)
    return text


def _assigned(text: str, pattern: str) -> str:
    """Groups of the pattern: all before the value, the name, the value in its quotes."""
    search, pieces, at, done = _compiled(pattern).search, [], 0, 0
    while True:
        found = search(text, at)
        if found is None:
            break
        value = found.group(3)
        quote = value[0] if value[0] in "\"'" and len(value) > 1 and value[0] == value[-1] else ""
        if is_secret(found.group(2), value[1:-1] if quote else value):
            pieces.append(f"{text[done:found.start(3)]}{quote}{MASK}{quote}")
            at = done = found.end()
        else:
            at = found.end(1)  # the value may hold assignments of its own
    return f"{''.join(pieces)}{text[done:]}" if pieces else text


# -- values --------------------------------------------------------------------------------------------


def masked(value: Any, name: str = "", within: bool = False) -> Any:
    """JSON data with its secrets masked: by `name` and by the keys inside. `within`: all of its texts are secret.

    Numbers, booleans and None are never masked. What was masked is said once on stderr.
    """
    if getattr(_quiet, "off", False):
        return value
    return _masked(value, name, within)


def _masked(value: Any, name: str, within: bool) -> Any:
    if isinstance(value, str):
        hidden = within and _compiled(table.PLAIN).match(value) is None
        shown = _cover(value) if hidden or (name and is_secret(name, value)) else masked_text(value)
        if shown != value:
            _say(name)
        return shown
    if isinstance(value, dict):
        inside = within or (name != "" and is_secret(name, None))
        pairs: List[Tuple[Any, Any]] = list(value.items())
        return {key: _masked(item, str(key), inside) for key, item in pairs}
    if isinstance(value, list):
        inside = within or (name != "" and is_secret(name, None))
        items: List[Any] = list(value)
        return [_masked(item, name, inside) for item in items]
    return value


def _looks_made_up(name: str, word: str) -> bool:
    pattern = table.SHORT.get(name)
    return pattern is not None and _compiled(pattern).match(word) is not None


def masked_argv(argv: Sequence[str]) -> List[str]:
    """The words of a command line: `--name VALUE`, `-p VALUE` where it looks made up, and what else one of them holds."""
    shown: List[str] = []
    name = ""
    for word in argv:
        if name and not word.startswith("-") and (is_secret(name, word) or _looks_made_up(name, word)):
            shown.append(_cover(word))
            name = ""
            continue
        shown.append(masked_text(word))
        found = _compiled(_NAME).fullmatch(word)
        name = found.group(1) if found is not None else ""
    return shown


def spoken(off: bool, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """`call(…)`, without masking in this thread when `off`."""
    before = getattr(_quiet, "off", False)
    _quiet.off = off
    try:
        return call(*args, **kwargs)
    finally:
        _quiet.off = before


def _say(name: str) -> None:
    what = f"the value of {name!r}" if name else "a part of a text"
    warn_once(
        f"mask {name}",
        f"{what} looks like a secret and is recorded as {MASK} (XTRACK_MASK=off records it; said once)",
    )
