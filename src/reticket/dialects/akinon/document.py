"""The parts of Akinon's OpenAPI document that do not follow from the types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reticket.dialects.akinon.schemas import UnauthorizedError, ValidationError
from reticket.wire import Answer, Described, Document

DOCUMENT = Document(
    openapi="3.0.3",
    info={"title": "AppMaker API - OAS 3.0", "version": "1.0.0"},
    tags=(
        {"name": "auth", "description": "Authentication and session management."},
        {"name": "refresh-token", "description": "Operations related to refresh token."},
    ),
    servers=(
        {"url": "https://abp-api.akinon.net/api/v1", "description": "Production server"},
        {"url": "https://abptest-api.akinon.net/api/v1", "description": "Test server"},
        {"url": "http://localhost:5001/api/v1", "description": "Local server"},
    ),
    security=({"bearerAuth": []}, {"accessToken": []}),
    security_schemes={
        "bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "accessToken": {"type": "apiKey", "in": "header", "name": "x-access-token"},
    },
)

_UNAUTHORIZED = {401: Answer("Unauthorized", UnauthorizedError)}
_OF_THE_BODY = {
    400: Answer("Bad Request", ValidationError),
    413: Answer("Content Too Large", UnauthorizedError),
    415: Answer("Unsupported Media Type", UnauthorizedError),
    429: Answer("Too Many Requests; `Retry-After` says for how long", UnauthorizedError),
}
_OF_THE_SERVICE = {
    503: Answer("Service Unavailable; `Retry-After` says for how long", UnauthorizedError),
}


def described(
    summary: str,
    description: str,
    operation_id: str,
    tags: tuple[str, ...],
    success: Mapping[int, Any],
    body: Any = None,
) -> Described:
    """An operation with all its responses. `success` maps a status to the type of the body."""
    return Described(
        summary=summary,
        description=description,
        operation_id=operation_id,
        tags=tags,
        body=body,
        body_required=body is not None,
        answers={
            **{status: Answer(type=kind) for status, kind in success.items()},
            **_UNAUTHORIZED,
            **(_OF_THE_BODY if body else {}),
            **_OF_THE_SERVICE,
        },
    )
