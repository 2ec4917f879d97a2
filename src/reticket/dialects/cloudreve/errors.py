"""Every refusal in Cloudreve's envelope: its code and message, and the HTTP status.

The status is 200, except for refusals of the service itself. A client that receives the status 401
neither signs out nor retries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import UNSET

from reticket.core.errors import Cause, Code, Refusal, ReticketError
from reticket.dialects.cloudreve.schemas import FailureResponse, enveloped
from reticket.dialects.cloudreve.tokens import uuid_text
from reticket.wire import Headers, WireRequest, WireResponse, retry_after


class Failure(NamedTuple):
    """A failure's code, message and HTTP status. The body of a 404 is plain text, no envelope."""

    code: int
    msg: str
    status: int = 200


BAD_PARAMETER = 40001
UNREADABLE_TOKEN = Failure(40020, "Failed to parse token")
NO_APP = Failure(404, "App not found")
INSUFFICIENT_SCOPE = Failure(40089, "Insufficient scope")
WRONG_CAPTCHA = Failure(40026, "CAPTCHA not match.")
UNREADABLE_ID = Failure(BAD_PARAMETER, "Failed to parse object ID")
_NO_PAIR = Failure(40020, "Failed to issue token pair")
_NO_PAGE = Failure(404, "404 page not found", 404)

REFUSALS: Mapping[Code, Failure] = {
    Code.MALFORMED: Failure(BAD_PARAMETER, "Parameter error"),
    Code.INVALID_PARAMETER: Failure(BAD_PARAMETER, "JSON marshall error"),
    Code.MISSING_TOKEN: Failure(BAD_PARAMETER, "RefreshToken cannot be empty"),
    Code.INVALID_CREDENTIALS: Failure(40080, "Incorrect password or email address"),
    Code.SUBJECT_DISABLED: Failure(40017, "This account has been blocked"),
    Code.SUBJECT_INACTIVE: Failure(40018, "This account is not activated"),
    Code.INVALID_TOKEN: _NO_PAIR,
    Code.INVALID_ACCESS_TOKEN: Failure(401, "Login required"),
    Code.ACCESS_DENIED: _NO_PAIR,
    Code.NOT_FOUND: Failure(404, "User not found"),
    Code.NO_ROUTE: _NO_PAGE,
    Code.METHOD_NOT_ALLOWED: _NO_PAGE,
    Code.UNSUPPORTED_MEDIA_TYPE: Failure(BAD_PARAMETER, "Parameter error"),
    Code.UNSUPPORTED_ENCODING: Failure(BAD_PARAMETER, "Unsupported content encoding", 415),
    Code.TOO_LARGE: Failure(BAD_PARAMETER, "Request body too large"),
    Code.TOO_MANY_ATTEMPTS: Failure(42900, "Too many attempts"),
    Code.UNAVAILABLE: Failure(50001, "Service unavailable", 503),
    Code.INTERNAL: Failure(50005, "Internal error"),
}

LIMIT_STATUSES: Mapping[Code, int] = {Code.TOO_LARGE: 413, Code.TOO_MANY_ATTEMPTS: 429}
"""The statuses of limits, where a setting asks for them. The web frontend shows the text of a
failure only if its status is 200.
"""

_NO_LOGIN_USER = Failure(50001, "failed to get login user")
_WRONG_FACTOR = Failure(40022, "Incorrect 2FA code")
_BY_CAUSE: Mapping[tuple[Code, Cause | None], Failure] = {
    (Code.INVALID_CREDENTIALS, Cause.WRONG_FACTOR): _WRONG_FACTOR,
    (Code.INVALID_CREDENTIALS, Cause.FACTOR_LOCKED): _WRONG_FACTOR,
    (Code.NOT_FOUND, Cause.NO_SESSION): Failure(404, "Session not found"),
    (Code.ACCESS_DENIED, Cause.WRONG_SCOPE): INSUFFICIENT_SCOPE,
    (Code.INVALID_ACCESS_TOKEN, Cause.WRONG_USE): Failure(40020, "Invalid token type"),
    (Code.INVALID_ACCESS_TOKEN, Cause.DISABLED): _NO_LOGIN_USER,
    (Code.INVALID_ACCESS_TOKEN, Cause.INACTIVE): _NO_LOGIN_USER,
    (Code.INVALID_ACCESS_TOKEN, Cause.SUBJECT_GONE): Failure(404, "User not found"),
}


def refuse(
    request: WireRequest, error: ReticketError, statuses: Mapping[Code, int], *, debug: bool
) -> WireResponse:
    """The response to an error. `statuses` has the HTTP statuses that are not 200 by setting; with
    `debug` the response contains the internal cause.
    """
    failure = _failure(error)
    if failure.status == 404:
        return WireResponse(404, failure.msg.encode(), b"text/plain")
    failure = failure._replace(status=statuses.get(error.code, failure.status))
    internal = _internal_cause(error) if debug else None
    return failed(request, failure, internal, retry_after(error))


def failed(
    request: WireRequest, failure: Failure, internal: str | None = None, headers: Headers = ()
) -> WireResponse:
    """The envelope of a failure."""
    envelope = FailureResponse(
        code=failure.code,
        msg=failure.msg,
        error=internal or UNSET,
        correlation_id=UNSET
        if failure.code == BAD_PARAMETER
        else uuid_text(request.caller.correlation_id),
    )
    return enveloped(envelope, failure.status, headers)


def _failure(error: ReticketError) -> Failure:
    if not isinstance(error, Refusal):
        return REFUSALS[error.code]
    if error.parameter:
        return Failure(BAD_PARAMETER, f"{error.parameter} {error.detail or 'is invalid'}")
    return _BY_CAUSE.get((error.code, error.cause)) or REFUSALS[error.code]


def _internal_cause(error: ReticketError) -> str:
    cause = error.cause if isinstance(error, Refusal) else None
    return f"{error.code}: {cause}" if cause else str(error.code)
