"""Bodies a few bytes short, whose ends never come, and those that come byte by byte."""

from __future__ import annotations

from collections.abc import Iterator

from tests.attacks.crowd import PATIENCE, Fate, await_ends, crowd, dripping
from tests.attacks.target import Target, attack

COUNT = 50
LENGTH = 1000
HEAD = (
    "POST /api/v1/auth/refresh-token HTTP/1.1\r\nHost: x\r\n"
    f"Content-Type: application/json\r\nContent-Length: {LENGTH}\r\n\r\n"
).encode()


def half_bodies(target: Target, count: int = COUNT, patience: float = PATIENCE) -> Fate:
    """Send all bytes of a request but the last five, and wait."""
    with crowd(target, count) as connections:
        for connection in connections:
            connection.sendall(HEAD + b" " * (LENGTH - 5))
        return await_ends(connections, patience=patience)


def slow_bodies(target: Target, count: int = COUNT, patience: float = PATIENCE) -> Fate:
    """A byte of the body at a time: fast enough for any pause between two, too slow in all."""
    return dripping(target, count, HEAD, b" ", patience)


def run(target: Target) -> Iterator[Fate]:
    """Fifty of each."""
    yield half_bodies(target)
    yield slow_bodies(target)


if __name__ == "__main__":
    attack(run)
