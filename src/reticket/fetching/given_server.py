"""One server whose address an operator gave: the answer to any request, as it is (ADR 0013).

It may be private and it may speak http. Certificates are checked, and no redirect is followed.
"""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import h11

from reticket.core.errors import StartupError
from reticket.core.fetching.model import Unfetched
from reticket.fetching.answer import Events
from reticket.fetching.connection import PIECE, connected, encrypted, receiver, send
from reticket.fetching.deadline import Deadline, Seconds
from reticket.fetching.faults import Failed, or_fault
from reticket.fetching.resolving import Resolver
from reticket.fetching.target import HTTP_TOO, Target, target_of

TIMEOUT = 15.0
"""Seconds for everything: an old server may be a slow one."""


@dataclass(frozen=True, slots=True)
class GivenRequest:
    """A request. `path` has its query. The headers of the connection and the length are added."""

    method: str
    path: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """An answer of any status. Names of headers are in lower case; repeated ones stay apart."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)


class GivenServer:
    """Sends requests to one server.

    Args:
        url: http or https, with a path if all of the server's paths begin with one.
        ca_file: the certificate authority; None stands for the system's.
        seconds: a monotonic clock.
        timeout: seconds for one request in all.
        resolver: finds its addresses.

    Raises:
        StartupError: the URL is none, or the file has no certificates.
    """

    def __init__(
        self,
        url: str,
        ca_file: Path | None = None,
        seconds: Seconds = time.monotonic,
        timeout: float = TIMEOUT,
        resolver: Resolver | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._target = _target(self.url)
        self._trust = _trust(ca_file) if self._target.scheme == "https" else None
        self._resolver = resolver or Resolver()
        self._seconds = seconds
        self._timeout = timeout

    @property
    def host(self) -> str:
        """The host's name or address."""
        return self._target.host

    @property
    def is_encrypted(self) -> bool:
        """Whether it speaks https."""
        return self._trust is not None

    def ask(self, request: GivenRequest) -> WholeAnswer | Unfetched:
        """The answer, or the fault."""
        deadline = Deadline(self._seconds() + self._timeout, self._seconds)
        return or_fault(lambda: self._answered(request, deadline))

    def _answered(self, request: GivenRequest, deadline: Deadline) -> WholeAnswer:
        addresses = self._resolver.resolve(self._target.host, self._target.port, deadline)
        with (
            closing(connected(addresses, deadline)) as connection,
            self._secured(connection, deadline) as secured,
        ):
            protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=PIECE)
            send(secured, self._request_bytes(protocol, request), deadline)
            events = Events(protocol, receiver(secured, deadline))
            head = events.head()
            return WholeAnswer(head.status_code, _texts(head), events.body())

    def _secured(
        self, connection: socket.socket, deadline: Deadline
    ) -> ssl.SSLSocket | nullcontext[socket.socket]:
        if self._trust is None:
            return nullcontext(connection)
        return encrypted(connection, self._target, self._trust, deadline)

    def _request_bytes(self, protocol: h11.Connection, request: GivenRequest) -> bytes:
        headers = [
            ("Host", self._target.authority),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
            *request.headers,
        ]
        body = request.body
        if body is not None:
            headers.append(("Content-Length", str(len(body))))
        path = self._target.path.rstrip("/") + request.path
        events: list[h11.Event] = [
            h11.Request(method=request.method, headers=headers, target=path),
            *([h11.Data(data=body)] if body else ()),
            h11.EndOfMessage(),
        ]
        return b"".join(part for event in events if (part := protocol.send(event)))


def _target(url: str) -> Target:
    try:
        target = target_of(url, HTTP_TOO)
    except Failed:
        raise StartupError("an address must be http://HOST or https://HOST") from None
    if "?" in target.path:
        raise StartupError("an address must not have a query")
    return target


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError:
        raise StartupError(f"{ca_file} has no certificates of an authority, as PEM") from None


def _texts(head: h11.Response) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in head.headers)
