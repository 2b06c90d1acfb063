"""A run: the verbs that training code calls. None of them waits for I/O, and none raises unless told to."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping as AnyMapping
from itertools import islice
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, Type, Union

from . import _process
from ._delivery.spool import CLOSED, ORPHANED, TOO_LARGE
from ._ending import ending, outcome
from ._errors import XTrackError, warn_once
from ._files import Files
from ._guard import guarded, passed_over
from ._media.media import Media
from ._notes import Notes
from ._session import METRIC, Session, report
from ._steering.control import Control
from ._values.configs import fields_of
from ._values.device import OnDevice
from ._values.fields import context_field, epoch_field, phase_of, step_field
from ._values.secrets import spoken
from ._values.values import flatten, json_text, key_of, key_text, number_text

if TYPE_CHECKING:
    from ._system.sampler import Sampler

__all__ = ["Run"]

MAX_BATCH = 10_000  # metrics of one event
MAX_NESTED = 16  # levels of mappings in a call of log_metrics
SAFE = 2**53
MAX_AT_ONCE = 1_000_000  # metrics of one call: some mappings never end


class Run(Control, Files, Media, Notes):
    """One tracked run. Made by `Tracker.start_run`; ends with its `with` block, `end`, or the process."""

    _attach: "Callable[[str, str], Run]"  # joins the run from another process, by its id and worker

    def __init__(
        self, open_session: Callable[["Run", Optional[Session]], Session], run_id: str, strict: bool, attached: bool
    ) -> None:
        """`open_session(run, parent)` makes the session of this process; `attached`: the run belongs to another one."""
        self.run_id = run_id
        self.strict = strict
        self.attached = attached
        self._open_session = open_session
        Control.__init__(self)
        self.experiment: Optional[str] = None
        self.resume_checkpoint: Optional[str] = None  # where a restarted run goes on from, when it is told
        self._sampler: "Optional[Sampler]" = None
        self._owner = os.getpid()
        self._started = monotonic()
        self._ended = False
        self._adopting = threading.Lock()
        self._session = open_session(self, None)
        self._masks = self._session.settings.masks
        self.last_words: "Callable[[], Optional[Mapping[str, Any]]]" = dict  # asked for the final metrics, however it ends

    # -- metrics and params ----------------------------------------------------------------------------

    def log_metric(
        self,
        key: str,
        value: Any,
        step: Optional[int] = None,
        epoch: Optional[float] = None,
        phase: Optional[str] = None,
        batch_size: Optional[int] = None,
        *,
        dataset_size: Optional[int] = None,
        agg: Optional[str] = None,
        **unknown: Any,
    ) -> None:
        """Records one number: Python, numpy, torch, jax or tensorflow, finite or not.

        What a GPU still computes is copied as it is now and read by the sender thread: nothing here waits for it.

        `step` is a whole number (a fraction is cut). `phase` is `train`, `val` or `test`, by any usual name (`eval`,
        `validation`, …); another word goes in front of the key. `agg` says what the number is over its batch: `mean`,
        `sum`, `last`. What of these cannot be read is left out, never the number.
        """
        try:
            # The hot path: about a microsecond, so nothing here is called that need not be.
            shown = repr(value) if type(value) is float and value - value == 0.0 else number_text(value)
            tail = ""
            if step is not None:
                tail = f',"step":{step}' if type(step) is int and -SAFE < step < SAFE else step_field(step)
            if epoch is not None:
                tail += f',"epoch":{epoch}' if type(epoch) is int else epoch_field(epoch)
            if unknown:
                passed_over("log_metric", unknown)
            if phase is not None:
                phase, prefix = phase_of(phase)
                key = f"{prefix}{key_of(key)}" if prefix else key
            if phase is not None or batch_size is not None or dataset_size is not None or agg is not None:
                tail += context_field(phase, batch_size, dataset_size, agg)
            session = self._session
            head = session.metric_heads.get(key) or session.metric_head(key, key_text(key))
            answer = session.spool.append(METRIC, f"{head}{shown}{tail}}}}}")
            if answer <= 0 and self._again("metric", answer):
                self.log_metric(
                    key, value, step, epoch, phase, batch_size=batch_size, dataset_size=dataset_size, agg=agg
                )
        except OnDevice:  # read by the sender thread, once the device has it
            self.log_metrics(
                {key: value}, step, epoch, phase, batch_size=batch_size, dataset_size=dataset_size, agg=agg
            )
        except Exception as error:
            self._fault("log_metric", error, key)

    @guarded
    def log_metrics(
        self,
        metrics: Mapping[str, Any],
        step: Optional[int] = None,
        epoch: Optional[float] = None,
        phase: Optional[str] = None,
        batch_size: Optional[int] = None,
        *,
        dataset_size: Optional[int] = None,
        agg: Optional[str] = None,
        **unknown: Any,
    ) -> None:
        """Records several numbers of one step, all or nothing (up to 10,000 at once). Nested ones get dotted keys.

        What is no number is named once, and costs no other. Those that a GPU still computes follow one by one, as `log_metric` has it.
        """
        pairs: List[str] = []
        deferred: List[Tuple[str, Any]] = []
        passed_over("log_metrics", unknown)
        phase, prefix = phase_of(phase)
        for key, value in _leaves(metrics, prefix):
            try:
                pairs.append(f"{key_text(key)}:{number_text(value)}")
            except OnDevice:
                deferred.append((key, value))
            except Exception as error:  # one bad value does not take the others with it
                self._fault("log_metrics", error, key)
        tail = step_field(step) + epoch_field(epoch) + context_field(phase, batch_size, dataset_size, agg)
        self._batch(pairs, tail)
        for key, value in deferred:
            self._defer(key, value, tail)

    @guarded
    def _defer(self, key: str, value: Any, tail: str) -> None:
        if self._session.pid != os.getpid():
            self._again("metric", ORPHANED)
        self._session.defer(key_text(key), value, tail)

    def _batch(self, pairs: List[str], tail: str) -> None:
        if not pairs:
            return
        answer = TOO_LARGE
        if len(pairs) <= MAX_BATCH:
            answer = self._append("metric_batch", f'"metrics":{{{",".join(pairs)}}}{tail}')
        if answer == TOO_LARGE and len(pairs) > 1:
            middle = len(pairs) // 2
            self._batch(pairs[:middle], tail)
            self._batch(pairs[middle:], tail)
        elif answer <= 0:
            self._again("metric_batch", answer)

    @guarded
    def log_param(
        self, key: str, value: Any, nested_key: "Union[str, Sequence[str], None]" = None, **unknown: Any
    ) -> None:
        """Records a setting of the run: any value, kept as bounded JSON. A nested dict becomes dotted keys.

        `nested_key` is a path below `key`: `log_param("optimizer", 0.9, ["betas", "b1"])` is `optimizer.betas.b1`.
        """
        passed_over("log_param", unknown)
        below: List[str] = [nested_key] if isinstance(nested_key, str) else list(nested_key or ())
        for part in reversed(below):
            value = {part: value}
        self.log_params({key: value})

    @guarded
    def log_params(self, params: Mapping[str, Any]) -> None:
        """Records settings: `{"optimizer": {"lr": 0.1}}` is the param `optimizer.lr`."""
        for path, value in flatten(params):
            self._param(path, value)

    def _param(self, path: Sequence[str], value: Any) -> None:
        """One leaf: its key, and the path below that."""
        below = f',"nested_key":{json_text(list(path[1:]))}' if len(path) > 1 else ""
        try:
            self._emit("param", f'"key":{key_text(path[0])},"value":{json_text(value, ".".join(path))}{below}')
        except Exception as error:
            self._fault("log_params", error, ".".join(path))

    # -- the end ---------------------------------------------------------------------------------------

    def end(
        self,
        status: str = "completed",
        error: Union[BaseException, str, None] = None,
        final_metrics: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Ends the run (`completed`, `failed` or `killed`) and waits at most 2 s for the last ack. Twice is harmless.

        In a process that only joined the run (a fork, a worker of a pool) it delivers what that one logged.
        """
        if self._ended:
            return
        self._ended = True
        spoken(not self._masks, self._end, status, error, final_metrics)

    def _end(
        self, status: str, error: Union[BaseException, str, None], final_metrics: Optional[Mapping[str, Any]]
    ) -> None:
        try:
            self._stop_sampling()
            self._abandon_commands()
            said = self._say_last()
            final_metrics = said if final_metrics is None else final_metrics
            try:
                self._session.settle()
            finally:  # also after Ctrl-C while it waits for a device
                if self._owner == os.getpid() and not self.attached:
                    seconds = monotonic() - self._started
                    answer = self._append("run_end", ending(status, error, final_metrics, seconds))
                    if answer == TOO_LARGE:
                        answer = self._append("run_end", ending(status, error, None, seconds, True))
                    if answer <= 0:
                        self._again("run_end", answer)
        except Exception as fault:
            self._fault("end", fault)
        try:
            self._close()
        except Exception as fault:
            self._fault("end", fault)
        _process.forget(self)

    def _say_last(self) -> Optional[Mapping[str, Any]]:
        """What was kept for the end; only the process whose run it is ends it."""
        if self._owner != os.getpid() or self.attached:
            return None
        try:
            return self.last_words() or None
        except Exception as fault:
            self._fault("end", fault)
            return None

    def __enter__(self) -> "Run":
        _process.enter(self)
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        status, shown = outcome(error)
        self.end(status, shown)

    def __copy__(self) -> "Run":
        return self

    def __deepcopy__(self, memo: Any) -> "Run":
        return self  # a config that holds it is copied, the run is not

    def __reduce__(self) -> "Tuple[Any, ...]":
        return self._attach, (self.run_id, self._session.worker)

    # -- inside ----------------------------------------------------------------------------------------

    @guarded
    def _sample(self, seconds: float) -> None:
        """Logs `system/…` metrics every `seconds` until the end; never when 0."""
        if seconds > 0:
            from ._system.sampler import Sampler

            self._sampler = Sampler(self.log_metrics, seconds)
            self._sampler.start()

    def _stop_sampling(self) -> None:
        sampler, self._sampler = self._sampler, None
        if sampler is not None:
            sampler.stop()

    def _append(self, kind: str, fields: str) -> int:
        answer = self._session.emit(kind, fields)
        if answer == ORPHANED and self._again(kind, answer):
            answer = self._session.emit(kind, fields)
        return answer

    def _emit(self, kind: str, fields: str) -> None:
        answer = self._append(kind, fields)
        if answer <= 0:
            self._again(kind, answer)

    def _emit_start(self, payloads: Iterable[str]) -> None:
        """The first of the payloads that fits: a run must not be without its beginning because of what surrounds it."""
        answer = TOO_LARGE
        for payload in payloads:
            answer = self._session.emit_start(payload)
            if answer != TOO_LARGE:
                break
            warn_once("start", "the start of the run is over the limit of one frame: some facts are left out")
        if answer <= 0:
            self._again("run_start", answer)

    def _again(self, kind: str, answer: int) -> bool:
        """An event was not taken: True when that was because of a fork, and there is a session of our own now."""
        if answer == ORPHANED:
            with self._adopting:
                if self._session.pid != os.getpid():
                    self._session = self._open_session(self, self._session)
            return True
        if answer == CLOSED:
            _process.wait_for_death()
        if self.strict:
            raise XTrackError(
                "XT_RUN_NOT_LIVE" if answer == CLOSED else "XT_FRAME_TOO_LARGE", f"{kind} was not recorded"
            )
        if answer == TOO_LARGE:
            self._session.spool.refuse(kind, "too_large")
        report(answer, kind)
        return False

    def _close(self) -> None:
        self._session.close(self._session.settings.flush_timeout)

    def _disown(self) -> None:
        """Called in a forked child, before anything else runs there."""
        self._adopting = threading.Lock()
        self._sampler = None  # its thread stays with the parent
        self._commands.disown()
        self._session.disown()

    def _fault(self, call: str, error: Exception, key: Any = None) -> None:
        """`key`: what the user calls the value that is not recorded; told once for each."""
        name = None if key is None else key_of(key)
        if self.strict:
            if isinstance(error, XTrackError):
                raise error
            raise XTrackError("XT_ARGUMENT", f"{call}: {error}", name) from error
        if name is None:
            warn_once(f"{call} {type(error).__name__}", f"{call} failed and was ignored: {error} (said once)")
        else:
            warn_once(f"{call} {name}", f"{call}: {name!r} is not recorded: {error} (said once)")


def _leaves(metrics: Any, prefix: str = "") -> "Iterator[Tuple[Any, Any]]":
    """(key, value) of each number; those of mappings inside under dotted keys."""
    pairs = metrics.items() if hasattr(metrics, "items") else dict(fields_of(metrics) or metrics).items()
    yield from islice(_walked(pairs, prefix, 0), MAX_AT_ONCE)


def _walked(pairs: Any, prefix: str, depth: int) -> "Iterator[Tuple[Any, Any]]":
    for key, value in pairs:
        if depth < MAX_NESTED and isinstance(value, AnyMapping):
            yield from _walked(value.items(), f"{prefix}{key_of(key)}.", depth + 1)
        else:
            yield (f"{prefix}{key_of(key)}" if prefix else key), value
