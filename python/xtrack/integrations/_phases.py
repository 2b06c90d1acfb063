"""Which phase a metric belongs to, by the prefix that the field puts before its name."""

from __future__ import annotations

from typing import Any, Dict, Mapping

__all__ = ["by_phase"]

PREFIXES = {"val": "val", "valid": "val", "validation": "val", "eval": "val", "test": "test"}


def by_phase(metrics: Mapping[str, Any], otherwise: str = "train") -> Dict[str, Dict[str, Any]]:
    """phase -> metrics, whose names stay what they are: `val_loss` and `eval/loss` are of phase `val`."""
    found: Dict[str, Dict[str, Any]] = {}
    for key, value in metrics.items():
        prefix = str(key).replace("/", "_").replace(".", "_").split("_", 1)[0]
        found.setdefault(PREFIXES.get(prefix, otherwise), {})[key] = value
    return found
