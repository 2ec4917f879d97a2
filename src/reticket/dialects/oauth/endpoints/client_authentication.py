"""Client authentication (RFC 6749 §2.3): exactly one method, and one response to every failure."""

from __future__ import annotations

from base64 import b64decode
from typing import NamedTuple
from urllib.parse import unquote_plus

from reticket.core.commands import Asking, SignInClient
from reticket.core.errors import Cause, Code, Refusal, wrong
from reticket.core.people import Client
from reticket.dialects.oauth.endpoints.assertion import (
    ASSERTION,
    ASSERTION_TYPE,
    claimed_client_id,
    verification_fault,
)
from reticket.dialects.oauth.errors import OAuthError, oauth_error
from reticket.dialects.oauth.inputs import Form, required
from reticket.oauth.client_metadata import BASIC, KEY, NONE, POST
from reticket.oauth.clients import find_client
from reticket.oauth.provider import CLIENT, Provider
from reticket.oauth.registration import Registration, registration_of
from reticket.wire import WireRequest


def authenticate(
    request: WireRequest, form: Form, provider: Provider
) -> Asking[tuple[Registration, Client]]:
    """The registration and the record of the client that sent the form.

    A valid assertion is marked as used; nothing else changes.

    Raises:
        Refusal: INVALID_PARAMETER for more than one method; INVALID_CREDENTIALS and
            TOO_MANY_ATTEMPTS, which the service has audited.
        OAuthError: `invalid_client`, in the same bytes.
    """
    method = _method(request, form)
    if method == BASIC:
        client = yield from _by_basic(request.header(b"authorization") or "", form)
    elif method == POST:
        client = yield from _by_secret(required(form, "client_id"), form["client_secret"])
    elif method == KEY:
        client = yield from _by_assertion(request, form, provider)
    else:
        client = yield from _expect_client(form.get("client_id"))
    registration = registration_of(client, provider)
    if method not in _methods_of(registration):
        raise invalid_client(Cause.WRONG_SECRET)
    return registration, client


def named_client(request: WireRequest, form: Form) -> Asking[Client | None]:
    """The client that a request means, not authenticated yet; None for no client.

    Raises:
        Refusal: INVALID_PARAMETER for more than one method.
        OAuthError: `invalid_client`.
    """
    method = _method(request, form)
    if method == BASIC:
        read = yield from _basic_credentials(request.header(b"authorization") or "")
        return (yield from find_client(read.client_id))
    return (yield from find_client(claimed_client_id(form) if method == KEY else named_in(form)))


def named_in(form: Form) -> str | None:
    """The id that a form names, by itself or by an assertion that is not verified yet.

    Raises:
        Refusal: INVALID_PARAMETER for another type of assertion.
    """
    if "client_id" in form or ASSERTION not in form:
        return form.get("client_id")
    return claimed_client_id(form)


def invalid_client(cause: Cause) -> OAuthError:
    """`invalid_client` for every cause."""
    return oauth_error(Code.INVALID_CREDENTIALS, cause)


def _method(request: WireRequest, form: Form) -> str:
    """The method of the request; a client must not use two (RFC 6749 §2.3)."""
    presented = [BASIC for name, _ in request.headers if name == b"authorization"]
    if "client_secret" in form:
        presented.append(POST)
    if ASSERTION in form or ASSERTION_TYPE in form:
        presented.append(KEY)
    if len(presented) > 1:
        raise wrong("client_id", "is authenticated in more than one way")
    return presented[0] if presented else NONE


def _methods_of(registration: Registration) -> tuple[str, ...]:
    if not registration.confidential:
        return (NONE,)
    return (BASIC, POST) if registration.has_secret else (KEY,)


def _by_basic(header: str, form: Form) -> Asking[Client]:
    read = yield from _basic_credentials(header)
    if form.get("client_id", read.client_id) != read.client_id:
        raise wrong("client_id", "is not the one of the header")
    return (yield from _by_secret(*read))


class _BasicCredentials(NamedTuple):
    """The id, and the secret as `SignInClient` has it."""

    client_id: str
    secret: str
    undecoded: str | None


def _basic_credentials(header: str) -> Asking[_BasicCredentials]:
    """Id and secret; both are form-encoded (RFC 6749 §2.3.1).

    Many programs do not encode them. So they may be meant as they are, unless the two readings are
    two clients.
    """
    sent_id, sent_secret = _sent_credentials(header)
    client_id, secret = unquote_plus(sent_id), unquote_plus(sent_secret)
    undecoded = sent_secret if sent_secret != secret else None
    if sent_id == client_id or (yield from find_client(sent_id)) is None:
        return _BasicCredentials(client_id, secret, undecoded)
    if (yield from find_client(client_id)) is None:
        return _BasicCredentials(sent_id, secret, undecoded)
    return _BasicCredentials(client_id, secret, None)


def _sent_credentials(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise invalid_client(Cause.FORGED)
    try:
        text = b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        raise invalid_client(Cause.FORGED) from None
    client_id, _, secret = text.partition(":")
    return client_id, secret


def _by_secret(client_id: str, secret: str, undecoded: str | None = None) -> Asking[Client]:
    if not client_id.isprintable():
        raise invalid_client(Cause.UNKNOWN_SUBJECT)
    client: Client = yield from SignInClient(CLIENT, client_id, secret, undecoded)
    return client


def _by_assertion(request: WireRequest, form: Form, provider: Provider) -> Asking[Client]:
    client_id = claimed_client_id(form)
    if client_id is None or form.get("client_id", client_id) != client_id:
        raise invalid_client(Cause.WRONG_CLIENT)
    client = yield from _expect_client(client_id)
    fault = yield from verification_fault(request, form, client, provider)
    if fault is not None:
        raise invalid_client(fault)
    return client


def expect_enabled(client_id: str, code: Code) -> Asking[Client]:
    """The client, which exists and is enabled; otherwise its tokens are invalid.

    Raises:
        Refusal: with the given code.
    """
    client = yield from find_client(client_id)
    if client is None or client.disabled:
        raise Refusal(code, Cause.DISABLED if client else Cause.UNKNOWN_SUBJECT)
    return client


def _expect_client(client_id: str | None) -> Asking[Client]:
    """The client; a missing id is `invalid_client` as well (RFC 6749 §5.2)."""
    client = yield from find_client(client_id)
    if client is None or client.disabled:
        raise invalid_client(Cause.DISABLED if client else Cause.UNKNOWN_SUBJECT)
    return client
