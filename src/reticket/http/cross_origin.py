"""Which pages of other origins may read the responses of a route (CORS, Fetch §3.3).

Credentials of browsers are never allowed, so a page reads only what it could ask for by itself.
"""

from __future__ import annotations

from collections.abc import Collection

from reticket.core.commands import Asking, CheckOrigin
from reticket.core.errors import Refusal
from reticket.http.routing import RoutingTable
from reticket.wire import ANY_ORIGIN, Headers, Route, WireRequest, WireResponse

EXPOSED = (
    "x-correlation-id",
    "x-vol-correlation",
    "retry-after",
    "www-authenticate",
    "dpop-nonce",
)
"""Response headers that pages may read beside those of Fetch §2.2.1."""

_ALLOWED_HEADERS = b"authorization, content-type, dpop"
_ALL_HEADERS = b"*, authorization"
"""Fetch §3.3.3: `*` does not stand for `Authorization`."""

_MAX_AGE = b"600"
"""Seconds for which a browser does not repeat a preflight. It allows to ask, not to read."""

_VARY: Headers = ((b"vary", b"Origin"),)
_EXPOSE = (b"access-control-expose-headers", ", ".join(EXPOSED).encode())


def fixed_headers(route: Route, request: WireRequest) -> Headers | None:
    """The headers of a response that every page may read, or that no page has asked for.

    None when `reader_headers` has them.
    """
    if route.readers == ANY_ORIGIN:
        return (_allow(ANY_ORIGIN), _EXPOSE)
    return _VARY if request.header(b"origin") is None else None


def reader_headers(route: Route, request: WireRequest) -> Asking[Headers]:
    """The headers that let a page read the response, when its origin may."""
    origin, readers = request.header(b"origin"), (yield from _readers(route, request))
    return (*_VARY, _allow(origin), _EXPOSE) if origin in readers else _VARY


def preflight(table: RoutingTable, request: WireRequest) -> Asking[WireResponse | None]:
    """The response to a preflight, or None for any other request and for routes without readers.

    A preflight names no client. So each origin of any client may ask.
    """
    origin = request.header(b"origin")
    method = request.header(b"access-control-request-method")
    route = _route(table, method, request.path) if request.method == "OPTIONS" else None
    if origin is None or method is None or route is None or route.readers is None:
        return None
    if route.readers == ANY_ORIGIN:
        return _permission(ANY_ORIGIN, method, _ALL_HEADERS)
    if (yield from CheckOrigin(origin)):
        return _permission(origin, method, _ALLOWED_HEADERS)
    return WireResponse(204, b"", None, _VARY)


def _route(table: RoutingTable, method: str | None, path: str) -> Route | None:
    match = table.find(method, path) if method else None
    return match.route if match else None


def _readers(route: Route, request: WireRequest) -> Asking[Collection[str]]:
    """The origins; none for a request that the dialect refuses to read."""
    try:
        return (yield from route.readers(request)) if callable(route.readers) else ()
    except Refusal:
        return ()


def _permission(origin: str, method: str, headers: bytes) -> WireResponse:
    return WireResponse(
        204,
        b"",
        None,
        (
            *(() if origin == ANY_ORIGIN else _VARY),
            _allow(origin),
            (b"access-control-allow-methods", method.encode("latin-1")),
            (b"access-control-allow-headers", headers),
            (b"access-control-max-age", _MAX_AGE),
        ),
    )


def _allow(origin: str | None) -> tuple[bytes, bytes]:
    return b"access-control-allow-origin", (origin or "").encode("latin-1")
