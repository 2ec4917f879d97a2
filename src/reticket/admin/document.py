"""The texts of the admin API's OpenAPI document, and the makers of answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta

from reticket.admin.errors import NO_STORE, PROBLEM, Problem
from reticket.admin.idempotency import HEADER, LONGEST
from reticket.admin.inputs import LONGEST_PAGE, PAGE
from reticket.wire import Answer, Described, Document, Parameter, WireResponse

BASE = "/admin/v1"
DOCUMENT = Document(
    openapi="3.0.3",
    info={"title": "Admin API", "version": "1.0.0"},
    tags=(
        {"name": "sessions", "description": "Sessions: start, list, show, end."},
        {"name": "clients", "description": "OAuth clients."},
        {"name": "users", "description": "People."},
        {"name": "keys", "description": "The keys that sign and verify tokens."},
    ),
    security=({"admin": ()},),
    security_schemes={
        "admin": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token with the scope `admin`, by client credentials.",
        }
    },
)

ID = Parameter(
    "id", "path", str, "The id, as the list has it, percent-encoded as one segment.", required=True
)
LIMIT = Parameter("limit", "query", Annotated[int, Meta(ge=1, le=LONGEST_PAGE)], f"Default {PAGE}.")
CURSOR = Parameter("cursor", "query", str, "The `next` of the previous page.")
KEY = Parameter(
    HEADER,
    "header",
    Annotated[str, Meta(min_length=1, max_length=LONGEST)],
    "The same key with the same request within a day gets the same answer.",
)

_FAULTS = {
    400: "Bad Request",
    401: "Unauthorized: no access token, or an invalid one",
    403: "Forbidden: an access token without the scope `admin`",
    404: "Not Found",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable: the idempotency key has come with another request",
    503: "Service Unavailable; `Retry-After` says for how long",
}


def described(
    summary: str,
    tag: str,
    success: Mapping[int, Any],
    body: Any = None,
    parameters: tuple[Parameter, ...] = (),
) -> Described:
    """An operation and its answers; `success` has the type of each good answer by its status."""
    good = {status: Answer(type=kind) for status, kind in success.items()}
    faults = {
        status: Answer(phrase, Problem, (PROBLEM.decode(),)) for status, phrase in _FAULTS.items()
    }
    return Described(
        summary=summary,
        tags=(tag,),
        parameters=parameters,
        body=body,
        body_required=body is not None,
        answers=good | faults,
    )


def answered(said: object, status: int = 200) -> WireResponse:
    """A JSON answer that no cache may store."""
    return WireResponse(status, msgspec.json.encode(said), headers=NO_STORE)


def created(said: object, collection: str, name: str) -> WireResponse:
    """201 with the new record and its location."""
    location = (b"location", f"{BASE}/{collection}/{quote(name, safe='')}".encode())
    return WireResponse(201, msgspec.json.encode(said), headers=(*NO_STORE, location))


def empty() -> WireResponse:
    """An answer without a body."""
    return WireResponse(204, b"", None, NO_STORE)
