"""Idle connections from many addresses of 127/8, while one person sends a request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.attacks.answers import whole_answers
from tests.attacks.crowd import crowd
from tests.attacks.target import Target, attack, connected, received, send

COUNT = 900
ADDRESSES = 100
HONEST = "127.9.9.9"
GET = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Crowded:
    """What is left for others beside idle connections.

    Args:
        opened: idle connections that are open, as far as their owner can see.
        answered: of ten requests from another address.
    """

    opened: int
    answered: int


def stranger(number: int) -> str:
    """One of a hundred source addresses."""
    return f"127.7.{number % ADDRESSES // 10}.{number % 10 + 1}"


def idle(target: Target, count: int = COUNT) -> Crowded:
    """Open them, and ask ten times from elsewhere."""
    with crowd(target, count, stranger) as connections:
        return Crowded(len(connections), sum(_is_answered(target) for _ in range(10)))


def _is_answered(target: Target) -> bool:
    try:
        with connected(target, HONEST) as connection:
            send(connection, [GET])
            return [each.status for each in whole_answers(received(connection)[0])] == [200]
    except OSError:
        return False


def run(target: Target) -> Iterator[Crowded]:
    """Nine hundred of them."""
    yield idle(target)


if __name__ == "__main__":
    attack(run)
