"""Answers below the path of the issuer as well: a proxy in front may take it away, or not."""

from __future__ import annotations

from reticket.http.asgi import Asgi, Receive, Scope, Send
from reticket.http.routing import RoutingTable


def also_below(path: str, table: RoutingTable, app: Asgi) -> Asgi:
    """An application that hears paths without that beginning.

    Args:
        path: of the issuer (RFC 8414 §3.1), empty where it has its host for itself.
        table: the routes that stand as they are, whatever they begin with.
        app: what answers.
    """
    if not path:
        return app

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_below(path, table, scope):
            scope = {**scope, "path": scope["path"].removeprefix(path)}
        await app(scope, receive, send)

    return answer


def _is_below(path: str, table: RoutingTable, scope: Scope) -> bool:
    if not scope["path"].startswith(f"{path}/"):
        return False
    match = table.find(scope["method"], scope["path"])
    return match is None or not (match.route or match.allowed)
