"""`wandb.util`, of which scripts use one function."""

from __future__ import annotations

__all__ = ["generate_id"]

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def generate_id(length: int = 8) -> str:
    """A random run id of lower-case letters and digits."""
    import secrets

    return "".join(secrets.choice(ALPHABET) for _ in range(length))
