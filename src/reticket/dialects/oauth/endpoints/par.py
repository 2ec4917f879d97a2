"""Pushed authorisation requests (RFC 9126): a client says beforehand what its browser will ask
for, and who it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from reticket.core.commands import Asking, Now, Peek, Pop, PutIfAbsent, RandomBytes
from reticket.core.errors import Cause, wrong
from reticket.core.policy import SECOND
from reticket.core.storage.budget import of_account
from reticket.core.tokens.faces import to_text
from reticket.dialects.oauth.document import described
from reticket.dialects.oauth.endpoints.authorization_request import (
    AuthorizationForm,
    CodeRequest,
    form_of,
    identity,
    landing,
    understood,
)
from reticket.dialects.oauth.endpoints.client_authentication import authenticate
from reticket.dialects.oauth.endpoints.proof import Proof, invalid, prove, spend
from reticket.dialects.oauth.errors import NO_STORE, heard
from reticket.dialects.oauth.inputs import read_form
from reticket.dialects.oauth.pages.html import Halted
from reticket.dialects.oauth.pages.interaction import Person, too_old
from reticket.dialects.oauth.pages.rate_limits import limit_asking
from reticket.oauth.provider import CLIENT, Provider
from reticket.oauth.registration import owner_of
from reticket.wire import Operation, Route, Secretive, WireRequest, WireResponse

PATH = "/par"
JKT = "dpop_jkt"
PREFIX = "urn:ietf:params:oauth:request_uri:"
LIFETIME = 90
"""Seconds in which a browser may open it; as often as it likes, and so may whoever looks ahead."""

ANSWERED_WITHIN = 3600
"""Seconds in which whoever has opened it may sign in and consent."""

REMEMBERED = LIFETIME + ANSWERED_WITHIN + 60
"""Seconds that an answered one is known for: longer than anybody who has opened it may answer."""


class PushedForm(AuthorizationForm):
    """RFC 9126 §2.1."""

    client_secret: str | None = None
    client_assertion: str | None = None
    client_assertion_type: str | None = None


class Pushed(Secretive, frozen=True):
    """RFC 9126 §2.2."""

    request_uri: str
    expires_in: int


class Pushing:
    """The endpoint."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def push(self, request: WireRequest) -> Operation:
        """Keep a request that its client may make; who it is, is not kept."""
        form = read_form(request)
        registration, _ = yield from authenticate(request, form, self._provider)
        owner = owner_of(registration)
        if "request_uri" in form:
            raise wrong("request_uri", "cannot be pushed")
        order = understood(registration, form, landing(registration, form.get("redirect_uri")))
        yield from identity(form)
        yield from limit_asking("par", registration, request, self._provider)
        proof = yield from prove(request, self._provider, PATH)
        kept = dict(form_of(order, form))
        if proof is not None:
            kept[JKT] = _bound(form.get(JKT), proof)
            yield from spend(proof, owner)
        reference = PREFIX + to_text((yield from RandomBytes(32)))
        text = msgspec.json.encode(kept).decode()
        yield from PutIfAbsent(_key(digest_of(reference)), text, LIFETIME, owner)
        body = msgspec.json.encode(Pushed(reference, LIFETIME))
        return WireResponse(201, body, headers=NO_STORE)


def pushed(digest: str, client_id: str) -> Asking[list[tuple[str, str]]]:
    """What that client has pushed. To look at it spends nothing: a browser may load its page again,
    and scanners of links load it before a person does. Denied.
    """
    said = _read((yield from Peek(_key(digest))))
    if said.get("client_id") != client_id:
        sentence = "The request was used already, or took too long."
        raise Halted("invalid_request_uri", sentence, Cause.UNKNOWN)
    return list(said.items())


def opened(order: CodeRequest, digest: str) -> Asking[CodeRequest]:
    """The same request, to be answered in time."""
    now: int = yield from Now()
    return replace(order, pushed=digest, until=now + ANSWERED_WITHIN * SECOND)


def answer_once(order: CodeRequest, answer: str, person: Person | None) -> Asking[None]:
    """A pushed request is spent by its answer. Of many that have opened it one answers, and may
    repeat its answer. Denied.
    """
    if order.pushed is None:
        return
    now: int = yield from Now()
    if now > order.until:
        raise too_old(Cause.EXPIRED)
    mark = f"oauth:answered:{order.pushed}"
    owner = of_account(person.subject) if person else None
    if (
        not (yield from PutIfAbsent(mark, answer, REMEMBERED, owner))
        and (yield from Peek(mark)) != answer
    ):
        raise too_old(Cause.USED)
    yield from Pop(_key(order.pushed))


def routes(provider: Provider) -> tuple[Route, ...]:
    """The endpoint."""
    description = described(
        "Push an authorization request",
        "authorization",
        {201: Pushed},
        body=PushedForm,
        security=({}, {"client": ()}),
    )
    return (Route("POST", PATH, heard(CLIENT, Pushing(provider).push), description),)


def _bound(asked: str | None, proof: Proof) -> str:
    """The key that the code will be bound to (RFC 9449 §10.1)."""
    if asked not in (None, proof.jkt):
        raise invalid()
    return proof.jkt


def _read(text: str | None) -> Mapping[str, str]:
    return msgspec.json.decode(text, type=dict[str, str]) if text else {}


def digest_of(reference: str) -> str:
    """What stands for a reference wherever it is kept."""
    return sha256(reference.encode()).hexdigest()


def _key(digest: str) -> str:
    return f"oauth:pushed:{digest}"
