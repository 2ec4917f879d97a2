"""A vendor whose clients have one token, and send it in `Authorization` without a scheme.

There is no such vendor. In this repository only a test has the dialect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from reticket.core.commands import BeginSession, FactorRule, Refresh, SignIn
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

ONETOKEN_2026 = Policy("ONETOKEN_2026", 900, 7 * DAY, 365 * DAY, 30, Reuse.TOLERATE)
USER = "onetoken.user"


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """A person whom the vendor knows."""

    nick: Annotated[str, Meta(min_length=1, description="the name that others see")]
    verified: Annotated[bool, Meta(description="whether the e-mail address is verified")] = True


_DEMO = {"ada@example.com": {"nick": "Ada"}, "alan@example.com": {"nick": "Alan"}}
PERSON = Part("onetoken", Person, "onetoken", demo=_DEMO)


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator may set.

    Args:
        second_factor: clients cannot ask for one, so a person who has one is refused. With `ignore`
            such a person signs in by password alone.
        longest_name: characters of a name at a sign-in.
    """

    second_factor: Literal["refuse", "ignore"] = "refuse"
    longest_name: Annotated[int, Meta(ge=1)] = 200


class Credentials(Struct):
    """An e-mail address and its password."""

    name: Annotated[str, Meta(min_length=1)]
    password: Annotated[str, Meta(min_length=1)]


class Signed(Struct):
    """The one token, and the name of its person."""

    token: str
    nick: str


class Fault(Struct):
    """A refusal."""

    error: str


class Failure(NamedTuple):
    """A status and a sentence."""

    status: int
    error: str


_BODY = Failure(400, "The body is not valid.")
_CREDENTIALS = Failure(400, "The name or the password is wrong.")
_TOKEN = Failure(401, "The token is not valid.")

REFUSALS: Mapping[Code, Failure] = {
    **dict.fromkeys(Code, Failure(500, "Something went wrong.")),
    **dict.fromkeys((Code.MALFORMED, Code.INVALID_PARAMETER), _BODY),
    **dict.fromkeys((Code.MISSING_TOKEN, Code.INVALID_TOKEN, Code.INVALID_ACCESS_TOKEN), _TOKEN),
    **dict.fromkeys((Code.INVALID_CREDENTIALS, Code.SUBJECT_DISABLED), _CREDENTIALS),
    Code.SUBJECT_INACTIVE: _CREDENTIALS,
    Code.ACCESS_DENIED: Failure(403, "This is not allowed."),
    **dict.fromkeys((Code.NOT_FOUND, Code.NO_ROUTE), Failure(404, "There is no such path.")),
    Code.METHOD_NOT_ALLOWED: Failure(405, "There is no such method."),
    Code.UNSUPPORTED_MEDIA_TYPE: Failure(415, "Send JSON."),
    Code.UNSUPPORTED_ENCODING: Failure(415, "Send the body without an encoding."),
    Code.TOO_LARGE: Failure(413, "The body is too large."),
    Code.TOO_MANY_ATTEMPTS: Failure(429, "Too many requests."),
    Code.UNAVAILABLE: Failure(503, "Try again."),
}


def claims(facts: Facts) -> Mapping[str, object]:
    """The members of a token that clients look for."""
    person = PERSON.of(facts.holder) if isinstance(facts.holder, User) else None
    return {"nick": person.nick if person else ""}


KIND = TokenKind(USER, ONETOKEN_2026, symmetric=True, refresh_claims=claims, part=PERSON.dialect)


def log_in(options: Options, request: WireRequest) -> Operation:
    """Sign in."""
    said = _credentials(request)
    if len(said.name) > options.longest_name:
        raise Refusal(Code.INVALID_PARAMETER)
    factor = FactorRule(options.second_factor)
    user = yield from SignIn(USER, said.name, said.password, PERSON.dialect, factor)
    return _signed((yield from BeginSession(USER, user)))


def renew(request: WireRequest) -> Operation:
    """Exchange the token for a new one."""
    token = request.bare_token()
    if token is None:
        raise Refusal(Code.MISSING_TOKEN)
    return _signed((yield from Refresh(USER, token, part=PERSON.dialect)))


def _credentials(request: WireRequest) -> Credentials:
    try:
        return msgspec.convert(parse_json(request.body), Credentials)
    except msgspec.ValidationError:
        raise Refusal(Code.INVALID_PARAMETER) from None


def _signed(issued: Issued) -> WireResponse:
    person = PERSON.of(issued.holder) if isinstance(issued.holder, User) else None
    if person is None:
        raise Refusal(Code.INVALID_TOKEN, Cause.NO_ACCESS)
    body = msgspec.json.encode(Signed(issued.refresh_token, person.nick))
    return WireResponse(200, body, headers=((b"cache-control", b"no-store"),))


def _described(summary: str, body: Any, faults: Sequence[int]) -> Described:
    return Described(
        summary=summary,
        tags=("Tokens",),
        body=body,
        body_required=body is not None,
        answers={200: Answer(type=Signed), **{each: Answer(type=Fault) for each in faults}},
        security=[] if body else [{"token": []}],
    )


class OneToken(Dialect):
    """The dialect: its routes and its answers to errors."""

    name = "onetoken"
    base_path = "/onetoken"
    kinds: Sequence[TokenKind] = (KIND,)
    presets: Sequence[Policy] = (ONETOKEN_2026,)
    person: Part[Any] | None = PERSON
    refusals: Mapping[Code, Failure] = REFUSALS
    guide: str = "A client has one token. It sends the token in `Authorization`.\n"
    document = Document(
        openapi="3.0.3",
        info={"title": "One token", "version": "1.0.0"},
        security_schemes={"token": {"type": "apiKey", "in": "header", "name": "Authorization"}},
    )
    examples: Sequence[Example] = (
        Example(
            "One token",
            ("POST", "/onetoken/login"),
            '{"name": "ada@example.com", "password": "correct horse"}',
            ("POST", "/onetoken/renew"),
            then_body="",
            then_headers={"Authorization": "REFRESH_TOKEN"},
            tokens={"REFRESH_TOKEN": "token"},
            refused='{"name": "alan@example.com", "password": "enigma-1912"}',
        ),
    )

    def __init__(self, options: Options) -> None:
        sign_in = _described("Log in", Credentials, (400, 413, 429, 503))
        refresh = _described("Renew the token", None, (401, 403, 413, 503))
        self.routes: Sequence[Route] = (
            Route("POST", "/login", partial(log_in, options), sign_in),
            Route("POST", "/renew", renew, refresh),
        )

    def refuse(self, request: WireRequest, error: ReticketError) -> WireResponse:
        """A status and a sentence."""
        failure = REFUSALS[error.code]
        body = msgspec.json.encode(Fault(failure.error))
        return WireResponse(failure.status, body, headers=retry_after(error))


def build(options: Options | None = None) -> OneToken:
    """The dialect as its options say."""
    return OneToken(options or Options())
