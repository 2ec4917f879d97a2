"""Answers below the path of the issuer as well: a proxy in front may take it away, or not."""

from __future__ import annotations

from reticket.http.asgi import Asgi, Receive, Scope, Send


def also_below(path: str, beginnings: tuple[str, ...], app: Asgi) -> Asgi:
    """An application that hears some paths without that of the issuer, and no others: what is
    kept from the public at the proxy has one address.

    Args:
        path: of the issuer (RFC 8414 §3.1), empty where it has its host for itself.
        beginnings: of the paths that are below it.
        app: what answers.
    """
    if not path:
        return app
    below = tuple(f"{path}{beginning}" for beginning in beginnings)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(below):
            scope = {**scope, "path": scope["path"].removeprefix(path)}
        await app(scope, receive, send)

    return answer
