"""Opening runs: which id, which worker, where to; and the first event of a run."""

from __future__ import annotations

import os
import re
import sys
from time import time
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Type, Union

from . import _process
from ._errors import XTrackError, warn_once
from ._guard import passed_over
from ._null import NullSession
from ._run import Run
from ._session import Session
from ._settings import Settings, is_child_process, sampling_interval
from ._system.environment import environment, source
from ._values.fields import Fields, tags_of
from ._values.secrets import spoken
from ._values.values import dumps, label

if TYPE_CHECKING:
    from typing_extensions import Protocol
else:
    Protocol = object

__all__ = ["Tracker", "attach"]

RUN_ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._:][A-Za-z0-9._:-]{0,127}")
TAKEN = "XTRACK_RUN_TAKEN"  # in the environment of programs that this one starts: "PID RUN_ID" of who has it

_spoken_for: Dict[str, bool] = {}  # XTRACK_RUN_ID values that a run of this process has taken


class Starter(Protocol):
    """The signature of `Tracker.start_run`, on the class and on an object."""

    def __call__(
        self,
        name: Optional[str] = None,
        run_id: Optional[str] = None,
        experiment_id: Optional[str] = None,
        tags: Any = None,
        *,
        experiment: Optional[str] = None,
        params: Any = None,
        parent_run_id: Optional[str] = None,
        **unknown: Any,
    ) -> Run:
        """Starts a run and makes it the active one. `params` are logged at once, nested ones as dotted keys.

        `params` may be any config: a mapping, a namespace, an object. `tags` is a mapping, or words alone.
        `experiment_id` is `experiment` by its older name. `XTRACK_RUN_ID`, set by the control plane, wins over `run_id`. Use it as a context manager:
        an exception that leaves the block ends the run as failed.
        """
        ...


class _OnClassOrObject:
    """`Tracker.start_run(…)` is `Tracker().start_run(…)`."""

    def __get__(self, tracker: "Optional[Tracker]", owner: "Type[Tracker]") -> Starter:
        return (tracker if tracker is not None else owner())._start_run


class Tracker:
    """Where runs go. With no argument, the environment decides, and without that the local server or a file."""

    start_run = _OnClassOrObject()

    def __init__(
        self,
        *,
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
        spool_cap: Optional[int] = None,
        system_metrics: Union[bool, float, None] = None,
        strict: bool = False,
        mask: Optional[bool] = None,
    ) -> None:
        """`transport` is stdio, tcp, unix, file or null. `flush_timeout`: seconds that `end` waits for the last ack.
        `spool_cap`: bytes that may wait on disk (1 GiB) before metrics are thinned, then dropped, and declared.

        `system_metrics` samples CPU, memory, disk, network and GPUs as `system/…` metrics: True every 10 seconds, a
        number that often (seconds). Under `xtrack run` the control plane does so already.
        What looks like a secret, by its name or its shape, is recorded as a mask unless `mask` is False.
        `strict` raises XTrackError where a fault of tracking is otherwise one line on stderr.
        """
        self.strict = strict
        self.system_metrics = system_metrics
        self.settings = Settings(
            *(transport, host, port, tls, socket, file, token, data, worker_id, flush_timeout),
            spool_cap=spool_cap,
            mask=mask,
        )

    def _start_run(
        self,
        name: Optional[str] = None,
        run_id: Optional[str] = None,
        experiment_id: Optional[str] = None,
        tags: Any = None,
        *,
        experiment: Optional[str] = None,
        params: Any = None,
        parent_run_id: Optional[str] = None,
        **unknown: Any,
    ) -> Run:
        passed_over("start_run", unknown)
        experiment = experiment or experiment_id
        given = os.environ.get("XTRACK_RUN_ID") or os.environ.get("XTRACK_RESUME_RUN_ID", "")
        # Taken by a process above this one: a program that the training starts joins its run as another worker.
        holder, _, held = os.environ.get(TAKEN, "").partition(" ")
        taken = held == given and holder != str(os.getpid())
        joins = bool(given) and (taken or is_child_process())
        if given and not joins and given in _spoken_for:  # a second run of the same process
            given, parent_run_id = "", parent_run_id or given
        if parent_run_id is None and not joins:
            _process.supersede()
        chosen = self._run_id(given, run_id)
        run = self._open(
            chosen, f"{self.settings.worker_id}.p{os.getpid()}" if joins else self.settings.worker_id, joins
        )
        if not joins:
            if given:
                _spoken_for[given] = True
                os.environ[TAKEN] = f"{os.getpid()} {given}"
            experiment = experiment or os.environ.get("XTRACK_EXPERIMENT")
            parent_run_id = parent_run_id or os.environ.get("XTRACK_PARENT_RUN_ID")
            run.experiment = experiment = experiment or _experiment_of(parent_run_id)
            spoken(not self.settings.masks, self._announce, run, name, experiment, tags, parent_run_id)
            run.resume_checkpoint = os.environ.get("XTRACK_RESUME_CHECKPOINT") or None
            run._sample(sampling_interval(self.system_metrics, os.environ))
        if params is not None and params != {}:
            run.log_params(params)
        return run

    def _run_id(self, given: str, wanted: Optional[str]) -> str:
        if given and wanted and wanted not in (given, os.environ.get("XTRACK_RESUME_RUN_ID")):
            warn_once("run id", f"XTRACK_RUN_ID={given} is used instead of run_id={wanted!r}")
        chosen = given or wanted
        if not chosen:
            return new_run_id()
        if RUN_ID.fullmatch(chosen):
            return chosen
        if self.strict:
            raise XTrackError("XT_RUN_ID", f"run id {chosen!r} is not valid", "run_id")
        made = new_run_id()
        warn_once("bad run id", f"run id {chosen!r} is not valid (1 to 128 of A-Z a-z 0-9 . _ : -); using {made}")
        return made

    def _open(self, run_id: str, worker: str, attached: bool) -> Run:
        settings = self.settings

        def session(run: Run, parent: Optional[Session]) -> Session:
            if settings.transport == "null":
                return NullSession(settings, run_id, worker)
            receive = run._commands.receive
            if parent is None:
                return Session(settings, run_id, worker, receive, None, attached)
            made = Session(settings, run_id, f"{parent.worker}.f{os.getpid()}", receive, parent.heirs(), True)
            _finish_with_pool(made)
            return made

        run = Run(session, run_id, self.strict, attached)
        run._attach = attach
        _process.watch(run)
        return run

    def _announce(
        self,
        run: Run,
        name: Optional[str],
        experiment: Optional[str],
        tags: Any,
        parent: Optional[str],
    ) -> None:
        try:
            fields, facts = Fields(), Fields()
            _each(run, "name", lambda: fields.label("name", name))
            brief = fields.text
            if tags is not None:
                _each(run, "tags", lambda: fields.add("tags", tags_of(tags) or None))
            if self.settings.transport != "null":
                facts.add("source", _gathered(source)).add("env", _gathered(environment))
            identity: Any = run.run_id
            if experiment or parent:
                identity = {"id": run.run_id}
                if experiment:
                    _each(run, "experiment", lambda: identity.update(exp_id=label(experiment)))
                if parent:
                    _each(run, "parent_run_id", lambda: identity.update(parent_id=label(parent)))
            begin, end = f'"run_id":{dumps(identity)}', Fields().add("caps", ["ack", "command"]).text
            run._emit_start(f"{begin}{each}{end}" for each in (fields.text + facts.text, fields.text, brief))
        except Exception as error:
            run._fault("start_run", error)


def _each(run: Run, name: str, take: Callable[[], Any]) -> None:
    """One argument of `start_run`: what is wrong with it costs the run nothing else."""
    try:
        take()
    except Exception as error:
        run._fault("start_run", error, name)


def attach(run_id: str, worker: str) -> Run:
    """Joins a run of another process (an unpickled `Run`): it logs, and never starts or ends the run."""
    return Tracker()._open(run_id, f"{worker}.p{os.getpid()}", True)


def _experiment_of(parent: Optional[str]) -> Optional[str]:
    """A child of a run of this process belongs to the same experiment."""
    return next((run.experiment for run in _process.live() if run.run_id == parent), None)


def _gathered(gather: Callable[[], Dict[str, Any]]) -> Optional[Dict[str, Any]]:
    """What the run came from must never cost the run."""
    try:
        return gather()
    except Exception as error:
        warn_once(gather.__name__, f"{gather.__name__} is not recorded: {error!r}")
        return None


def new_run_id() -> str:
    """A UUIDv7: sorts by time."""
    bits = int(time() * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    bits = bits & ~(0xF << 76) | 0x7 << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    digits = f"{bits:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _finish_with_pool(session: Session) -> None:
    """Children of `multiprocessing` leave by os._exit, past atexit: deliver what they logged before that."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, session.close, args=(session.settings.flush_timeout,), exitpriority=1)
