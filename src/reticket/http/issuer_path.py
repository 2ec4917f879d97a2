"""Serves paths below the issuer's path as well, for proxies that do not remove it."""

from __future__ import annotations

from reticket.http.asgi import Asgi, Receive, Scope, Send


def also_below(path: str, prefixes: tuple[str, ...], app: Asgi) -> Asgi:
    """The application, which also finds some of its paths below the issuer's path. Other paths keep
    one address, so that a proxy can keep them private.

    Args:
        path: of the issuer (RFC 8414 §3.1), empty when the issuer has its own host.
        prefixes: prefixes of the paths that are also served below it.
        app: the application.
    """
    if not path:
        return app
    below = tuple(f"{path}{prefix}" for prefix in prefixes)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(below):
            scope = {**scope, "path": scope["path"].removeprefix(path)}
            if "raw_path" in scope:
                scope["raw_path"] = _without(scope["raw_path"], path.count("/"))
        await app(scope, receive, send)

    return answer


def _without(raw_path: bytes, count: int) -> bytes:
    """The path without its first segments, which may have been sent percent-encoded."""
    return b"/" + b"/".join(raw_path.split(b"/")[count + 1 :])
