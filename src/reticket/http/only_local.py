"""Restricts an application to requests from this machine, or to requests that name an address of
it.

A page in a browser that uses another name for the address (DNS rebinding) is refused. A proxy on
the same machine connects from loopback too. Its requests are recognised by their headers, or by
HTTP/1.0, which nginx uses by default and no browser does.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from reticket.core.addresses import is_loopback, parsed
from reticket.http.asgi import Asgi, Receive, Scope, Send
from reticket.http.forwarding import is_forwarding

_DEMO = b"This service has demo accounts, whose passwords everybody knows"
_ELSEWHERE = (
    b"Ask with the IP address that this listens on, or as localhost: names may be anybody's.\n"
)
FORBIDDEN, MISDIRECTED = 403, 421
"""RFC 9110 §15.5.4 and §15.5.20."""

_REASONS = {
    FORBIDDEN: _DEMO + b", and answers only its own machine: --demo-public lets others in.\n",
    MISDIRECTED: _DEMO + b". Ask for it as localhost or 127.0.0.1, or let others in by "
    b"--demo-public.\n",
}


class Reach(Protocol):
    """Says whether only this machine is answered; it may change while the service runs."""

    is_local: bool


def only_local(application: Asgi, reach: Reach) -> Asgi:
    """The application. While its reach is local, it accepts only requests from this machine that
    were not forwarded and whose `Host` names it.
    """

    def answer(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if reach.is_local and scope["type"] == "http" and (status := _fault(scope)):
            return _refuse(send, status, _REASONS[status])
        return application(scope, receive, send)

    return answer


def only_addressed(application: Asgi, address: str) -> Asgi:
    """The application, for requests whose `Host` is that address or names this machine.

    Args:
        application: answers in plain HTTP on an address that the public does not reach.
        address: where it listens. A page with another name may be DNS rebinding.
    """

    def answer(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and not _names(scope, address):
            return _refuse(send, MISDIRECTED, _ELSEWHERE)
        return application(scope, receive, send)

    return answer


def _names(scope: Scope, address: str) -> bool:
    """Whether every `Host` is that address or names this machine."""
    hosts = [_name_in(value) for name, value in scope["headers"] if name == b"host"]
    return all(is_loopback(host) or _is_same(host, address) for host in hosts)


def _fault(scope: Scope) -> int | None:
    if (peer := scope["client"]) and not is_loopback(peer[0]):
        return FORBIDDEN
    if scope["http_version"] == "1.0":
        return FORBIDDEN
    for name, value in scope["headers"]:
        if is_forwarding(name):
            return FORBIDDEN
        if name == b"host" and not is_loopback(_name_in(value)):
            return MISDIRECTED
    return None


def _name_in(value: bytes) -> str:
    """The host in a `Host` header, without its port."""
    host = value.decode("latin-1")
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _is_same(host: str, address: str) -> bool:
    found = parsed(host)
    return found is not None and found == parsed(address)


async def _refuse(send: Send, status: int, reason: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(reason)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": reason})
