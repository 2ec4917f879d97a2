"""Heads that never end: a header byte every now and then, on many connections."""

from __future__ import annotations

from collections.abc import Iterator

from tests.attacks.crowd import PATIENCE, Fate, dripping
from tests.attacks.target import Target, attack

COUNT = 50
BEGINNING = b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: "


def slow_heads(target: Target, count: int = COUNT, patience: float = PATIENCE) -> Fate:
    """Drip bytes into one header of each, until the service ends them."""
    return dripping(target, count, BEGINNING, b"a", patience)


def run(target: Target) -> Iterator[Fate]:
    """Fifty of them."""
    yield slow_heads(target)


if __name__ == "__main__":
    attack(run)
