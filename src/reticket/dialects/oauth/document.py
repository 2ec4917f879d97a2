"""The parts of the OpenAPI document that cannot be made from types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reticket.dialects.oauth.errors import ErrorResponse
from reticket.dialects.oauth.inputs import FORM
from reticket.wire import Answer, Described, Document, Parameter

DOCUMENT = Document(
    openapi="3.0.3",
    info={"title": "OAuth 2.0 and OpenID Connect", "version": "1.0.0"},
    tags=(
        {"name": "tokens", "description": "Tokens: got, refreshed, revoked, looked into."},
        {"name": "authorization", "description": "People sign in and consent."},
        {"name": "registration", "description": "Clients register themselves, where that is on."},
        {"name": "discovery", "description": "What a client needs to know beforehand."},
    ),
    security_schemes={
        "client": {"type": "http", "scheme": "basic"},
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    },
)

PAGE = "text/html"
FAILURES = {
    400: "Bad Request",
    401: "Unauthorized",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    429: "Too Many Requests; `Retry-After` says for how long",
    503: "Service Unavailable; `Retry-After` says for how long",
}
FAILURES_OF_SCOPE = {**FAILURES, 403: "Forbidden: the access token lacks a scope"}
"""The failures of an endpoint that needs an access token with a scope."""


def describe_endpoint(
    summary: str,
    tag: str,
    success: Mapping[int, Any],
    body: Any = None,
    parameters: tuple[Parameter, ...] = (),
    media_types: tuple[str, ...] = ("application/json",),
    security: tuple[Mapping[str, tuple[str, ...]], ...] = (),
    failures: Mapping[int, str] = FAILURES,
) -> Described:
    """An operation, its responses and its errors.

    Args:
        summary: one line for people.
        tag: the group of the operation.
        success: the type of each successful response, by status.
        body: a Struct whose members are the parameters of the form.
        parameters: those of the query.
        media_types: of successful responses.
        security: the alternatives by which a caller authenticates.
        failures: the phrase of each error response, by status.
    """
    successes = {status: Answer(None, kind, media_types) for status, kind in success.items()}
    errors = {status: Answer(phrase, ErrorResponse) for status, phrase in failures.items()}
    return Described(
        summary=summary,
        tags=(tag,),
        parameters=parameters,
        body=body,
        body_required=body is not None,
        body_media_types=(FORM,),
        answers=successes | errors,
        security=security,
    )


def describe_page(
    summary: str, body: Any = None, parameters: tuple[Parameter, ...] = ()
) -> Described:
    """A page for people, or the redirect back to the client."""
    failures = {**FAILURES, 403: "Forbidden", 404: "Not Found"}
    pages = {200: "A page", **failures}
    answers = {status: Answer(phrase, str, (PAGE,)) for status, phrase in pages.items()}
    return Described(
        summary=summary,
        tags=("authorization",),
        parameters=parameters,
        body=body,
        body_required=body is not None,
        body_media_types=(FORM,),
        answers={**answers, 303: Answer("Back to the client")},
        security=(),
    )
