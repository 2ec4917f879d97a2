"""Error responses (RFC 6749 §5.2). Only the audit log has the exact cause."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple

import msgspec

from reticket.core.commands import Audit
from reticket.core.errors import Cause, Code, Refusal, ReticketError
from reticket.dialects.oauth.inputs import FORM
from reticket.verify.jose import ALGORITHMS
from reticket.wire import Headers, Operation, WireRequest, WireResponse, retry_after

NO_STORE: Headers = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))

INTROSPECTION = "/introspect"
"""The endpoint that resource servers call, and no browser."""


class Failure(NamedTuple):
    """The status, `error` and `error_description` of a response. They are the same for
    every cause.
    """

    status: int
    error_code: str
    description: str


_INVALID_CLIENT = Failure(401, "invalid_client", "The client could not be authenticated.")
_INVALID_GRANT = Failure(400, "invalid_grant", "The grant is not valid.")

REFUSALS: Mapping[Code, Failure] = {
    Code.MALFORMED: Failure(400, "invalid_request", "The request cannot be read."),
    Code.INVALID_PARAMETER: Failure(400, "invalid_request", "A parameter is not valid."),
    Code.MISSING_TOKEN: Failure(400, "invalid_request", "A token is missing."),
    Code.INVALID_CREDENTIALS: _INVALID_CLIENT,
    Code.SUBJECT_DISABLED: _INVALID_GRANT,
    Code.SUBJECT_INACTIVE: _INVALID_GRANT,
    Code.INVALID_TOKEN: _INVALID_GRANT,
    Code.INVALID_ACCESS_TOKEN: Failure(401, "invalid_token", "The access token is not valid."),
    Code.ACCESS_DENIED: Failure(400, "access_denied", "The subject may not have that."),
    Code.NOT_FOUND: Failure(404, "not_found", "There is no such thing here."),
    Code.NO_ROUTE: Failure(404, "not_found", "There is no such path."),
    Code.METHOD_NOT_ALLOWED: Failure(405, "invalid_request", "This path has no such method."),
    Code.UNSUPPORTED_MEDIA_TYPE: Failure(
        400, "invalid_request", "The body must be application/x-www-form-urlencoded."
    ),
    Code.UNSUPPORTED_ENCODING: Failure(
        415, "invalid_request", "The body must not have a content encoding."
    ),
    Code.TOO_LARGE: Failure(413, "invalid_request", "The body is too large."),
    Code.TOO_MANY_ATTEMPTS: Failure(
        429, "temporarily_unavailable", "There were too many attempts; try again later."
    ),
    Code.UNAVAILABLE: Failure(
        503, "temporarily_unavailable", "The service is not available; try again later."
    ),
    Code.INTERNAL: Failure(500, "server_error", "Something went wrong."),
}


class OAuthError(Refusal):
    """A refusal with an error code that an RFC registers.

    Args:
        error_code: the member `error`.
        description: the member `error_description`, for the developer of the client; it repeats no
            value of the request.
        cause: for the audit log.
        status: of the response.
        headers: in addition to the usual ones.
        retry_after: seconds after which the same request may succeed.
        audited: whether the audit log already has the refusal, as it has all that a `check` raises.
    """

    def __init__(
        self,
        error_code: str,
        description: str,
        cause: Cause | None = None,
        *,
        status: int = 400,
        headers: Headers = (),
        retry_after: int | None = None,
        audited: bool = False,
    ) -> None:
        super().__init__(Code.INVALID_PARAMETER, cause, detail=description, retry_after=retry_after)
        self.failure = Failure(status, error_code, description)
        self.headers = headers
        self.audited = audited


def oauth_error(code: Code, cause: Cause | None, *, audited: bool = False) -> OAuthError:
    """A refusal of the dialect with the same bytes as the refusal of the service."""
    status, error_code, description = REFUSALS[code]
    return OAuthError(error_code, description, cause, status=status, audited=audited)


def insufficient_scope(scheme: str, scope: str) -> OAuthError:
    """The refusal of a valid access token without that scope (RFC 6750 §3.1).

    Args:
        scheme: of the challenge, `Bearer` or `DPoP`.
        scope: what the request needs.
    """
    error = "insufficient_scope"
    challenge = _challenge_header(scheme, f'error="{error}"', f'scope="{scope}"')
    sentence = f"The access token lacks the scope {scope}."
    return OAuthError(error, sentence, Cause.WRONG_SCOPE, status=403, headers=(challenge,))


class ErrorResponse(msgspec.Struct):
    """RFC 6749 §5.2."""

    error: str
    error_description: str


def failure_of(error: ReticketError) -> Failure:
    """The failure for an error; its description names the wrong parameter."""
    if isinstance(error, OAuthError):
        return error.failure
    failure = REFUSALS[error.code]
    if isinstance(error, Refusal) and error.parameter:
        return failure._replace(description=f"{error.parameter} {error.detail or 'is not valid'}.")
    return failure


def error_response(request: WireRequest, error: ReticketError) -> WireResponse:
    """The JSON response for any error."""
    failure = failure_of(error)
    body = msgspec.json.encode(ErrorResponse(failure.error_code, failure.description))
    headers = [*NO_STORE, *retry_after(error), *_challenge(request, failure)]
    headers += error.headers if isinstance(error, OAuthError) else ()
    return WireResponse(failure.status, body, headers=headers)


def audited(
    resource: str, operate: Callable[[WireRequest], Operation]
) -> Callable[[WireRequest], Operation]:
    """The same operation, with an audit event for each refusal that only the dialect knows.

    Args:
        resource: the token kind of the event.
        operate: the operation.
    """

    def run(request: WireRequest) -> Generator[Any, Any, WireResponse]:
        try:
            return (yield from operate(request))
        except Refusal as refusal:
            if cause := audit_cause(refusal):
                yield from Audit(resource, "refused", cause)
            raise

    return run


_MALFORMED_CODES = frozenset(
    {Code.MALFORMED, Code.INVALID_PARAMETER, Code.MISSING_TOKEN, Code.UNSUPPORTED_MEDIA_TYPE}
)
"""Refusals that are found before any command, so the service has not audited them."""


def audit_cause(refusal: Refusal) -> str | None:
    """The cause for the audit log, or None when the service has audited the refusal."""
    if isinstance(refusal, OAuthError):
        return None if refusal.audited else refusal.cause or refusal.failure.error_code
    return refusal.cause or refusal.code if refusal.code in _MALFORMED_CODES else None


def _challenge(request: WireRequest, failure: Failure) -> Headers:
    """`WWW-Authenticate` (RFC 9110 §11.6.1).

    A Basic challenge makes a browser ask for a password. So it is sent only at the introspection
    endpoint, or when the request had an `Authorization` header (RFC 6749 §5.2).
    """
    if failure.status != 401:
        return ()
    authorization = request.header(b"authorization")
    if failure.error_code == _INVALID_CLIENT.error_code:
        is_challenged = authorization is not None or request.path.endswith(INTROSPECTION)
        return (_challenge_header("Basic", _REALM),) if is_challenged else ()
    scheme = (authorization or "").partition(" ")[0].lower()
    if not scheme and not _has_token_in_body(request):
        return (_challenge_header("Bearer", _REALM), _challenge_header("DPoP", _ALGORITHMS))
    error = f'error="{failure.error_code}"'
    return (
        _challenge_header("DPoP", error, _ALGORITHMS)
        if scheme == "dpop"
        else _challenge_header("Bearer", error),
    )


def _has_token_in_body(request: WireRequest) -> bool:
    """Whether the form has an access token (RFC 6750 §2.2)."""
    return request.content_type() == FORM and b"access_token=" in request.body


_REALM = 'realm="reticket"'
"""A challenge has at least one parameter (RFC 6750 §3)."""

_ALGORITHMS = f'algs="{" ".join(ALGORITHMS)}"'
"""The algorithms of proofs (RFC 9449 §7.1)."""


def _challenge_header(scheme: str, *parameters: str) -> tuple[bytes, bytes]:
    return b"www-authenticate", f"{scheme} {', '.join(parameters)}".encode()
