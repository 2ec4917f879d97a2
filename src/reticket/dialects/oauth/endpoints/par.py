"""Pushed authorization requests (RFC 9126): an authenticated client stores its request first.

The browser then brings only the `request_uri`.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import msgspec

from reticket.core.commands import Asking, Peek, PutIfAbsent, RandomBytes
from reticket.core.errors import Cause, wrong
from reticket.core.tokens.faces import to_text
from reticket.dialects.oauth.document import describe_endpoint
from reticket.dialects.oauth.endpoints.authorization_request import (
    AuthorizationForm,
    canonical_form,
    hinted_subject,
    resolve_redirect_uri,
    validate_auth_request,
)
from reticket.dialects.oauth.endpoints.client_authentication import authenticate, named_in
from reticket.dialects.oauth.endpoints.document_clients import bring_up_to_date
from reticket.dialects.oauth.endpoints.proof import Proof, invalid_proof, spend_proof, verify_proof
from reticket.dialects.oauth.endpoints.readers import pages_of_client
from reticket.dialects.oauth.endpoints.signed_request import pushed_parameters
from reticket.dialects.oauth.errors import NO_STORE, audited
from reticket.dialects.oauth.inputs import read_form
from reticket.dialects.oauth.pages.html import PageError
from reticket.dialects.oauth.pages.rate_limits import limit_requests
from reticket.oauth.provider import CLIENT, Provider
from reticket.oauth.registration import owner_of
from reticket.wire import Operation, Route, Secretive, WireRequest, WireResponse

PATH = "/par"
DPOP_JKT = "dpop_jkt"
REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:"
REQUEST_URI_LIFETIME = 90
"""Seconds in which a browser may load the page, as often as it likes."""

GONE = "The request was used already, or took too long."


class PushedAuthorizationForm(AuthorizationForm):
    """RFC 9126 §2.1."""

    client_secret: str | None = None
    client_assertion: str | None = None
    client_assertion_type: str | None = None


class PushedAuthorizationResponse(Secretive, frozen=True):
    """RFC 9126 §2.2."""

    request_uri: str
    expires_in: int


class PushedAuthorizationEndpoint:
    """The pushed authorization request endpoint."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def push(self, request: WireRequest) -> Operation:
        """Store a valid request, without the credentials of its client."""
        form = read_form(request)
        yield from bring_up_to_date(request, named_in(form), self._provider)
        registration, client = yield from authenticate(request, form, self._provider)
        owner = owner_of(registration)
        if "request_uri" in form:
            raise wrong("request_uri", "cannot be pushed")
        form = yield from pushed_parameters(form, client, registration, self._provider)
        auth_request = validate_auth_request(
            registration, form, resolve_redirect_uri(registration, form.get("redirect_uri"))
        )
        yield from hinted_subject(form)
        yield from limit_requests("par", registration, request, self._provider)
        proof = yield from verify_proof(request, self._provider, PATH)
        parameters = dict(canonical_form(auth_request, form))
        if proof is not None:
            parameters[DPOP_JKT] = _bound_key(form.get(DPOP_JKT), proof)
            yield from spend_proof(proof, owner)
        request_uri = REQUEST_URI_PREFIX + to_text((yield from RandomBytes(32)))
        text = msgspec.json.encode(parameters).decode()
        yield from PutIfAbsent(
            _key(request_uri_digest(request_uri)), text, REQUEST_URI_LIFETIME, owner
        )
        body = msgspec.json.encode(PushedAuthorizationResponse(request_uri, REQUEST_URI_LIFETIME))
        return WireResponse(201, body, headers=NO_STORE)


def load_pushed(digest: str, client_id: str) -> Asking[list[tuple[str, str]]]:
    """The parameters that the client has pushed. A load uses nothing up.

    A browser may reload the page, and a link scanner may load it before the person does.

    Raises:
        PageError: `invalid_request_uri`.
    """
    parameters = _read((yield from Peek(_key(digest))))
    if parameters.get("client_id") != client_id:
        raise PageError("invalid_request_uri", GONE, Cause.UNKNOWN)
    return list(parameters.items())


def routes(provider: Provider) -> tuple[Route, ...]:
    """The endpoint."""
    description = describe_endpoint(
        "Push an authorization request",
        "authorization",
        {201: PushedAuthorizationResponse},
        body=PushedAuthorizationForm,
        security=({}, {"client": ()}),
    )
    operate = audited(CLIENT, PushedAuthorizationEndpoint(provider).push)
    return (Route("POST", PATH, operate, description, pages_of_client(provider)),)


def _bound_key(requested: str | None, proof: Proof) -> str:
    """The key to which the code is bound (RFC 9449 §10.1).

    Raises:
        OAuthError: `invalid_dpop_proof`, when `dpop_jkt` is another key.
    """
    if requested not in (None, proof.jkt):
        raise invalid_proof()
    return proof.jkt


def _read(text: str | None) -> Mapping[str, str]:
    return msgspec.json.decode(text, type=dict[str, str]) if text else {}


def request_uri_digest(request_uri: str) -> str:
    """The digest that replaces a `request_uri` in storage."""
    return sha256(request_uri.encode()).hexdigest()


def _key(digest: str) -> str:
    return f"oauth:pushed:{digest}"
