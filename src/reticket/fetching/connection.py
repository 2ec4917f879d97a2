"""A connection to a server, and what goes through it until a deadline. Knows no HTTP."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence

from reticket.fetching.answer import Receive
from reticket.fetching.deadline import Deadline
from reticket.fetching.resolving import Address
from reticket.fetching.target import Target

PIECE = 16_384
"""Bytes that are sent at once; the deadline is checked between two pieces."""


def connected(addresses: Sequence[Address], deadline: Deadline) -> socket.socket:
    """A connection to the first address that answers. The name is not resolved again."""
    failure: OSError = TimeoutError("no address")
    for tried, address in enumerate(addresses):
        connection = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            connection.settimeout(deadline.share(len(addresses) - tried).left())
            connection.connect(address.place)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


def encrypted(
    connection: socket.socket, target: Target, trust: ssl.SSLContext, deadline: Deadline
) -> ssl.SSLSocket:
    """The connection under TLS. A cut connection is an error and no end of an answer."""
    connection.settimeout(deadline.left())
    return trust.wrap_socket(connection, server_hostname=target.host, suppress_ragged_eofs=False)


def send(connection: socket.socket, data: bytes, deadline: Deadline) -> None:
    """Send all of it. TimeoutError."""
    for start in range(0, len(data), PIECE):
        connection.settimeout(deadline.left())
        connection.sendall(data[start : start + PIECE])


def receiver(connection: socket.socket, deadline: Deadline) -> Receive:
    """Receives the next piece. TimeoutError."""

    def receive() -> bytes:
        connection.settimeout(deadline.left())
        return connection.recv(PIECE)

    return receive
