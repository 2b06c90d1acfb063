"""What `define_metric` said: the step of a metric, and which of its values the summary keeps."""

from __future__ import annotations

from typing import Any, Dict, List, MutableMapping, Optional, Set, Tuple

from .._errors import warn_once

__all__ = ["Metric", "Metrics", "kinds_of"]

MAX_KEYS = 10_000  # whose rule is remembered
KINDS = ("min", "max", "mean", "first", "last", "best", "none", "copy")


class Metric:
    """What `define_metric` said of a key, or of all keys that begin like its glob."""

    def __init__(
        self, name: str, step_metric: Optional[str], kinds: Tuple[str, ...], goal: Optional[str], hidden: Optional[bool]
    ) -> None:
        self.name = name
        self.step_metric = step_metric
        self.summary = kinds
        self.goal = goal
        self.hidden = hidden

    def covers(self, key: str) -> bool:
        return key.startswith(self.name[:-1]) if self.name.endswith("*") else key == self.name


def kinds_of(given: Optional[str]) -> Tuple[str, ...]:
    """`"min,max"` -> ("min", "max"); what is not known is said and left out."""
    kinds = tuple(part.strip() for part in (given or "").split(",") if part.strip())
    for kind in kinds:
        if kind not in KINDS:
            warn_once(f"summary {kind}", f"define_metric: summary {kind!r} is not one of {', '.join(KINDS)}")
    return tuple(kind for kind in kinds if kind in KINDS)


class Metrics:
    """All rules of a run, and the summary that they keep."""

    def __init__(self, summary: MutableMapping[str, Any]) -> None:
        self._summary = summary
        self._rules: List[Metric] = []
        self._sums: Dict[str, Tuple[float, int]] = {}
        self._by_key: Dict[str, Optional[Metric]] = {}
        self._reached: Dict[str, int] = {}  # the step of each counter that was a fraction once
        self.counters: Set[str] = {"epoch"}  # metrics that count the steps of others; an epoch always does

    def named(self, name: str) -> Optional[Metric]:
        return next((rule for rule in self._rules if rule.name == name), None)

    def define(self, rule: Metric) -> None:
        """A later rule of the same name replaces an earlier one."""
        self._rules[:] = [known for known in self._rules if known.name != rule.name]
        self._rules.append(rule)
        self._by_key.clear()
        self.counters = {"epoch"} | {known.step_metric for known in self._rules if known.step_metric}

    def rule(self, key: str) -> Optional[Metric]:
        """The rule for a key: its own, else the longest glob."""
        if key not in self._by_key:
            if len(self._by_key) >= MAX_KEYS:
                self._by_key.clear()
            found = [rule for rule in self._rules if rule.covers(key)]
            best = max(found, key=lambda rule: (not rule.name.endswith("*"), len(rule.name)), default=None)
            self._by_key[key] = best
        return self._by_key[key]

    def step_of(self, key: str, last: Dict[str, float], step: int) -> int:
        """The step of a metric: the newest value of the one that counts for it, as long as that is whole.

        From its first fraction on it is the row's own, never less than before: the series stays in order.
        """
        rule = self.rule(key)
        counter = rule.step_metric if rule is not None else None
        found = last.get(counter) if counter else None
        if counter is None or found is None or found - found != 0:
            return step
        if counter in self._reached or found != int(found):
            self._reached[counter] = at = max(step, self._reached.get(counter, int(found)))
            return at
        return int(found)

    def observe(self, path: Tuple[str, ...], value: Any) -> None:
        """A value was logged; more than one part of `path` means nested dicts, and so does the summary keep it."""
        key = ".".join(path)
        rule = self.rule(key)
        if rule is None or not rule.summary or rule.summary == ("copy",):
            self._holder(path)[path[-1]] = value
        elif "none" not in rule.summary:
            holder = self._holder(path)
            before = holder.get(path[-1])
            kept = before if isinstance(before, dict) else {}
            holder[path[-1]] = {kind: self._one(rule, kind, key, kept, value) for kind in rule.summary}

    def _holder(self, path: Tuple[str, ...]) -> MutableMapping[str, Any]:
        holder = self._summary
        for part in path[:-1]:
            inner = holder.get(part)
            if not isinstance(inner, dict):
                inner = holder[part] = {}
            holder = inner
        return holder

    def _one(self, rule: Metric, kind: str, key: str, kept: Dict[str, Any], value: Any) -> Any:
        before = kept.get(kind)
        if kind in ("last", "copy"):
            return value
        if kind == "first":
            return value if kind not in kept else before
        if not isinstance(value, (int, float)) or value != value:
            return before
        if kind == "mean":
            total, count = self._sums.get(key, (0.0, 0))
            self._sums[key] = (total + value, count + 1)
            return (total + value) / (count + 1)
        if before is None:
            return value
        greatest = kind == "max" or (kind == "best" and (rule.goal or "").startswith("max"))
        return max(before, value) if greatest else min(before, value)
