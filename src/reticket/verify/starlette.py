"""A dependency for Starlette and FastAPI: `Depends(Guard(tokens, "orders.read"))`.

Annotations stand here as objects, not as text: FastAPI reads those of a callable object.
"""

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from reticket.verify.keys import KeysUnavailable
from reticket.verify.tokens import AccessTokens, Rejected, Token


class Guard:
    """Lets requests pass whose token has all these scopes; `await guard(request)` is the token.

    Args:
        tokens: shared by all guards of a program.
        scopes: what a request needs.
        base: scheme and host as clients write them, where a proxy has changed them; None takes
            the request's own.
    """

    def __init__(self, tokens: AccessTokens, *scopes: str, base: str | None = None) -> None:
        self._tokens = tokens
        self._scopes = scopes
        self._base = base

    async def __call__(self, request: Request) -> Token:
        """The token of the request. HTTPException 401 or 403 with its challenge, 503."""
        try:
            return await run_in_threadpool(self._admit, request)
        except Rejected as rejection:
            headers = {"WWW-Authenticate": rejection.challenge}
            raise HTTPException(rejection.status, rejection.error, headers) from rejection
        except KeysUnavailable as failure:
            raise HTTPException(503, headers={"Retry-After": "10"}) from failure

    def _admit(self, request: Request) -> Token:
        uri = f"{self._base or _base_of(request)}{_path_of(request)}"
        authorization = request.headers.getlist("authorization")
        proofs = request.headers.getlist("dpop")
        return self._tokens.admit(request.method, uri, authorization, proofs, self._scopes)


def _base_of(request: Request) -> str:
    return f"{request.scope['scheme']}://{request.headers.get('host', '')}"


def _path_of(request: Request) -> str:
    """As its sender wrote it: a decoded one is another (RFC 3986 §2.4)."""
    raw: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    return raw.decode("latin-1")
