"""Answers this machine alone, or requests that name an address of it: a page in a browser that has
another name for that address (DNS rebinding) is refused.

A proxy on the same machine connects from loopback, too: its requests show by their headers, or
by HTTP/1.0, which nginx speaks by default and no browser does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from reticket.core.addresses import is_loopback, parsed
from reticket.http.asgi import Asgi, Receive, Scope, Send
from reticket.http.forwarding import is_forwarding

_DEMO = b"This service has demo accounts, whose passwords everybody knows"
_ELSEWHERE = (
    b"Ask with the IP address that this listens on, or as localhost: names may be anybody's.\n"
)
FORBIDDEN, MISDIRECTED = 403, 421
"""RFC 9110 \u00a715.5.4 and \u00a715.5.20."""

_REASONS = {
    FORBIDDEN: _DEMO + b", and answers only its own machine: --demo-public lets others in.\n",
    MISDIRECTED: _DEMO + b". Ask for it as localhost or 127.0.0.1, or let others in by "
    b"--demo-public.\n",
}


def only_local(application: Asgi, is_local: Callable[[], bool]) -> Asgi:
    """The same application; while `is_local` says so, for requests alone that come from this
    machine, that nobody forwarded, and that name it.
    """

    def fault(scope: Scope) -> int | None:
        return _fault(scope) if is_local() else None

    return _guarded(application, fault, _REASONS)


def only_addressed(application: Asgi, address: str) -> Asgi:
    """The same application, for requests whose `Host` is that address or names this machine.

    Args:
        application: answers in plain HTTP on an address that the public does not reach.
        address: it listens there. A page of another name may be a DNS rebinding.
    """

    def fault(scope: Scope) -> int | None:
        hosts = [_name_in(value) for name, value in scope["headers"] if name == b"host"]
        ours = all(is_loopback(host) or _is_same(host, address) for host in hosts)
        return None if ours else MISDIRECTED

    return _guarded(application, fault, {MISDIRECTED: _ELSEWHERE})


def _guarded(
    application: Asgi, fault: Callable[[Scope], int | None], reasons: Mapping[int, bytes]
) -> Asgi:
    def answer(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        status = fault(scope) if scope["type"] == "http" else None
        if status is None:
            return application(scope, receive, send)
        return _refuse(send, status, reasons[status])

    return answer


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
    """The name or address of a `Host`, without its port."""
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
