"""Every refusal in Kibo's one form. The cause of a refusal is in the audit log only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import UNSET

from reticket.core.errors import Code, Refusal, ReticketError
from reticket.dialects.kibo.answers import answer
from reticket.dialects.kibo.schemas import Error, ErrorDatum, ExceptionDetail, encode
from reticket.wire import WireRequest, WireResponse, retry_after

APPLICATION_NAME = "AppDev"


class Failure(NamedTuple):
    """A status, an error code and a sentence."""

    status: int
    error_code: str
    message: str


_BAD_PARAMETER = "MISSING_OR_INVALID_PARAMETER"
_WRONG_CREDENTIALS = Failure(401, "INVALID_CREDENTIALS", "The credentials are not valid.")
_BAD_TICKET = Failure(401, "INVALID_ACCESS_TOKEN", "The refresh token is missing or not valid.")
_NO_PATH = Failure(404, "ITEM_NOT_FOUND", "There is no such path.")

REFUSALS: Mapping[Code, Failure] = {
    Code.MALFORMED: Failure(400, _BAD_PARAMETER, "The body cannot be read."),
    Code.INVALID_PARAMETER: Failure(400, _BAD_PARAMETER, "A parameter is missing or not valid."),
    Code.MISSING_TOKEN: _BAD_TICKET,
    Code.INVALID_CREDENTIALS: _WRONG_CREDENTIALS,
    Code.SUBJECT_DISABLED: _WRONG_CREDENTIALS,
    Code.SUBJECT_INACTIVE: _WRONG_CREDENTIALS,
    Code.INVALID_TOKEN: _BAD_TICKET,
    Code.INVALID_ACCESS_TOKEN: Failure(
        401, "INVALID_ACCESS_TOKEN", "The access token is missing or not valid."
    ),
    Code.ACCESS_DENIED: Failure(403, "UNAUTHORIZED", "There is no access to this for you."),
    Code.NOT_FOUND: Failure(404, "ITEM_NOT_FOUND", "There is no such thing."),
    Code.NO_ROUTE: _NO_PATH,
    Code.METHOD_NOT_ALLOWED: Failure(
        405, "METHOD_NOT_ALLOWED", "This path does not have that method."
    ),
    Code.UNSUPPORTED_MEDIA_TYPE: Failure(
        415, "UNSUPPORTED_MEDIA_TYPE", "The body must be application/json."
    ),
    Code.UNSUPPORTED_ENCODING: Failure(
        415, "UNSUPPORTED_MEDIA_TYPE", "The body must not have a content encoding."
    ),
    Code.TOO_LARGE: Failure(413, "REQUEST_TOO_LARGE", "The body is too large."),
    Code.TOO_MANY_ATTEMPTS: Failure(
        429, "TOO_MANY_REQUESTS", "There were too many attempts; try again later."
    ),
    Code.UNAVAILABLE: Failure(
        503, "SERVICE_UNAVAILABLE", "The service is not available; try again later."
    ),
    Code.INTERNAL: Failure(500, "INTERNAL_SERVER_ERROR", "Something went wrong."),
}


def refuse(request: WireRequest, error: ReticketError, *, debug: bool) -> WireResponse:
    """The response to an error; with `debug` it contains the internal cause."""
    failure = REFUSALS[error.code]
    body = Error(
        application_name=APPLICATION_NAME,
        error_code=failure.error_code,
        message=failure.message,
        additional_error_data=_data(error),
        items=[],
        exception_detail=_internal_cause(error) if debug else UNSET,
    )
    return answer(request, failure.status, encode(body), headers=retry_after(error))


def _data(error: ReticketError) -> list[ErrorDatum]:
    if not isinstance(error, Refusal) or not error.parameter:
        return []
    return [ErrorDatum(error.parameter, error.detail or "is not valid")]


def _internal_cause(error: ReticketError) -> ExceptionDetail:
    cause = error.cause if isinstance(error, Refusal) else None
    return ExceptionDetail(str(error.code), str(cause or ""))
