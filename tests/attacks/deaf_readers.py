"""Clients that send many requests and read no response."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.attacks.crowd import PATIENCE, crowd
from tests.attacks.target import Target, attack

COUNT = 10
PATH = "/docs/assets/swagger-ui-bundle.js"
GET = f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
MOST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Deaf:
    """The result for clients that do not read.

    Args:
        opened: connections.
        ended: of these, closed by the service.
        taken: bytes of requests that it took from them in all.
    """

    opened: int
    ended: int
    taken: int


def deaf_readers(target: Target, count: int = COUNT, patience: float = PATIENCE) -> Deaf:
    """Pipeline requests for a large page as long as the service takes them, then wait."""
    with crowd(target, count) as connections:
        taken = sum(_stuffed(connection) for connection in connections)
        ended = _await_resets(connections, patience)
    return Deaf(len(connections), ended, taken)


def _stuffed(connection: socket.socket) -> int:
    """Send until the service has read nothing for a second. No answer is read."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(1.0)
    sent = 0
    try:
        while sent < MOST:
            sent += connection.send(GET * 100)
    except OSError:
        pass
    return sent


def _await_resets(connections: list[socket.socket], patience: float) -> int:
    """Count the connections that the service resets. No answer is read meanwhile."""
    waiting = select.poll()
    for connection in connections:
        waiting.register(connection, 0)
    left, until = len(connections), time.monotonic() + patience
    while left and (remaining := until - time.monotonic()) > 0:
        for number, _ in waiting.poll(1000 * remaining):
            waiting.unregister(number)
            left -= 1
    return len(connections) - left


def run(target: Target) -> Iterator[Deaf]:
    """Ten of them."""
    yield deaf_readers(target)


if __name__ == "__main__":
    attack(run)
