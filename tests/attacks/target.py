"""The target of an attack: plain sockets, on loopback alone.

Every wait ends: a silent connection is left after `PATIENCE` seconds.
"""

from __future__ import annotations

import ipaddress
import select
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

PATIENCE = 20.0
"""Seconds of silence after which an answer is waited for no longer."""


@dataclass(frozen=True, slots=True)
class Target:
    """A service or a proxy in front of one."""

    host: str
    port: int

    def connect(self, source: str | None = None, patience: float = PATIENCE) -> socket.socket:
        """A connection, from an address of 127/8 when one is given."""
        origin = (source, 0) if source else None
        connection = socket.create_connection((self.host, self.port), patience, origin)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def target_of(url: str) -> Target:
    """The target of an http URL. SystemExit for any address but loopback."""
    parts = urlsplit(url)
    try:
        address = ipaddress.ip_address(parts.hostname or "")
        port = parts.port
    except ValueError:
        address, port = None, None
    if parts.scheme != "http" or address is None or port is None or not address.is_loopback:
        raise SystemExit(f"{url}: attacks go to http://127.0.0.1:PORT or http://[::1]:PORT alone")
    return Target(str(address), port)


def attack(run: Callable[[Target], Iterable[object]]) -> None:
    """Run an attack from the command line and print a line for each of its findings."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tests.attacks.NAME http://127.0.0.1:PORT")
    for finding in run(target_of(sys.argv[1])):
        sys.stdout.write(f"{finding}\n")


@contextmanager
def connected(target: Target, source: str | None = None) -> Iterator[socket.socket]:
    """A connection that is closed at the end."""
    with target.connect(source) as connection:
        yield connection


def send(connection: socket.socket, pieces: Iterable[bytes], pause: float = 0.05) -> bool:
    """Send the pieces apart, so that the other side reads them apart.

    Returns:
        whether all were taken; False when the other side has closed before.
    """
    try:
        for number, piece in enumerate(pieces):
            if number:
                time.sleep(pause)
            connection.sendall(piece)
    except (ConnectionError, TimeoutError):
        return False
    return True


def received(connection: socket.socket, patience: float = PATIENCE) -> tuple[bytes, bool]:
    """Everything received until the other side closes, or is silent for so many seconds.

    Returns:
        the bytes, and whether it has closed.
    """
    said = bytearray()
    while select.select([connection], [], [], patience)[0]:
        try:
            piece = connection.recv(65_536)
        except ConnectionError:
            return bytes(said), True
        if not piece:
            return bytes(said), True
        said += piece
    return bytes(said), False
