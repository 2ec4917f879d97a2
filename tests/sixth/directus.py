"""Directus: sign-in, refresh and sign-out of a headless CMS. In this repository only a test has it.

Owns its words: `data`, `errors`, lifetimes in milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Meta, Struct

from reticket.core.commands import BeginSession, EndSession, FactorRule, ReadAccess, Refresh, SignIn
from reticket.core.errors import Cause, Code, Refusal, ReticketError
from reticket.core.model import Issued
from reticket.core.people import User
from reticket.core.policy import DAY, Policy, Reuse
from reticket.core.profiles import Part
from reticket.core.tokens.kinds import Facts, TokenKind
from reticket.wire import (
    Answer,
    Described,
    Dialect,
    Document,
    Operation,
    Route,
    WireRequest,
    WireResponse,
    parse_json,
    retry_after,
)
from reticket.wire_examples import Example

S = TypeVar("S", bound=Struct)

DIRECTUS_2026 = Policy("DIRECTUS_2026", 900, 7 * DAY, 365 * DAY, 10, Reuse.REVOKE)
USER = "directus.user"
_OVER = frozenset({Cause.UNKNOWN, Cause.REVOKED, Cause.EXPIRED})


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """A user of the CMS; without a role the person is unknown here."""

    role: Annotated[str, Meta(min_length=1, description="the name of the role")]


class Project(Struct, frozen=True, forbid_unknown_fields=True):
    """What a tenant is called there."""

    project: Annotated[str, Meta(min_length=1)]


_DEMO = {"ada@example.com": {"role": "Editor"}, "alan@example.com": {"role": "Viewer"}}
PERSON = Part("directus", Person, "directus", demo=_DEMO)


def told(facts: Facts) -> Mapping[str, object]:
    """What a resource server may want to know of the user."""
    person = PERSON.of(facts.holder) if isinstance(facts.holder, User) else None
    return {"role": person.role} if person else {}


KIND = TokenKind(USER, DIRECTUS_2026, symmetric=True, part="directus", told=told)
TENANT = Part("directus", Project, "directus", demo={1000: {"project": "Acme"}})


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator may set.

    Args:
        second_factor: this dialect does not ask for one, so a person who has one is refused. With
            `ignore` such a person signs in by password alone.
    """

    second_factor: Literal["refuse", "ignore"] = "refuse"


class Credentials(Struct):
    """An e-mail and its password."""

    email: str
    password: str


class RefreshToken(Struct):
    """A refresh token, to exchange it or to sign out."""

    refresh_token: str


class Pair(Struct):
    """A pair of tokens; `expires` is in milliseconds."""

    access_token: str
    expires: int
    refresh_token: str


class PairAnswer(Struct):
    """The envelope of a pair."""

    data: Pair


class Me(Struct):
    """Who signed in."""

    id: str
    email: str
    role: str


class MeAnswer(Struct):
    """The envelope of a user."""

    data: Me


class Extensions(Struct):
    """The machine's word of an error."""

    code: str


class Fault(Struct):
    """One error."""

    message: str
    extensions: Extensions


class Faults(Struct):
    """A refusal."""

    errors: list[Fault]


class Failure(NamedTuple):
    """A status, a code and a sentence."""

    status: int
    code: str
    message: str


_PAYLOAD = Failure(400, "INVALID_PAYLOAD", "Invalid payload.")
_CREDENTIALS = Failure(401, "INVALID_CREDENTIALS", "Invalid user credentials.")
_NO_ROUTE = Failure(404, "ROUTE_NOT_FOUND", "Route doesn't exist.")
_INSIDE = Failure(500, "INTERNAL_SERVER_ERROR", "An unexpected error occurred.")

REFUSALS: Mapping[Code, Failure] = {
    **dict.fromkeys(Code, _INSIDE),
    Code.MALFORMED: _PAYLOAD,
    Code.INVALID_PARAMETER: _PAYLOAD,
    Code.MISSING_TOKEN: _PAYLOAD,
    Code.INVALID_CREDENTIALS: _CREDENTIALS,
    Code.SUBJECT_DISABLED: _CREDENTIALS,
    Code.SUBJECT_INACTIVE: _CREDENTIALS,
    Code.INVALID_TOKEN: _CREDENTIALS,
    Code.INVALID_ACCESS_TOKEN: Failure(401, "TOKEN_EXPIRED", "Token expired."),
    Code.ACCESS_DENIED: Failure(403, "FORBIDDEN", "You don't have permission to access this."),
    Code.NOT_FOUND: _NO_ROUTE,
    Code.NO_ROUTE: _NO_ROUTE,
    Code.METHOD_NOT_ALLOWED: Failure(405, "METHOD_NOT_ALLOWED", "Invalid method."),
    Code.UNSUPPORTED_MEDIA_TYPE: Failure(415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported media type."),
    Code.UNSUPPORTED_ENCODING: Failure(
        415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported content encoding."
    ),
    Code.TOO_LARGE: Failure(413, "CONTENT_TOO_LARGE", "Content too large."),
    Code.TOO_MANY_ATTEMPTS: Failure(429, "REQUESTS_EXCEEDED", "Too many requests."),
    Code.UNAVAILABLE: Failure(503, "SERVICE_UNAVAILABLE", "Service unavailable."),
}


def log_in(factor: FactorRule, request: WireRequest) -> Operation:
    """Sign in."""
    said = _read(request, Credentials)
    user = yield from SignIn(USER, said.email, said.password, PERSON.dialect, factor)
    issued = yield from BeginSession(USER, user)
    return _answer(PairAnswer(_pair(issued)))


def refresh(request: WireRequest) -> Operation:
    """Exchange a refresh token."""
    token = _read(request, RefreshToken).refresh_token
    issued = yield from Refresh(USER, token, part=PERSON.dialect)
    return _answer(PairAnswer(_pair(issued)))


def log_out(request: WireRequest) -> Operation:
    """End a session; one that is over already is as good."""
    token = _read(request, RefreshToken).refresh_token
    try:
        yield from EndSession(USER, token)
    except Refusal as refusal:
        if refusal.cause not in _OVER:
            raise
    return WireResponse(204, b"", None)


def me(request: WireRequest) -> Operation:
    """Who signed in."""
    token = request.bearer()
    if not token:
        raise Refusal(Code.INVALID_ACCESS_TOKEN)
    _, holder = yield from ReadAccess((USER,), token)
    person = PERSON.of(holder) if isinstance(holder, User) else None
    if person is None:
        raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.NO_ACCESS)
    return _answer(MeAnswer(Me(holder.id, holder.email, person.role)))


def _read(request: WireRequest, kind: type[S]) -> S:
    try:
        return msgspec.convert(parse_json(request.body), kind)
    except msgspec.ValidationError:
        raise Refusal(Code.INVALID_PARAMETER) from None


def _pair(issued: Issued) -> Pair:
    lifetime = issued.access_expires_at - issued.issued_at
    return Pair(issued.access_token, lifetime, issued.refresh_token)


def _answer(body: Struct) -> WireResponse:
    return WireResponse(200, msgspec.json.encode(body), headers=((b"cache-control", b"no-store"),))


def _described(summary: str, success: Any, body: Any = None) -> Described:
    status = 200 if success else 204
    faults = {400, 401, 413, 429, 503} if body else {401, 503}
    return Described(
        summary=summary,
        tags=("Authentication",),
        body=body,
        body_required=body is not None,
        answers={
            status: Answer("Good", success),
            **{fault: Answer("Refused", Faults) for fault in sorted(faults)},
        },
        security=[] if body else [{"bearer": []}],
    )


class Directus(Dialect):
    """The dialect: its routes and its answers to errors."""

    name = "directus"
    base_path = "/directus"
    kinds: Sequence[TokenKind] = (KIND,)
    presets: Sequence[Policy] = (DIRECTUS_2026,)
    person: Part[Any] | None = PERSON
    tenant: Part[Any] | None = TENANT
    refusals: Mapping[Code, Failure] = REFUSALS
    document = Document(
        openapi="3.0.3",
        info={"title": "Directus", "version": "1.0.0"},
        security_schemes={"bearer": {"type": "http", "scheme": "bearer"}},
    )
    examples: Sequence[Example] = (
        Example(
            "Directus",
            ("POST", "/directus/auth/login"),
            '{"email": "ada@example.com", "password": "correct horse"}',
            ("POST", "/directus/auth/refresh"),
            then_body='{"refresh_token": "REFRESH_TOKEN"}',
            refused='{"email": "alan@example.com", "password": "enigma-1912"}',
        ),
    )

    def __init__(self, options: Options) -> None:
        sign_in = partial(log_in, FactorRule(options.second_factor))
        self.routes: Sequence[Route] = (
            Route("POST", "/auth/login", sign_in, _described("Log in", PairAnswer, Credentials)),
            Route("POST", "/auth/refresh", refresh, _described("Renew", PairAnswer, RefreshToken)),
            Route("POST", "/auth/logout", log_out, _described("Log out", None, RefreshToken)),
            Route("GET", "/users/me", me, _described("Who signed in", MeAnswer)),
        )

    def refuse(self, request: WireRequest, error: ReticketError) -> WireResponse:
        """The list of errors."""
        failure = REFUSALS[error.code]
        body = Faults([Fault(failure.message, Extensions(failure.code))])
        return WireResponse(failure.status, msgspec.json.encode(body), headers=retry_after(error))


def build(options: Options | None = None) -> Directus:
    """The dialect as its options say."""
    return Directus(options or Options())
