"""Answers this machine alone, for a service whose passwords everybody knows.

A proxy on the same machine connects from loopback, too: its requests show by their headers.
"""

from __future__ import annotations

from reticket.core.addresses import is_loopback
from reticket.http.asgi import Asgi, Receive, Scope, Send
from reticket.http.forwarding import is_forwarding

_REASON = (
    b"This service has demo accounts, whose passwords everybody knows, and answers only its own "
    b"machine: --demo-public lets others in.\n"
)
FORBIDDEN, MISDIRECTED = 403, 421
"""RFC 9110 \u00a715.5.4 and \u00a715.5.20."""


def only_local(application: Asgi) -> Asgi:
    """The same application, for requests that nobody forwarded and that name this machine."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        status = _fault(scope["headers"]) if scope["type"] == "http" else None
        if status is None:
            await application(scope, receive, send)
        else:
            await _refuse(send, status)

    return answer


def _fault(headers: list[tuple[bytes, bytes]]) -> int | None:
    for name, value in headers:
        if is_forwarding(name):
            return FORBIDDEN
        if name == b"host" and not _is_local(value.decode("latin-1")):
            return MISDIRECTED
    return None


def _is_local(host: str) -> bool:
    """Whether a `Host` names this machine; a page of another name may be a DNS rebinding."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return is_loopback(name)


async def _refuse(send: Send, status: int) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(_REASON)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": _REASON})
