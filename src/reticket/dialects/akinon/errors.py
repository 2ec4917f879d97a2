"""Every refusal in Akinon's two forms. The cause of a refusal is in the audit log only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from reticket.core.errors import Code, Refusal, ReticketError
from reticket.dialects.akinon.inputs import Invalid
from reticket.dialects.akinon.schemas import UnauthorizedError, ValidationError, answer
from reticket.wire import WireResponse, retry_after


class Failure(NamedTuple):
    """A status and a sentence. With status 400 the sentence is about the invalid member."""

    status: int
    sentence: str
    member: str = "body"


_BAD_TOKEN = Failure(401, "The refresh token is not valid.")

REFUSALS: Mapping[Code, Failure] = {
    Code.MALFORMED: Failure(400, "is not valid JSON"),
    Code.INVALID_PARAMETER: Failure(400, "is not valid"),
    Code.MISSING_TOKEN: Failure(400, "is required", "refreshToken"),
    Code.INVALID_CREDENTIALS: Failure(401, "The username or the password is wrong."),
    Code.SUBJECT_DISABLED: Failure(401, "The username or the password is wrong."),
    Code.SUBJECT_INACTIVE: Failure(401, "The username or the password is wrong."),
    Code.INVALID_TOKEN: _BAD_TOKEN,
    Code.INVALID_ACCESS_TOKEN: Failure(401, "A valid access token is required."),
    Code.ACCESS_DENIED: _BAD_TOKEN,
    Code.NOT_FOUND: Failure(404, "There is no such thing here."),
    Code.NO_ROUTE: Failure(404, "There is no such path."),
    Code.METHOD_NOT_ALLOWED: Failure(405, "This path does not have that method."),
    Code.UNSUPPORTED_MEDIA_TYPE: Failure(415, "The body must be application/json."),
    Code.UNSUPPORTED_ENCODING: Failure(415, "The body must not have a content encoding."),
    Code.TOO_LARGE: Failure(413, "The body is too large."),
    Code.TOO_MANY_ATTEMPTS: Failure(429, "There were too many attempts; try again later."),
    Code.UNAVAILABLE: Failure(503, "The service is not available; try again later."),
    Code.INTERNAL: Failure(500, "Something went wrong."),
}


def refuse(error: ReticketError) -> WireResponse:
    """The answer to any error."""
    failure = REFUSALS[error.code]
    body: ValidationError | UnauthorizedError
    if failure.status == 400:
        body = ValidationError(_faults(error, failure))
    else:
        body = UnauthorizedError([failure.sentence])
    return answer(failure.status, body, retry_after(error))


def _faults(error: ReticketError, failure: Failure) -> dict[str, list[str]]:
    if isinstance(error, Invalid):
        return dict(error.faults)
    if isinstance(error, Refusal) and error.parameter:
        return {error.parameter: [error.detail or failure.sentence]}
    return {failure.member: [failure.sentence]}
