"""Which parameters of an authorization request count when the client has signed them.

RFC 9101 §6.3: those in the request object alone. OpenID Connect Core §6.1: those beside it as well,
when it lacks them. ADR 0021 says when which rule holds.
"""

from __future__ import annotations

from collections.abc import Iterator

from reticket.core.commands import Asking
from reticket.core.people import Client
from reticket.dialects.oauth.endpoints.request_address import fetch_request_object
from reticket.dialects.oauth.endpoints.request_object import (
    REQUEST,
    REQUEST_URI,
    Pairs,
    invalid_object,
    read_request_object,
)
from reticket.dialects.oauth.errors import OAuthError
from reticket.dialects.oauth.inputs import Form, parse_parameters
from reticket.oauth.lists import split_list
from reticket.oauth.provider import Provider
from reticket.oauth.registration import Registration
from reticket.oauth.terms import OPENID


def signed_parameters(
    sent: Pairs, client: Client, registration: Registration, provider: Provider
) -> Asking[Pairs]:
    """The parameters that count of a request to the authorization endpoint.

    Raises:
        OAuthError: `invalid_request_object`, `invalid_request_uri`; `invalid_request` without the
            request object that the client must send, or with two of them.
    """
    objects = [pair for pair in sent if pair[0] in (REQUEST, REQUEST_URI) and pair[1]]
    if len(objects) > 1:
        raise OAuthError("invalid_request", "request and request_uri exclude each other.")
    if not objects:
        expect_unsigned(registration)
        return sent
    ((name, text),) = objects
    if name == REQUEST_URI:
        text = yield from fetch_request_object(text, client, registration)
    signed = yield from read_request_object(text, client, registration, provider)
    if registration.request_objects.signed_alone or not _is_openid_syntax(sent):
        return _alone(signed)
    return _with_others(signed, sent)


def pushed_parameters(
    form: Form, client: Client, registration: Registration, provider: Provider
) -> Asking[Form]:
    """The parameters that count of a pushed request: those in its request object alone, if it has
    one (RFC 9126 §3).

    Raises:
        OAuthError: as `signed_parameters`.
        Refusal: INVALID_PARAMETER.
    """
    if REQUEST not in form:
        expect_unsigned(registration)
        return form
    signed = yield from read_request_object(form[REQUEST], client, registration, provider)
    return parse_parameters(_alone(signed))


def expect_unsigned(registration: Registration) -> None:
    """Check that the client need not sign its requests (RFC 9101 §10.5).

    Raises:
        OAuthError: `invalid_request`.
    """
    if registration.request_objects.required:
        raise OAuthError("invalid_request", "The client must sign its requests.")


def _alone(signed: Pairs) -> Pairs:
    if not any(name == "client_id" for name, _ in signed):  # RFC 9101 §6.3
        raise invalid_object("The request object has no client_id.")
    return signed


def _is_openid_syntax(sent: Pairs) -> bool:
    """Whether the parameters beside the object are those that OpenID Connect Core §6.1 demands."""
    scopes = {word for text in _values(sent, "scope") for word in split_list(text)}
    return OPENID in scopes and any(_values(sent, "response_type"))


def _with_others(signed: Pairs, sent: Pairs) -> Pairs:
    inside = {name for name, _ in signed}
    if "response_type" in inside and {*_values(signed, "response_type")} != {
        *_values(sent, "response_type")
    }:
        raise invalid_object("response_type is another one in the request object.")
    left_out = {*inside, REQUEST, REQUEST_URI}
    return [*(pair for pair in sent if pair[0] not in left_out), *signed]


def _values(pairs: Pairs, name: str) -> Iterator[str]:
    return (value for key, value in pairs if key == name and value)
