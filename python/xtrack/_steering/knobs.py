"""Knobs: what a training declares to be changeable while it runs, within which bounds, and how."""

from __future__ import annotations

from math import isfinite
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from .._errors import XTrackError
from .commands import Order, Refused

__all__ = ["Knob", "Knobs"]

MAX_CHOICES = 100
LR_NAMES = ("lr", "learning_rate")


class Knob:
    """A value that may be changed live. `knob.value` is what holds now."""

    def __init__(
        self,
        name: str,
        value: Any,
        min: Optional[float] = None,
        max: Optional[float] = None,
        scale: str = "linear",
        choices: Optional[Sequence[Any]] = None,
        apply: Optional[Callable[[Any], Any]] = None,
        read: Optional[Callable[[], Any]] = None,
    ) -> None:
        if scale not in ("linear", "log"):
            raise XTrackError("XT_ARGUMENT", f"scale {scale!r} is not linear or log", "scale")
        if choices is not None and not 1 <= len(choices) <= MAX_CHOICES:
            raise XTrackError("XT_ARGUMENT", f"a knob has 1 to {MAX_CHOICES} choices", "choices")
        self.name = name
        self.min = min
        self.max = max
        self.scale = scale
        self.choices: Optional[List[Any]] = None if choices is None else list(choices)
        self._value = value
        self._apply = apply
        self._read = read
        try:
            self.accept(value)
        except Refused as refusal:
            raise XTrackError("XT_ARGUMENT", str(refusal), "value") from None

    @property
    def value(self) -> Any:
        return self._value if self._read is None else self._read()

    def accept(self, wanted: Any) -> Any:
        """The value as this knob takes it: of its type, within its bounds. Refused otherwise."""
        kind = type(self._value)
        if self.choices is not None:
            if wanted not in self.choices:
                raise Refused(f"{self.name}: {wanted!r} is not one of {self.choices!r}")
            return wanted
        if kind not in (int, float):
            if type(wanted) is not kind:
                raise Refused(f"{self.name}: {wanted!r} is no {kind.__name__}")
            return wanted
        return self._number(wanted, kind)

    def _number(self, wanted: Any, kind: type) -> Any:
        if isinstance(wanted, bool) or not isinstance(wanted, (int, float)) or not isfinite(wanted):
            raise Refused(f"{self.name}: {wanted!r} is not a finite number")
        if kind is int and wanted != int(wanted):
            raise Refused(f"{self.name}: {wanted!r} is not a whole number")
        if self.min is not None and wanted < self.min:
            raise Refused(f"{self.name}: {wanted!r} is below {self.min!r}")
        if self.max is not None and wanted > self.max:
            raise Refused(f"{self.name}: {wanted!r} is above {self.max!r}")
        return kind(wanted)

    def turn(self, accepted: Any) -> Any:
        """Sets it, in the training's own thread, and returns the value before."""
        before = self.value
        if self._apply is not None:
            self._apply(accepted)
        self._value = accepted
        return before

    def describe(self) -> Dict[str, Any]:
        """The declaration as the wire carries it."""
        found = {"value": self.value, "min": self.min, "max": self.max, "choices": self.choices}
        return {"scale": self.scale, **{key: value for key, value in found.items() if value is not None}}


class Knobs:
    """The knobs of one run by name, and what `params_updates` is yet to hand over."""

    def __init__(self) -> None:
        self._knobs: Dict[str, Knob] = {}
        self.open = False  # the script takes any name, by `params_updates`

    def declare(self, knob: Knob) -> None:
        self._knobs[knob.name] = knob

    def __bool__(self) -> bool:
        return bool(self._knobs)

    def wanted(self, order: Order) -> Dict[str, Any]:
        """What an `update_params` or `adjust_lr` asks for: name -> value, all acceptable. Refused otherwise."""
        asked = self._lr(order.payload) if order.kind == "adjust_lr" else _updates(order.payload)
        if not asked:
            raise Refused(f"{order.kind} names nothing to change")
        found: Dict[str, Any] = {}
        for name, value in asked.items():
            knob = self._knobs.get(name)
            if knob is not None:
                found[name] = knob.accept(value)
            elif self.open:
                found[name] = value
            else:
                known = ", ".join(sorted(self._knobs)) or "none"
                raise Refused(f"there is no knob {name!r}; the knobs of this run: {known}")
        return found

    def turn(self, wanted: Mapping[str, Any]) -> Tuple[List[Tuple[str, Any, Any]], Dict[str, Any]]:
        """Sets knobs: ((name, before, after) of each, what is no knob)."""
        changes: List[Tuple[str, Any, Any]] = []
        others: Dict[str, Any] = {}
        for name, value in wanted.items():
            knob = self._knobs.get(name)
            if knob is None:
                others[name] = value
            else:
                changes.append((name, knob.turn(value), value))
        return changes, others

    def _lr(self, payload: Mapping[str, Any]) -> Dict[str, Any]:
        """`adjust_lr` is `{"lr": 1e-4}` or, where a knob knows the present one, `{"factor": 0.5}`."""
        name = next((each for each in LR_NAMES if each in self._knobs), LR_NAMES[0])
        value = payload.get("lr", payload.get("learning_rate"))
        if value is not None:
            return {name: value}
        factor, knob = payload.get("factor"), self._knobs.get(name)
        if isinstance(factor, bool) or not isinstance(factor, (int, float)):
            raise Refused('adjust_lr needs {"lr": number} or {"factor": number}')
        if knob is None:
            raise Refused("a factor needs a knob that knows the present learning rate")
        return {name: knob.value * factor}


def _updates(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = payload.get("params")
    return inner if isinstance(inner, dict) and len(payload) == 1 else payload
