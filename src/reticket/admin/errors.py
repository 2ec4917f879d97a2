"""Every refusal of the admin API as a problem (RFC 9457).

The answer says what was wrong with the request, since the caller is an operator's program. Only
the audit log says why a token was refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from reticket.core.errors import Cause, Code, Refusal, ReticketError
from reticket.crypto.key_lifecycle import KeyRefused
from reticket.directory.errors import AlreadyExists, DirectoryError
from reticket.wire import Headers, WireResponse, retry_after

NO_STORE: Headers = ((b"cache-control", b"no-store"),)
PROBLEM = b"application/problem+json"

REFUSALS: Mapping[Code, HTTPStatus] = {
    Code.MALFORMED: HTTPStatus.BAD_REQUEST,
    Code.INVALID_PARAMETER: HTTPStatus.BAD_REQUEST,
    Code.MISSING_TOKEN: HTTPStatus.UNAUTHORIZED,
    Code.INVALID_CREDENTIALS: HTTPStatus.CONFLICT,
    Code.SUBJECT_DISABLED: HTTPStatus.CONFLICT,
    Code.SUBJECT_INACTIVE: HTTPStatus.CONFLICT,
    Code.INVALID_TOKEN: HTTPStatus.BAD_REQUEST,
    Code.INVALID_ACCESS_TOKEN: HTTPStatus.UNAUTHORIZED,
    Code.ACCESS_DENIED: HTTPStatus.FORBIDDEN,
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.NO_ROUTE: HTTPStatus.NOT_FOUND,
    Code.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    Code.UNSUPPORTED_MEDIA_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Code.UNSUPPORTED_ENCODING: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Code.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Code.TOO_MANY_ATTEMPTS: HTTPStatus.TOO_MANY_REQUESTS,
    Code.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_SENTENCES: Mapping[Code, str] = {
    Code.INVALID_CREDENTIALS: "The user was changed meanwhile.",
    Code.SUBJECT_DISABLED: "The user is disabled.",
    Code.SUBJECT_INACTIVE: "The user is not active.",
    Code.UNSUPPORTED_MEDIA_TYPE: "The body must be application/json.",
    Code.UNSUPPORTED_ENCODING: "The body must not have a content encoding.",
}
_CHALLENGES: Mapping[Code, bytes] = {
    Code.MISSING_TOKEN: b'Bearer realm="admin"',
    Code.INVALID_ACCESS_TOKEN: b'Bearer realm="admin", error="invalid_token"',
    Code.ACCESS_DENIED: b'Bearer realm="admin", error="insufficient_scope", scope="admin"',
}
"""RFC 6750 §3."""


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457 §3; `code` is the word for programs."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None


class Declined(Refusal):
    """A refusal with its own sentence: the request conflicts with existing data.

    Args:
        sentence: for the operator.
        retry_after: seconds.
    """

    def __init__(
        self,
        sentence: str,
        status: HTTPStatus = HTTPStatus.CONFLICT,
        code: Code = Code.INVALID_PARAMETER,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code, Cause.USED if status == 409 else None, retry_after=retry_after)
        self.status = status
        self.sentence = sentence


def missing(what: str) -> Refusal:
    """NOT_FOUND for a name in the path or the body."""
    return Refusal(Code.NOT_FOUND, parameter=what, detail="is not there")


def refusal_of(error: ReticketError) -> ReticketError:
    """The same error; the error of a verb becomes a refusal with the verb's sentence."""
    if isinstance(error, AlreadyExists | KeyRefused):
        return Declined(str(error))
    if isinstance(error, DirectoryError):
        return Declined(str(error), REFUSALS[error.code], error.code)
    return error


def refuse(error: ReticketError) -> WireResponse:
    """The answer to any error."""
    status = error.status if isinstance(error, Declined) else REFUSALS[error.code]
    problem = Problem("about:blank", status.phrase, status.value, error.code, _sentence(error))
    challenge = _CHALLENGES.get(error.code)
    headers = (*NO_STORE, *retry_after(error))
    if challenge:
        headers = (*headers, (b"www-authenticate", challenge))
    return WireResponse(status.value, msgspec.json.encode(problem), PROBLEM, headers)


def _sentence(error: ReticketError) -> str | None:
    if isinstance(error, Declined):
        return error.sentence
    if isinstance(error, Refusal) and error.detail:
        return f"{error.parameter or 'The request'} {error.detail}."
    return _SENTENCES.get(error.code)
