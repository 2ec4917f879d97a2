"""A dependency for Starlette and FastAPI: `Depends(Guard(tokens, "orders.read", base=...))`.

Annotations are objects here, not text, because FastAPI reads those of a callable object.
"""

import logging
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reticket.verify._fastapi import SecurityBase, SecurityScopes
from reticket.verify.authentication import Authentication
from reticket.verify.keys import KeysUnavailable
from reticket.verify.metadata import HEADERS, ProtectedResource
from reticket.verify.rejections import Rejected
from reticket.verify.tokens import AccessTokens, Token

METADATA_METHODS = ("GET", "HEAD", "OPTIONS")

_log = logging.getLogger("reticket.verify")


class Guard(SecurityBase):
    """Accepts requests whose token has all these scopes; `await guard(request)` returns the token.

    It logs why it refuses, without any part of the token, to the logger `reticket.verify`. FastAPI
    lists it in the application's OpenAPI document as the security scheme `reticket`.

    Args:
        tokens: shared by all guards of a program.
        scopes: what a request needs.
        base: the public address of this server, such as `https://orders.example.com`. A proof
            contains the whole address of its request (RFC 9449 §4.3). The `Host` header cannot be
            trusted for that, because the client chooses it. Without it the origin of `resource`.
        resource: the metadata that a refusal points to (RFC 9728 §5.1); serve them at
            `metadata_route`.
        authentication: how the person must have signed in (RFC 9470).

    Raises:
        ValueError: proofs are accepted and there is no `base`, or `base` is not such an address.
    """

    scheme_name = "reticket"

    def __init__(
        self,
        tokens: AccessTokens,
        *scopes: str,
        base: str | None = None,
        resource: ProtectedResource | None = None,
        authentication: Authentication | None = None,
    ) -> None:
        self._tokens = tokens
        self._scopes = scopes
        self._base = _checked(tokens, resource.origin if resource and base is None else base)
        self._resource = resource
        self._authentication = authentication
        self.model: Any = {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": _described(tokens),
        }

    async def __call__(self, request: Request, security_scopes: SecurityScopes = None) -> Token:  # type: ignore[assignment]
        """The token of the request. HTTPException 401 or 403 with its challenge, or 503.

        FastAPI collects the scopes of `Security(guard, scopes=[...])`; the token needs these too.
        """
        scopes = [*self._scopes, *(security_scopes.scopes if security_scopes else ())]
        try:
            return await run_in_threadpool(self._admit, request, scopes)
        except Rejected as rejection:
            raise self.refusal(rejection) from rejection
        except KeysUnavailable as failure:
            _log.warning("a request is answered 503: %s", failure)
            raise HTTPException(503, headers={"Retry-After": "10"}) from failure

    def require(
        self, token: Token, *scopes: str, authentication: Authentication | None = None
    ) -> None:
        """Check that an admitted token has these scopes as well, or came by another sign-in.
        Rejected, for all scopes that the request needs.
        """
        self._tokens.require(token, [*self._scopes, *scopes], authentication)

    def refusal(self, rejection: Rejected) -> HTTPException:
        """The response to a refused request, with its challenge. Logs the reason."""
        _log.warning("a request is refused with %d: %s", rejection.status, rejection)
        resource = self._resource
        challenge = resource.challenge(rejection) if resource else rejection.challenge
        return HTTPException(rejection.status, rejection.error, {"WWW-Authenticate": challenge})

    def _admit(self, request: Request, scopes: list[str]) -> Token:
        uri = f"{self._base}{_path_of(request)}"
        authorization = request.headers.getlist("authorization")
        proofs = request.headers.getlist("dpop")
        return self._tokens.admit(
            request.method, uri, authorization, proofs, scopes, self._authentication
        )


def metadata_route(resource: ProtectedResource) -> Route:
    """The route of a resource server's metadata: `app.routes.append(metadata_route(resource))`."""

    async def tell(request: Request) -> Response:
        return metadata_response(resource, request.method)

    return Route(resource.path, tell, methods=METADATA_METHODS, include_in_schema=False)


def metadata_response(resource: ProtectedResource, method: str) -> Response:
    """The metadata; without a body to the preflight of a browser."""
    if method == "OPTIONS":
        return Response(status_code=204, headers=HEADERS)
    return Response(resource.body, headers=HEADERS, media_type="application/json")


def _checked(tokens: AccessTokens, base: str | None) -> str:
    if base is None:
        if tokens.proofs:
            raise ValueError(
                "Guard needs base, such as https://orders.example.com, to check proofs (DPoP); "
                "or AccessTokens(..., proofs=False) where no token is bound to a key"
            )
        return ""
    parts = urlsplit(base)
    more = parts.query or parts.fragment or "@" in parts.netloc or base.endswith(("/", "?", "#"))
    if parts.scheme not in ("http", "https") or not parts.hostname or more:
        raise ValueError(f"base must be like https://orders.example.com, is {base!r}")
    return base


def _described(tokens: AccessTokens) -> str:
    said = f"An access token of {tokens.issuer} for {tokens.audience}."
    more = " One that is bound to a key: as `DPoP`, with its proof (RFC 9449)."
    return said + (more if tokens.proofs else "")


def _path_of(request: Request) -> str:
    """The path as the client sent it: decoding it may give another path (RFC 3986 §2.4)."""
    raw: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    return raw.decode("latin-1")
