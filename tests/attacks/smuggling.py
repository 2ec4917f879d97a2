"""Requests about whose end two readers could disagree: whole, and byte by byte.

The statuses are those of a service with the demo directory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.attacks.answers import whole_answers
from tests.attacks.target import Target, attack, connected, received, send
from tests.http.connection.shapes import SHAPES, Shape

LAST = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a service read a shape.

    Args:
        name: of the shape.
        statuses: of its answers, and of that to the last request.
        closed: whether it closed the connection in the end.
        as_it_must: whether both are what the shape demands.
    """

    name: str
    statuses: tuple[int, ...]
    closed: bool
    as_it_must: bool


def try_shape(target: Target, shape: Shape, piece: int) -> Verdict:
    """Send it in pieces of so many bytes. Where more may come, a last request shows it."""
    stream = shape.stream + (LAST if shape.stays else b"")
    with connected(target) as connection:
        send(connection, [stream[at : at + piece] for at in range(0, len(stream), piece)], 0)
        said, closed = received(connection)
    statuses = tuple(each.status for each in whole_answers(said))
    wanted = (*shape.statuses, 200) if shape.stays else shape.statuses
    return Verdict(shape.name, statuses, closed, closed and statuses == wanted)


def run(target: Target) -> Iterator[Verdict]:
    """Every shape, in one piece and in pieces of a byte."""
    for shape in SHAPES:
        for piece in (len(shape.stream), 1):
            yield try_shape(target, shape, piece)


if __name__ == "__main__":
    attack(run)
