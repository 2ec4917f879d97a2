"""The origins of the setting `cors_origins`, whose pages may read all responses but some."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware

from reticket.http.asgi import Asgi, Receive, Scope, Send
from reticket.http.correlation import correlated
from reticket.http.cross_origin import EXPOSED
from reticket.wire import ANY_ORIGIN

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def readable(app: Asgi, origins: Sequence[str], but_for: tuple[str, ...]) -> Asgi:
    """The application, with responses that pages of other origins may read.

    Args:
        app: the application.
        origins: the allowed origins; `*` for all.
        but_for: prefixes of the paths whose responses they may not read.
    """
    if not origins:
        return app
    with_cors = CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=_METHODS,
        allow_headers=("*",),
        expose_headers=EXPOSED,
    )

    def allows(scope: Scope) -> bool:
        """Whether the setting has the origin; for all others the dialects decide."""
        origin = dict(scope["headers"]).get(b"origin", b"")
        return ANY_ORIGIN in origins or origin.decode("latin-1") in origins

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(but_for) or not allows(scope):
            await app(scope, receive, send)
        else:
            await with_cors(scope, receive, correlated(send) if _is_preflight(scope) else send)

    return answer


def _is_preflight(scope: Scope) -> bool:
    """Whether the middleware answers the request itself, so that it needs a correlation id here."""
    names = {name for name, _ in scope["headers"]}
    return scope["method"] == "OPTIONS" and b"access-control-request-method" in names
