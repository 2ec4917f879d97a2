"""The origins whose pages may read the responses of an endpoint (`Route.readers`).

A response concerns one client: the one that the request names, or that of its access token.
Neither is verified here. A request with a wrong secret or a forged token gets a refusal, which
tells a page nothing that it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from reticket.core.commands import Asking
from reticket.core.people import Client
from reticket.dialects.oauth.endpoints.client_authentication import named_client
from reticket.dialects.oauth.inputs import read_form
from reticket.oauth.clients import find_client
from reticket.oauth.provider import Provider
from reticket.oauth.registration import registration_of
from reticket.verify.jose import Garbage, read_compact, read_members
from reticket.wire import WireRequest

Readers = Callable[[WireRequest], Asking[Collection[str]]]


def pages_of_client(provider: Provider) -> Readers:
    """The origins of the client that the form or the header names."""

    def readers(request: WireRequest) -> Asking[Collection[str]]:
        client = yield from named_client(request, read_form(request))
        return _origins_of(client, provider)

    return readers


def pages_of_token(provider: Provider, token_of: Callable[[WireRequest], str]) -> Readers:
    """The origins of the client that got the access token of the request."""

    def readers(request: WireRequest) -> Asking[Collection[str]]:
        client = yield from find_client(_client_of_token(token_of(request)))
        return _origins_of(client, provider)

    return readers


def _origins_of(client: Client | None, provider: Provider) -> Collection[str]:
    if client is None or client.disabled:
        return ()
    return registration_of(client, provider).origins


def _client_of_token(token: str) -> str | None:
    try:
        claims = read_members(read_compact(token).payload)
    except Garbage:
        return None
    client_id = claims.get("client_id")
    return client_id if isinstance(client_id, str) else None
