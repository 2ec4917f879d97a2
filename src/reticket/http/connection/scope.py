"""A request as an ASGI application sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reticket.http.asgi import Scope
from reticket.http.connection.head import Head

Address = tuple[str, int] | None
"""Address and port of one end of a connection."""


def scope_of(
    head: Head, scheme: str, client: Address, server: Address, state: Mapping[str, Any]
) -> Scope:
    """The connection scope (ASGI HTTP 2.3).

    Args:
        head: of the request.
        scheme: http or https, as the client uses it.
        client: the client's address, read behind trusted proxies.
        server: the address where it was accepted.
        state: of the application's lifespan.
    """
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": head.version,
        "method": head.method,
        "scheme": scheme,
        "path": head.path,
        "raw_path": head.raw_path,
        "query_string": head.query,
        "root_path": "",
        "headers": head.headers,
        "client": client,
        "server": server,
        "state": dict(state),
    }
