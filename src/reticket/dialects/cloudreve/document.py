"""The parts of Cloudreve's OpenAPI document that do not follow from the types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reticket.dialects.cloudreve.schemas import FailureResponse
from reticket.wire import Answer, Described, Document, Parameter

DOCUMENT = Document(
    openapi="3.0.1",
    info={"title": "Cloudreve v4", "description": "Sessions of a cloud drive.", "version": "1.0.0"},
    security_schemes={"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
)

_OF_THE_SERVICE = {
    413: Answer("The request body is too large.", FailureResponse),
    415: Answer("The request body has a content encoding.", FailureResponse),
    429: Answer("Too many failed attempts; `Retry-After` says for how long.", FailureResponse),
    503: Answer("Nothing was decided; `Retry-After` says when to try again.", FailureResponse),
}


def open_to_all(
    summary: str,
    description: str,
    success: Any,
    *,
    area: str = "Session/Token",
    body: Any = None,
    parameters: Sequence[Parameter] = (),
) -> Described:
    """An operation that needs no bearer token."""
    return Described(
        summary=summary,
        description=description,
        tags=(area, "Auth: None"),
        parameters=tuple(parameters),
        body=body,
        answers=_answers(success),
        security=[],
    )


def raw(
    summary: str, description: str, success: Any, failure: Any, *, area: str, body: Any
) -> Described:
    """An operation of a form whose answers have no envelope, but for a form that is not valid."""
    described = open_to_all(summary, description, success, area=area, body=body)
    return replace(
        described,
        body_media_types=("application/x-www-form-urlencoded",),
        answers={**described.answers, 400: Answer("The code was not exchanged.", failure)},
    )


def signed_in(
    summary: str, description: str, success: Any, *, area: str, body: Any = None
) -> Described:
    """An operation that needs a bearer token."""
    return Described(
        summary=summary,
        description=description,
        tags=(area, "Auth: Required"),
        body=body,
        answers=_answers(success),
        security=[{"bearer": []}],
    )


def _answers(success: Any) -> Mapping[int, Answer]:
    """A failure has status 200 too; `code` in the envelope tells it from a success."""
    return {200: Answer("", success | FailureResponse), **_OF_THE_SERVICE}
