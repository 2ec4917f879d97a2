"""A whole application behind one guard: `app = ProtectedApp(app, tokens, "notes.read")`.

For applications that are not written with Starlette's routes, such as a server of the Model Context
Protocol. Knows no protocol but HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reticket.verify.authentication import Authentication
from reticket.verify.metadata import ProtectedResource
from reticket.verify.rejections import Rejected
from reticket.verify.starlette import METADATA_METHODS, Guard, metadata_response
from reticket.verify.tokens import AccessTokens, Token

_ADMISSION = "reticket"


@dataclass(slots=True)
class _Admission:
    """An admitted request, in the ASGI scope.

    Args:
        rejection: why a part of the application has refused it, or None.
    """

    guard: Guard
    token: Token
    rejection: Rejected | None = None


class ProtectedApp:
    """An ASGI application that answers only requests whose token has all these scopes.

    It serves its metadata (RFC 9728) to everybody. Other connections than HTTP are closed.

    Args:
        app: the application; its parts get the token by `require`.
        tokens: their audience is the address of the application, to the character.
        scopes: what every request needs.
        base: as `Guard` has it, where a proxy removes a part of the path.
        name: of the application, for people.

    Raises:
        ValueError: the audience is no address.
    """

    def __init__(
        self,
        app: ASGIApp,
        tokens: AccessTokens,
        *scopes: str,
        base: str | None = None,
        name: str = "",
    ) -> None:
        self._app = app
        self._resource = ProtectedResource(tokens, *scopes, name=name)
        self._guard = Guard(tokens, *scopes, base=base, resource=self._resource)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["path"] == self._resource.path and scope["method"] in METADATA_METHODS:
            await metadata_response(self._resource, scope["method"])(scope, receive, send)
        else:
            await self._guarded(scope, receive, send)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            token = await self._guard(Request(scope))
        except HTTPException as refusal:
            await _response(refusal)(scope, receive, send)
            return
        admission = scope[_ADMISSION] = _Admission(self._guard, token)
        await self._app(scope, receive, _Sender(admission, scope, receive, send))


def require(request: Request, *scopes: str, authentication: Authentication | None = None) -> Token:
    """The token of a request to a `ProtectedApp`, which has these scopes as well.

    The response is then a challenge, unless it has begun: 403 for a scope, 401 for a sign-in.

    Raises:
        Rejected: the token is not good for this.
        LookupError: the request came past `ProtectedApp`.
    """
    admission: _Admission | None = request.scope.get(_ADMISSION)
    if admission is None:
        raise LookupError("the request did not come through ProtectedApp")
    try:
        admission.guard.require(admission.token, *scopes, authentication=authentication)
    except Rejected as rejection:
        admission.rejection = rejection
        raise
    return admission.token


class _Sender:
    """Sends the application's response; a challenge instead where a part of it has refused."""

    def __init__(self, admission: _Admission, scope: Scope, receive: Receive, send: Send) -> None:
        self._admission = admission
        self._connection = (scope, receive, send)
        self._send = send
        self._has_replaced = False

    async def __call__(self, message: Message) -> None:
        rejection = self._admission.rejection
        if message["type"] == "http.response.start" and rejection is not None:
            self._has_replaced = True
            await _response(self._admission.guard.refusal(rejection))(*self._connection)
        elif not self._has_replaced:
            await self._send(message)


def _response(refusal: HTTPException) -> Response:
    return JSONResponse({"detail": refusal.detail}, refusal.status_code, refusal.headers)
