"""Bodies of requests and responses, as they are on the wire and in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, cast

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from reticket.core import people
from reticket.core.tokens.kinds import Facts
from reticket.dialects.akinon.profile import PERSON, Person
from reticket.wire import Headers, WireResponse

NO_STORE = (b"cache-control", b"no-store")
ID_DIGITS = 24
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_encode = msgspec.json.Encoder().encode

Id = Annotated[str, Meta(extra_json_schema={"pattern": "^[0-9a-fA-F]{24}$"})]


class RefreshTokenRequest(Struct, rename="camel"):
    """A refresh token, for a refresh or a log-out."""

    refresh_token: Annotated[str, Meta(description="Refresh token")]


class LoginRequest(Struct, rename="camel"):
    """An e-mail and its password."""

    username: Annotated[str, Meta(description="E-mail")]
    password: Annotated[str, Meta(description="Password")]


class RefreshTokenResponse(Struct, rename="camel"):
    """A pair of tokens. The access token contains their expiry times."""

    access_token: Annotated[str, Meta(description="Access token")]
    refresh_token: Annotated[str, Meta(description="Refresh token")]


class ProfileUser(Struct, rename="camel"):
    """A user."""

    id: Id
    email: str
    first_name: str | None
    last_name: str | None
    created_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class ProfileOrganization(Struct, rename="camel"):
    """The organization of a user."""

    id: Id
    name: str


class Profile(Struct, rename="camel"):
    """The user who signed in, and the user's organization and roles."""

    user: ProfileUser
    organization: ProfileOrganization
    roles: tuple[str, ...]
    user_type: str


class ValidationError(Struct, rename="camel"):
    """The messages about each invalid member of a request."""

    validation_error: dict[str, list[str]] | UnsetType = UNSET


class UnauthorizedError(Struct, rename="camel"):
    """A refusal in one sentence."""

    api_error: Annotated[list[str], Meta(description="Error message")] | UnsetType = UNSET


def profile_of(user: people.User) -> Profile:
    """The profile of a user with an organization."""
    person = cast(Person, PERSON.of(user))
    return Profile(
        ProfileUser(
            user.id[:ID_DIGITS],
            user.email,
            user.first_name,
            user.last_name,
            date_of(user.created_at),
        ),
        ProfileOrganization(person.id, person.name),
        person.roles,
        person.user_type,
    )


def access_claims(facts: Facts) -> Mapping[str, object]:
    """The claims of an access token that clients read: `sub` is the id in the profile."""
    return {"sub": facts.family.subject[:ID_DIGITS]}


def person_claims(facts: Facts) -> Mapping[str, object]:
    """What a resource server may want to know of the person."""
    person = PERSON.of(cast(people.User, facts.holder))
    return {"roles": person.roles, "organization": person.id} if person else {}


def date_of(milliseconds: int) -> str:
    """`2020-07-23T12:00:00.000Z`."""
    instant = _EPOCH + timedelta(milliseconds=milliseconds)
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def answer(status: int, body: Struct, headers: Headers = (NO_STORE,)) -> WireResponse:
    """A response whose body is a bare object."""
    return WireResponse(status, _encode(body), headers=headers)
