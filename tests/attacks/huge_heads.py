"""Heads that grow: a long URL, a long header, many headers or trailers, endless chunk lines, and
chunks of one byte.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from tests.attacks.answers import whole_answers
from tests.attacks.target import Target, attack, connected, received

PIECE = 65_536
MOST = 64 * 1024 * 1024
"""Bytes that are sent at most, if the service takes them."""

GET = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /api/v1/auth/refresh-token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
SHAPES = {
    "url": (b"GET /", b"a"),
    "method": (b"", b"A"),
    "header": (GET + b"X-Long: ", b"a"),
    "header name": (GET, b"a"),
    "headers": (GET, b"X-Many: a\r\n"),
    "empty headers": (GET, b"X:\r\n"),
    "trailers": (POST + b"0\r\n", b"X-Many: a\r\n"),
    "chunk size": (POST, b"0"),
    "chunk extension": (POST + b"5;a=", b"a"),
    "small chunks": (POST, b"1\r\na\r\n"),
    "empty lines": (b"", b"\r\n"),
}
"""How each begins, and what is repeated then."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How much of a head a service took.

    Args:
        name: of the shape.
        sent: bytes until it closed or all was sent.
        closed: whether it closed.
        status: of its answer; None where none came.
    """

    name: str
    sent: int
    closed: bool
    status: int | None


def grow(target: Target, name: str) -> Growth:
    """Send that shape until the service has enough."""
    beginning, repeated = SHAPES[name]
    piece = repeated * (PIECE // len(repeated))
    with connected(target) as connection:
        sent, refused = 0, False
        try:
            connection.sendall(beginning)
            while sent < MOST and not refused:
                connection.sendall(piece)
                sent += len(piece)
                refused = _answers(connection)
        except (ConnectionError, TimeoutError):
            refused = True
        stream, closed = received(connection, 20.0 if refused else 1.0)
    found = whole_answers(stream)
    return Growth(name, sent, closed, found[-1].status if found else None)


def _answers(connection: socket.socket) -> bool:
    return bool(select.select([connection], [], [], 0)[0])


def run(target: Target) -> Iterator[Growth]:
    """Run the attack, with one connection for each shape."""
    for name in SHAPES:
        yield grow(target, name)


if __name__ == "__main__":
    attack(run)
