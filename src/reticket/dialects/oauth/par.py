"""Pushed authorisation requests (RFC 9126): a client says beforehand what its browser will ask
for, and who it is.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from reticket.core.commands import Command, Draw, Keep, Look, Take
from reticket.core.errors import Cause
from reticket.core.tokens import to_text
from reticket.dialects.oauth.clients import authenticate
from reticket.dialects.oauth.document import described
from reticket.dialects.oauth.errors import NO_STORE, heard
from reticket.dialects.oauth.html import Halted
from reticket.dialects.oauth.inputs import read_form, wrong
from reticket.dialects.oauth.proof import Proof, invalid, prove
from reticket.dialects.oauth.request import PARAMETERS, AuthorizationForm, landing, understood
from reticket.dialects.oauth.site import CLIENT, Site
from reticket.wire import Operation, Route, Secretive, WireRequest, WireResponse

PATH = "/par"
JKT = "dpop_jkt"
PREFIX = "urn:ietf:params:oauth:request_uri:"
LIFETIME = 90
"""Seconds."""


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

    def __init__(self, site: Site) -> None:
        self._site = site

    def push(self, request: WireRequest) -> Operation:
        """Keep a request that its client may make; who it is, is not kept."""
        form = read_form(request)
        registration, _ = yield from authenticate(request, form, self._site)
        if "request_uri" in form:
            raise wrong("request_uri", "cannot be pushed")
        understood(registration, form, landing(registration, form.get("redirect_uri")))
        proof = yield from prove(request, self._site, PATH)
        said = {name: value for name, value in form.items() if name in PARAMETERS}
        if proof is not None:
            said[JKT] = _bound(form.get(JKT), proof)
        reference = PREFIX + to_text((yield Draw(32)))
        kept = {**said, "client_id": registration.id}
        yield Keep(_key(reference), msgspec.json.encode(kept).decode(), LIFETIME)
        body = msgspec.json.encode(Pushed(reference, LIFETIME))
        return WireResponse(201, body, headers=NO_STORE)


def pushed(
    reference: str, client_id: str, request: WireRequest
) -> Generator[Command, Any, list[tuple[str, str]]]:
    """What that client has pushed under that name, once; who looks at the address before a person
    opens it spends nothing. Denied.
    """
    said = _read((yield Look(_key(reference))))
    use = Look if _is_ahead(request) else Take
    if said.get("client_id") == client_id and (yield use(_key(reference))) is not None:
        return list(said.items())
    sentence = "The request was used already, or took too long."
    raise Halted("invalid_request_uri", sentence, Cause.UNKNOWN)


def routes(site: Site) -> tuple[Route, ...]:
    """The endpoint."""
    description = described(
        "Push an authorization request",
        "authorization",
        {201: Pushed},
        body=PushedForm,
        security=({}, {"client": ()}),
    )
    return (Route("POST", PATH, heard(CLIENT, Pushing(site).push), description),)


def _is_ahead(request: WireRequest) -> bool:
    """Whether a scanner of links or a browser's foresight is here, and nobody yet."""
    purpose = request.header(b"sec-purpose") or ""
    return request.method == "HEAD" or purpose.startswith("prefetch")


def _bound(asked: str | None, proof: Proof) -> str:
    """The key that the code will be bound to (RFC 9449 §10.1)."""
    if asked not in (None, proof.jkt):
        raise invalid()
    return proof.jkt


def _read(text: str | None) -> Mapping[str, str]:
    return msgspec.json.decode(text, type=dict[str, str]) if text else {}


def _key(reference: str) -> str:
    return f"oauth:pushed:{sha256(reference.encode()).hexdigest()}"
