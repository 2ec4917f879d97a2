"""Many connections at once, and what becomes of them."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from tests.attacks.answers import whole_answers
from tests.attacks.target import Target

PATIENCE = 120.0
"""Seconds after which a connection that is still open counts as held."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What a service did with connections.

    Args:
        opened: connections that were let in.
        ended: of these, closed by the service.
        statuses: of the answers, sorted.
    """

    opened: int
    ended: int
    statuses: tuple[int, ...]


@contextmanager
def crowd(
    target: Target, count: int, source: Callable[[int], str] | None = None
) -> Iterator[list[socket.socket]]:
    """So many connections, fewer where the service refuses some; closed at the end.

    Args:
        target: where to.
        count: at most.
        source: the address in 127/8 of each by its number.
    """
    with ExitStack() as opened:
        found = []
        for number in range(count):
            with suppress(OSError):
                connection = target.connect(source(number) if source else None)
                found.append(opened.enter_context(connection))
        yield found


def dripping(
    target: Target, count: int, beginning: bytes, drop: bytes, patience: float = PATIENCE
) -> Fate:
    """Send the beginning of a request on each of so many connections, then drop after drop.

    Args:
        target: where to.
        count: connections.
        beginning: sent at once.
        drop: sent after every pause, until the service has closed the connection.
        patience: seconds in all.
    """
    with crowd(target, count) as connections:
        for connection in connections:
            connection.sendall(beginning)
        return await_ends(connections, lambda connection: connection.send(drop), patience)


def await_ends(
    connections: Sequence[socket.socket],
    while_waiting: Callable[[socket.socket], object] = lambda connection: None,
    patience: float = PATIENCE,
    pause: float = 0.2,
) -> Fate:
    """Read from all of them until the service has closed each, or patience is over.

    Args:
        connections: open ones.
        while_waiting: called for each open one after every pause.
        patience: seconds in all.
        pause: seconds between two rounds.
    """
    received = dict.fromkeys(connections, b"")
    until = time.monotonic() + patience
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < until:
            for key, _ in selector.select(pause):
                _read(selector, key.fileobj, received)
            for key in list(selector.get_map().values()):
                with suppress(OSError):
                    while_waiting(key.fileobj)
        held = len(selector.get_map())
    statuses = sorted(each.status for said in received.values() for each in whole_answers(said))
    return Fate(len(connections), len(connections) - held, tuple(statuses))


def _read(
    selector: selectors.BaseSelector,
    connection: socket.socket,
    received: dict[socket.socket, bytes],
) -> None:
    try:
        piece = connection.recv(65_536)
    except OSError:
        piece = b""
    received[connection] += piece
    if not piece:
        selector.unregister(connection)
