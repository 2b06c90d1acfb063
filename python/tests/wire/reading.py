"""One parsed frame -> the message in canonical form, or why it is refused: the protocol's fields, as data."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

from . import fits
from .fits import (
    Problem,
    Warnings,
    anything,
    array,
    finite,
    flag,
    integer,
    label,
    mapping,
    number,
    record,
    run_id,
    text,
)

__all__ = ["Refused", "read_collector", "read_worker"]

MAX_PARTS = 16
MAX_CHOICES = 100
SAFE = 2**53 - 1

_path = fits.string(4096, False)
_labels = array(label, MAX_PARTS)
_texts = mapping(text)
_numbers = mapping(number)
_object = mapping(None)

_context = record(
    {},
    {
        "phase": fits.one_of("train", "val", "test"),
        "batch_size": integer,
        "dataset_size": integer,
        "agg": fits.one_of("mean", "sum", "last"),
    },
)
_source = record(
    {},
    {
        "git_commit": label,
        "git_branch": label,
        "git_repo": _path,
        "git_dirty": flag,
        "entrypoint": _path,
        "code_hash": label,
    },
)
_environment = record(
    {},
    {
        "python_version": label,
        "platform": label,
        "hostname": label,
        "gpu_info": array(record({"name": label}, {"memory": finite})),
        "env_vars": _texts,
        "packages": _texts,
    },
)
_nothing = type(None)
_exit = record(
    {"code": fits.either(_nothing, anything, integer), "signal": fits.either(_nothing, anything, label)},
    {"stderr_tail": array(text)},
)
_error = record({"message": text}, {"type": label, "traceback": text}, ("type", "message", "traceback"))
_progress = record({"cur": finite}, {"total": finite, "unit": label})
_status = fits.one_of(
    *("initializing", "running", "training", "evaluating", "checkpointing", "paused"),
    *("resuming", "finishing", "completed", "failed", "killed"),
)
_reference = fits.either(dict, record({}, {"id": run_id, "exp_id": label, "parent_id": run_id}), run_id)
_run = {"run_id": run_id}
_position: Dict[str, fits.Reader] = {"step": integer, "epoch": finite, "ctx": _context}

_WORKER: Dict[str, fits.Reader] = {
    "run_start": record(
        {"run_id": _reference},
        {"name": label, "tags": _texts, "source": _source, "env": _environment, "caps": _labels},
    ),
    "run_end": record(
        {**_run, "status": fits.one_of("completed", "failed", "killed")},
        {"error": _error, "final_metrics": _numbers, "duration_ms": finite, "exit": _exit},
    ),
    "param": record({**_run, "key": label, "value": anything}, {"nested_key": fits.either(list, _labels, label)}),
    "metric": record({**_run, "key": label, "value": number}, _position),
    "metric_batch": record({**_run, "metrics": mapping(number, True)}, _position),
    "artifact": record(
        {**_run, "path": _path, "type": fits.string(64, False)},
        {
            "name": label,
            "meta": _object,
            "size": integer,
            "checksum": label,
            "step": integer,
            "upload": fits.one_of("reference", "inline", "stream"),
            "content": text,
        },
    ),
    "checkpoint": record(
        {**_run, "step": integer, "path": _path},
        {"epoch": finite, "metrics": _numbers, "is_best": flag, "best_key": label, "meta": _object},
    ),
    "status": record({**_run, "status": _status}, {"msg": text, "progress": _progress}),
    "log": record(
        {**_run, "level": fits.one_of("debug", "info", "warning", "error"), "msg": text},
        {"logger": label, "step": integer, "fields": _object},
    ),
    "gap": record({**_run, "from": integer, "to": integer}, {"reason": text, "counts": _numbers}),
    "command_result": record(
        {**_run, "cmd_id": label, "status": fits.one_of("ok", "error", "unsupported")},
        {"result": anything, "error": text},
    ),
    "tags": record({**_run, "tags": mapping(fits.either(_nothing, anything, text))}, {}),
    "knob": record(
        {**_run, "name": label, "value": anything},
        {
            "min": finite,
            "max": finite,
            "scale": fits.one_of("linear", "log"),
            "choices": array(anything, MAX_CHOICES),
        },
    ),
    "change": record(
        {**_run, "name": label, "value": anything},
        {"old": anything, "step": integer, "by": label, "cmd_id": label},
    ),
    "hello": record(
        {},
        {
            "run_id": run_id,
            "client": label,
            "caps": _labels,
            "token": label,
            "first_seq": integer,
            "last_seq": integer,
            "max_frame": integer,
        },
    ),
    "heartbeat": record({}, {"run_id": run_id, "last_seq": integer}),
}
_SESSION = ("hello", "heartbeat")
_COLLECTOR: Dict[str, fits.Reader] = {
    "welcome": record(
        {
            "v": integer,
            "server": label,
            "resume_from": integer,
            "window": record({"bytes": integer, "events": integer}, {}),
        },
        {"caps": _labels, "limits": record({}, {"max_frame": integer, "depth": integer}), "run_id": run_id},
        ("v", "server", "caps", "resume_from", "window", "limits", "run_id"),
    ),
    "ack": record(
        {"seq": integer, "status": fits.one_of("ok", "error"), "run_id": text},
        {"error": text, "wid": text, "inc": text, "resend": record({"from": integer, "to": integer}, {})},
        ("seq", "status", "error", "run_id", "wid", "inc", "resend"),
    ),
    "command": record(
        {
            "cmd_id": label,
            "type": fits.one_of("pause", "resume", "stop", "checkpoint_now", "update_params", "adjust_lr", "custom"),
        },
        {"payload": _object, "by": label, "expires_ms": integer},
        ("cmd_id", "type", "payload", "by", "expires_ms"),
    ),
}


class Refused(NamedTuple):
    """A well-formed frame whose message is refused alone."""

    code: str
    field: Optional[str]
    seq: Optional[int]


Canonical = Tuple[Dict[str, Any], List[Tuple[str, str]]]


def read_worker(frame: Dict[str, Any]) -> Union[Canonical, Refused]:
    """What an emitter sent."""
    warnings: Warnings = []
    try:
        kind, meta, payload = _envelope(frame)
        reader = _WORKER.get(kind)
        if reader is None:
            return {"v": 1, "t": kind, "m": meta, "p": payload}, warnings
        if (kind in _SESSION) != (meta["seq"] == 0):
            raise Problem("XT_ENVELOPE", "m.seq")
        if kind in _SESSION:
            meta["ts"] = 0
        understood = _finish(kind, reader(payload, "p", warnings))
    except Problem as problem:
        return Refused(problem.code, problem.field, _claimed_seq(frame))
    return {"v": 1, "t": kind, "m": meta, "p": understood}, warnings


def read_collector(frame: Dict[str, Any]) -> Union[Canonical, Refused, None]:
    """What a collector sent; None for a type that is unknown here."""
    warnings: Warnings = []
    try:
        if not _is_one(frame.get("v")):
            raise Problem("XT_VERSION", "v")
        kind = frame.get("t")
        reader = _COLLECTOR.get(kind) if isinstance(kind, str) else None
        if reader is None:
            return None
        payload = reader(_mapping(frame.get("p"), "p"), "p", warnings)
    except Problem as problem:
        return Refused(problem.code, problem.field, 0)
    if kind == "welcome":
        payload.setdefault("caps", [])
        payload["limits"] = {"max_frame": payload.get("limits", {}).get("max_frame", 1024 * 1024)}
    elif kind == "command":
        payload.setdefault("payload", {})
    elif kind == "ack":
        payload = {key: value for key, value in payload.items() if key not in ("wid", "inc") or value != ""}
    return {"v": 1, "t": kind, "m": {"seq": 0, "ts": 0}, "p": payload}, warnings


def _envelope(frame: Dict[str, Any]) -> Tuple[str, Dict[str, Any], Dict[str, Any]]:
    version, kind, meta = frame.get("v"), frame.get("t"), frame.get("m")
    if not _is_one(version):
        numeric = isinstance(version, (int, float)) and not isinstance(version, bool)
        raise Problem("XT_VERSION" if numeric else "XT_ENVELOPE", "v")
    if not isinstance(kind, str) or kind == "" or fits.over_bytes(kind, fits.LABEL_BYTES):
        raise Problem("XT_ENVELOPE", "t")
    given = _mapping(meta, "m")
    found: Dict[str, Any] = {"seq": _safe(given.get("seq"), "m.seq", 0), "ts": _safe(given.get("ts"), "m.ts", -SAFE)}
    for name, most in (("wid", fits.LABEL_BYTES), ("inc", 64)):
        value = given.get(name)
        if value is None or value == "":
            continue
        if not isinstance(value, str) or fits.over_bytes(value, most):
            raise Problem("XT_ENVELOPE", f"m.{name}")
        found[name] = value
    return kind, found, _mapping(frame.get("p"), "p")


def _finish(kind: str, payload: Dict[str, Any]) -> Dict[str, Any]:
    """What a single field cannot say, and the canonical defaults."""
    if kind == "run_start" and isinstance(payload["run_id"], dict) and set(payload["run_id"]) == {"id"}:
        payload["run_id"] = payload["run_id"]["id"]
    elif kind == "run_end" and payload["status"] == "failed" and not {"error", "exit"} & set(payload):
        raise Problem("XT_FIELD_REQUIRED", "p.error")
    elif kind == "param":
        nested = payload.pop("nested_key", None)
        if nested:
            payload["key"] = ".".join([payload["key"], *([nested] if isinstance(nested, str) else nested)])
    elif kind == "artifact":
        payload.setdefault("upload", "reference")
    elif kind == "gap":
        if not isinstance(payload["from"], int) or payload["from"] < 1:
            raise Problem("XT_FIELD_TYPE", "p.from")
        if not isinstance(payload["to"], int) or payload["to"] < payload["from"]:
            raise Problem("XT_FIELD_TYPE", "p.to")
    elif kind == "hello":
        payload.setdefault("caps", [])
    return payload


def _is_one(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == 1


def _mapping(value: Any, field: str) -> Dict[str, Any]:
    if not isinstance(value, dict):
        raise Problem("XT_ENVELOPE", field)
    return value


def _safe(value: Any, field: str, least: int) -> int:
    found = fits.double(value)
    if found is None or found - found != 0 or int(found) != found or not least <= found <= SAFE:
        raise Problem("XT_ENVELOPE", field)
    return int(found)


def _claimed_seq(frame: Dict[str, Any]) -> Optional[int]:
    meta = frame.get("m")
    seq = meta.get("seq") if isinstance(meta, dict) else None
    if not isinstance(seq, (int, float)) or isinstance(seq, bool) or seq - seq != 0:
        return None
    return int(seq) if int(seq) == seq and abs(seq) <= SAFE else None
