"""The waist between bytes and commands: requests, responses, routes, the Dialect protocol.

Owns the only parsing of bodies and queries. Knows no framework, no dialect, no store.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl

import msgspec

from reticket.core.commands import Asking
from reticket.core.errors import Code, Refusal, ReticketError, Unavailable
from reticket.core.handover import OldSignIn
from reticket.core.model import Caller
from reticket.core.policy import Policy
from reticket.core.profiles import Part
from reticket.core.realms import Realms
from reticket.core.tokens.kinds import TokenKind
from reticket.wire_examples import Example

Headers = Sequence[tuple[bytes, bytes]]


class Secretive(msgspec.Struct, frozen=True):
    """Contains secrets: no member is shown in a log or a trace."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"


class WireRequest(Secretive, frozen=True):
    """A whole request.

    Args:
        method: upper case.
        path: percent-decoded, as the client sent it.
        query: raw, without `?`.
        headers: names in lower case.
        parameters: values of the route's `{names}`.
    """

    method: str
    path: str
    query: bytes
    headers: Headers
    body: bytes
    caller: Caller
    parameters: Mapping[str, str] = {}

    def header(self, name: bytes) -> str | None:
        """The first header of that (lower-case) name."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return None

    def bearer(self) -> str | None:
        """The token of `Authorization: Bearer` (RFC 6750 §2.1), None without one."""
        scheme, _, token = (self.header(b"authorization") or "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    def bare_token(self) -> str | None:
        """The token of `Authorization` without a scheme, as some vendors' clients send it; None
        without one. `Bearer` may stand before it.
        """
        said = (self.header(b"authorization") or "").strip()
        return (self.bearer() if " " in said or said.lower() == "bearer" else said) or None

    def content_type(self) -> str:
        """The media type in lower case without parameters; empty when none was sent."""
        said = dict(reversed(self.headers)).get(b"content-type", b"")
        return said.decode("latin-1").partition(";")[0].strip().lower()

    def query_values(self) -> dict[str, str]:
        """Query parameters: lower-case names, the first of repeated ones, empty ones left out.
        MALFORMED.
        """
        values: dict[str, str] = {}
        for name, value in parse_pairs(self.query):
            if value:
                values.setdefault(name.lower(), value)
        return values


class WireResponse(Secretive, frozen=True):
    """A whole answer. `content_type` None sends none (an empty body)."""

    status: int
    body: bytes
    content_type: bytes | None = b"application/json"
    headers: Headers = ()


Operation = Asking[WireResponse]
"""An operation of a dialect: yields commands, is sent their results (or has their errors thrown
in), returns the answer. What it raises goes to the dialect's `refuse`."""


ANY_ORIGIN: Literal["*"] = "*"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    Args:
        method: upper case.
        path: below the dialect's base path. A path that contains `/.well-known/` (RFC 8615) is a
            whole one. One segment may be `{name}`, which matches any text.
        operate: starts the operation.
        describe: the OpenAPI operation object, without what types say.
        readers: the origins whose pages may read the response to a request. It is asked only
            when a page has sent the request. `ANY_ORIGIN` is every origin, None is none.
        begins: whether a GET stores something for the answer, as a new session. HEAD is then 405.
    """

    method: str
    path: str
    operate: Callable[[WireRequest], Operation]
    describe: Described | None = None
    readers: Callable[[WireRequest], Asking[Collection[str]]] | Literal["*"] | None = None
    begins: bool = False

    def answers(self, method: str) -> bool:
        """Whether it answers that method. HEAD is answered like GET (RFC 9110 §9.3.2), but changes
        nothing (§9.2.1).
        """
        return method == self.method or (
            method == "HEAD" and self.method == "GET" and not self.begins
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in the OpenAPI document: by default the phrase of its status, and no body."""

    description: str | None = None
    type: Any = None
    media_types: tuple[str, ...] = ("application/json",)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in the OpenAPI document. `type` is a Python type with msgspec.Meta."""

    name: str
    location: str
    type: Any
    description: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """What the OpenAPI document says of a route, in the words of its seed where there is one.

    Args:
        body: type of the request body, or None.
        answers: by status.
        security: overrides the document's, as OpenAPI spells it; None inherits.
    """

    summary: str
    tags: tuple[str, ...]
    answers: Mapping[int, Answer]
    description: str | None = None
    operation_id: str | None = None
    parameters: tuple[Parameter, ...] = ()
    body: Any = None
    body_required: bool = False
    body_description: str | None = None
    body_media_types: tuple[str, ...] = ("application/json",)
    security: Sequence[Mapping[str, Sequence[str]]] | None = None
    deviation: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What the OpenAPI document says beside its routes, in OpenAPI's own members."""

    openapi: str
    info: Mapping[str, Any]
    servers: Sequence[Mapping[str, Any]] = ()
    tags: Sequence[Mapping[str, Any]] = ()
    security: Sequence[Mapping[str, Sequence[str]]] = ()
    security_schemes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """A line of the table of what the service speaks.

    Args:
        title: what clients get.
        paths: where, as people write them.
        kind: the name of the kind of its tokens.
    """

    title: str
    paths: Sequence[str]
    kind: str


@dataclass(frozen=True, slots=True)
class Errand:
    """Work that no request causes.

    Args:
        name: what it is, for the log.
        find: looks for work; returns at most so many pieces of it.
        at_once: pieces that a process does at the same time.
    """

    name: str
    find: Callable[[int], Asking[Sequence[Asking[None]]]]
    at_once: int


class Dialect(Protocol):
    """One wire dialect. A module of `reticket.dialects` whose `build(options)` returns one.

    Attributes:
        name: the module's.
        base_path: where its routes begin.
        kinds: the kinds of its tokens.
        refusals: a wire form for every Code; the form is the dialect's own affair.
        document: what its OpenAPI document says beside its routes.
        examples: requests that work against the demo directory.
        offers: lines of the table of what the service speaks; without any, one is made.
        guide: text of its page, in Markdown: what a client of it must know.
        presets: its own policies; settings and clients name them.
        pages: beginnings of paths below `base_path` that are pages for people. No page of another
            origin may read them, whatever the setting `cors_origins` says.
        person / tenant / program: what it needs to know of one, or None.
        realms: where it keeps people apart from those of the usual realm.
        algorithms: signature algorithms that its clients may want at any time.
        unused_days: days after which a client that registered itself and was not used is removed,
            or None.
        otherwise: the operation for a request below `base_path` that no route answers. It raises
            NO_ROUTE for a path that is not the dialect's; None refuses every such request.
        errands: its work that no request causes.
        old_sign_in: how the vendor's own server is asked whose a password is, while people move in
            from it; None for a vendor without one.
        correlation_header: a request header (lower case) with a UUID of the client's, or None.
    """

    name: str
    base_path: str
    kinds: Sequence[TokenKind]
    routes: Sequence[Route]
    refusals: Mapping[Code, Any]
    document: Document
    examples: Sequence[Example] = ()
    offers: Sequence[Offer] = ()
    guide: str = ""
    presets: Sequence[Policy] = ()
    pages: Sequence[str] = ()
    person: Part[Any] | None = None
    tenant: Part[Any] | None = None
    program: Part[Any] | None = None
    realms: Sequence[Realms] = ()
    algorithms: Sequence[str] = ()
    unused_days: int | None = None
    errands: Sequence[Errand] = ()
    old_sign_in: OldSignIn | None = None
    correlation_header: bytes | None = None
    otherwise: Callable[[WireRequest], Operation] | None = None

    def refuse(self, request: WireRequest, error: ReticketError) -> WireResponse:
        """The dialect's answer to any error, its own and the service's."""
        ...


def retry_after(error: ReticketError) -> Headers:
    """`Retry-After` (RFC 9110 §10.2.3) for an error that says when to come back."""
    if not isinstance(error, Refusal | Unavailable) or error.retry_after is None:
        return ()
    return ((b"retry-after", b"%d" % error.retry_after),)


def _pairs(text: bytes) -> list[tuple[str, str]]:
    said = text.decode("latin-1")
    if "%" in said or "+" in said:
        return parse_qsl(said, keep_blank_values=True, encoding="utf-8")
    return [part.partition("=")[::2] for part in said.split("&") if part]


MOST_PAIRS = 256
"""Pairs of a form or a query. No endpoint has more than 20 names, of which two may be repeated. A
megabyte of empty pairs would block the event loop for 80 ms.
"""

LONGEST_FORM = 65_536
"""Bytes of a form or a query, as many as headers may have. Bodies may be longer for JSON."""

MOST_ESCAPES = 8192
"""Escapes of a form or a query: each makes a string, and a megabyte of `%` takes half a second."""


def parse_pairs(text: bytes) -> list[tuple[str, str]]:
    """The pairs of a form body or a raw query in order, repeated names and all. MALFORMED, also
    for one that is too long, and for too many pairs or escapes.
    """
    if len(text) > LONGEST_FORM:
        raise Refusal(Code.MALFORMED, detail=f"is longer than {LONGEST_FORM} bytes")
    if text.count(b"%") > MOST_ESCAPES:
        raise Refusal(Code.MALFORMED, detail=f"has more than {MOST_ESCAPES} percent signs")
    if text.count(b"&") >= MOST_PAIRS:
        raise Refusal(Code.MALFORMED, detail=f"has more than {MOST_PAIRS} parameters")
    try:
        return _pairs(text)
    except ValueError:
        raise Refusal(Code.MALFORMED, detail="is not a form") from None


def parse_form(body: bytes) -> dict[str, str]:
    """An `application/x-www-form-urlencoded` body: names as sent, the last of repeated ones.
    MALFORMED.
    """
    return dict(parse_pairs(body))


MOST_COMMAS = 4096
"""Commas of a JSON text. No endpoint has more than 100 values. A megabyte of numbers would block
the event loop for 400 ms. Commas in strings count too; a password has 128 at most.
"""


def parse_json(body: bytes) -> Any:
    """A whole JSON text (RFC 8259). Malformed, too deep, too many values, not UTF-8: MALFORMED."""
    if body.count(b",") > MOST_COMMAS:
        raise Refusal(Code.MALFORMED, detail="has too many values")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Refusal(Code.MALFORMED, detail="is not valid JSON") from None
