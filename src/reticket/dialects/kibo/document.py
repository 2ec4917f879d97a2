"""The parts of Kibo's OpenAPI documents that do not follow from the types, in one document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reticket.dialects.kibo.answers import MEDIA_TYPES
from reticket.dialects.kibo.fields import NAME
from reticket.dialects.kibo.schemas import Error, Int32
from reticket.wire import Answer, Described, Document, Parameter

TOKEN = "refreshToken"  # noqa: S105
APPLICATIONS = "AppAuthTickets"
DEVELOPERS = "DeveloperAdminAuthTicket"
ADMIN_USERS = "AdminAuthTicket"
TENANTS = "Tenants"
UNPROTECTED: Sequence[Mapping[str, Sequence[str]]] = ()

DOCUMENT = Document(
    openapi="3.0.1",
    info={
        "title": "Kibo Commerce",
        "description": "Authentication tickets of applications, developers, admin users and "
        "shoppers.",
        "version": "0.0.1",
    },
    servers=(
        {
            "description": "Kibo Base URL",
            "url": "{baseUrl}/api",
            "variables": {
                "baseUrl": {
                    "default": "https://t1000000.sb.usc1.gcp.kibocommerce.com",
                    "description": "Base URL",
                }
            },
        },
    ),
    tags=(
        {"name": APPLICATIONS, "description": "Authentication tickets of applications."},
        {"name": DEVELOPERS, "description": "Authentication tickets of developers."},
        {"name": ADMIN_USERS, "description": "Authentication tickets of admin users."},
        {"name": TENANTS, "description": "Tenants."},
        {"name": "CustomerAuthTickets", "description": "Authentication tickets of shoppers."},
        {"name": "CustomerAccounts", "description": "Accounts and logins of shoppers."},
    ),
    security=({"bearerAuth": []},),
    security_schemes={
        "bearerAuth": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "JWT Authorization header using the Bearer scheme.",
        }
    },
)

RESPONSE_FIELDS = Parameter(
    NAME, "query", str, "limits which fields are returned in the response body"
)
_OF_THE_BODY = {
    413: "The request body is too large.",
    415: "The request body is of an unknown type.",
    429: "Too many attempts; `Retry-After` says for how long.",
}
_REFUSED = {
    400: "A parameter is missing or not valid.",
    401: "The credentials or the token are not valid.",
    403: "There is no access to the tenant or account.",
    404: "There is no such thing.",
    503: "Nothing was decided; `Retry-After` says when to try again.",
}


def described(
    summary: str,
    description: str,
    tag: str,
    success: tuple[int, Any],
    *parameters: Parameter,
    body: Any = None,
    body_description: str | None = None,
    body_media_types: tuple[str, ...] = ("application/json",),
    security: Sequence[Mapping[str, Sequence[str]]] | None = None,
) -> Described:
    """An operation with all its responses. `success` is the status and the type of the body."""
    status, kind = success
    refused = _REFUSED | (_OF_THE_BODY if body else {})
    return Described(
        summary=summary,
        description=description,
        tags=(tag,),
        parameters=(*parameters, RESPONSE_FIELDS),
        body=body,
        body_description=body_description,
        body_media_types=body_media_types,
        answers={
            status: Answer(None, kind, MEDIA_TYPES),
            **{code: Answer(why, Error, MEDIA_TYPES) for code, why in refused.items()},
        },
        security=security,
    )


def in_path(name: str, kind: Any, description: str) -> Parameter:
    """A parameter of the path."""
    return Parameter(name, "path", kind, description, required=True)


def scope_parameter(name: str, description: str) -> Parameter:
    """The query parameter that names a scope."""
    return Parameter(name, "query", Int32, description)


REFRESH_TOKEN = Parameter(TOKEN, "query", str, "The refresh token of the session to end")
