"""Bodies of requests and responses, as they are on the wire and in the OpenAPI document."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar, cast

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from reticket.core import people
from reticket.core.model import Issued
from reticket.dialects.cloudreve.profile import PERSON, Person
from reticket.wire import Headers, WireResponse

CONTENT_TYPE = b"application/json; charset=utf-8"
NO_CACHE = (b"cache-control", b"private, no-cache")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

encode = msgspec.json.Encoder().encode

T = TypeVar("T")

ResultCode = Annotated[
    int,
    Meta(
        description="Response code.\n`0` - Success.",
        examples=[0],
        extra_json_schema={"default": 0},
    ),
]
Message = Annotated[str, Meta(description="Human readable error message (if any).")]
InternalError = Annotated[
    str | None, Meta(description="Internal error message, only visable in debug mode.")
]
CorrelationId = Annotated[
    str | None,
    Meta(
        description="Correlation ID of the request. Only presented on failed reqeust.",
        examples=["b4351ecc-ee1a-4455-bc94-2c3dbcc58538"],
        extra_json_schema={"format": "uuid"},
    ),
]


class RefreshTokenRequest(Struct):
    """A refresh token, for a refresh or a sign-out."""

    refresh_token: Annotated[str, Meta(description="Refresh token.")]


class SignInRequest(Struct):
    """An e-mail and its password."""

    email: Annotated[str, Meta(extra_json_schema={"format": "email"})]
    password: Annotated[str, Meta(min_length=4, max_length=128)]
    captcha: Annotated[str, Meta(description="What the picture shows, where one is wanted.")] = ""
    ticket: Annotated[str, Meta(description="The picture's ticket.")] = ""


class SecondFactorRequest(Struct):
    """A one-time password for a sign-in whose password was right."""

    otp: str
    session_id: str


class Token(Struct):
    """A pair of tokens with their expiry times."""

    access_token: Annotated[
        str, Meta(description="Access token that can be used to request API on user's behalf.")
    ]
    refresh_token: Annotated[
        str,
        Meta(
            description="Refresh token that can be used to refresh a new pair of access token and "
            "refresh token."
        ),
    ]
    access_expires: Annotated[
        datetime, Meta(tz=True, description="Expiration date of the access token.")
    ]
    refresh_expires: Annotated[
        datetime, Meta(tz=True, description="Expiration date of the refresh token.")
    ]


class Group(Struct):
    """The group of a user."""

    id: str
    name: str
    permission: Annotated[str, Meta(description="Standard base64 of a bit set.")]


class User(Struct, kw_only=True):
    """A user. Only the anonymous user has the member `anonymous`, and no e-mail and status."""

    id: str
    email: str | UnsetType = UNSET
    nickname: str
    status: str | UnsetType = UNSET
    created_at: Annotated[datetime, Meta(tz=True)]
    anonymous: bool | UnsetType = UNSET
    group: Group


class SignedIn(Struct):
    """The user who signed in, and the pair."""

    user: User
    token: Token


class Prepared(Struct):
    """The ways in which a user may sign in."""

    webauthn_enabled: bool
    password_enabled: bool


class Success(Struct, Generic[T]):
    """The envelope of a success."""

    code: ResultCode
    data: T
    msg: Message = ""
    error: InternalError | UnsetType = UNSET
    correlation_id: CorrelationId | UnsetType = UNSET


class TokenResponse(Success[Token]):
    """A new pair."""


class SignInResponse(Success[SignedIn]):
    """A sign-in."""


class PrepareResponse(Success[Prepared]):
    """The ways to sign in, for the sign-in page."""


class UserResponse(Success[User]):
    """The user of the bearer token."""


class Response(Struct):
    """The envelope of a response whose data is a text."""

    code: ResultCode
    data: str
    msg: Message = ""
    error: InternalError | UnsetType = UNSET
    aggregated_error: (
        Annotated[
            dict[str, Response] | None,
            Meta(
                description="Map of multiple error in batch request. The key is the failed "
                "resource ID, it could be a file URI or a resource ID, the value is a `Response`."
            ),
        ]
        | UnsetType
    ) = UNSET
    correlation_id: CorrelationId | UnsetType = UNSET


class TextResponse(Response):
    """A text. Clients that are generated in Python have another class `Response` themselves."""


class FailureResponse(Struct, forbid_unknown_fields=True):
    """The envelope of a failure."""

    code: Annotated[int, Meta(description="What went wrong; never `0`.", ge=1)]
    msg: Annotated[Message, Meta(min_length=1)]
    error: InternalError | UnsetType = UNSET
    correlation_id: CorrelationId | UnsetType = UNSET


def token_of(issued: Issued) -> Token:
    """A pair with its expiry times."""
    return Token(
        issued.access_token,
        issued.refresh_token,
        time_of(issued.access_expires_at),
        time_of(issued.refresh_expires_at),
    )


def user_of(user: people.User) -> User:
    """A user with a cloud profile."""
    person = cast(Person, PERSON.of(user))
    return User(
        id=user.short_id,
        email=user.email,
        nickname=person.nickname,
        status="active",
        created_at=time_of(user.created_at),
        group=Group(person.group.id, person.group.name, person.group.shown_permission),
    )


ANONYMOUS = User(
    id="anonymous",
    nickname="Anonymous",
    created_at=_EPOCH,
    anonymous=True,
    group=Group("anonymous", "Anonymous", "AA=="),
)


def time_of(milliseconds: int) -> datetime:
    """An instant. It is encoded as RFC 3339 with `Z`, and six decimals of a second or none."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def succeeded(data: Any) -> WireResponse:
    """The envelope of a success."""
    return enveloped(Success(0, data))


def bare(body: Struct, status: int = 200) -> WireResponse:
    """A response without an envelope."""
    return WireResponse(status, encode(body), CONTENT_TYPE, (NO_CACHE,))


def enveloped(envelope: Struct, status: int = 200, headers: Headers = ()) -> WireResponse:
    """A response with the headers that every response of Cloudreve has."""
    return WireResponse(status, encode(envelope), CONTENT_TYPE, (NO_CACHE, *headers))
