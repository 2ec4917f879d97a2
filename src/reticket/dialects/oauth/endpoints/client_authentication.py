"""Who a client is (RFC 6749 §2.3): exactly one method, and one answer to whatever is wrong."""

from __future__ import annotations

from base64 import b64decode
from urllib.parse import unquote_plus

from reticket.core.commands import Asking, FindClient, SignInClient
from reticket.core.errors import Cause, Code, Refusal, wrong
from reticket.core.people import Client
from reticket.dialects.oauth.endpoints.assertion import (
    ASSERTION,
    ASSERTION_TYPE,
    fault_of,
    named_in,
)
from reticket.dialects.oauth.errors import Denied, denied
from reticket.dialects.oauth.inputs import Form, required
from reticket.oauth.provider import CLIENT, Provider
from reticket.oauth.registration import Registration, registration_of
from reticket.wire import WireRequest

BASIC, POST, KEY, NONE = "client_secret_basic", "client_secret_post", "private_key_jwt", "none"
METHODS = (BASIC, POST, KEY, NONE)
"""As metadata names them (RFC 8414 §2)."""


def authenticate(
    request: WireRequest, form: Form, provider: Provider
) -> Asking[tuple[Registration, Client]]:
    """The client that sent this form, as it was registered, and its record. Nothing is spent but
    a right assertion.

    Raises:
        Refusal: INVALID_PARAMETER for more than one method; INVALID_CREDENTIALS and
            TOO_MANY_ATTEMPTS, which the audit log has heard of.
        Denied: `invalid_client`, in the same bytes.
    """
    method = _method(request, form)
    if method == BASIC:
        client = yield from _by_header(request.header(b"authorization") or "", form)
    elif method == POST:
        client = yield from _by_secret(required(form, "client_id"), form["client_secret"])
    elif method == KEY:
        client = yield from _by_key(request, form, provider)
    else:
        client = yield from _by_name(form.get("client_id"))
    registration = registration_of(client, provider)
    if method not in _methods_of(registration):
        raise unauthenticated(Cause.WRONG_SECRET)
    return registration, client


def unauthenticated(cause: Cause) -> Denied:
    """`invalid_client`, whatever it was."""
    return denied(Code.INVALID_CREDENTIALS, cause)


def _method(request: WireRequest, form: Form) -> str:
    """Which one was tried; a client must not use two (RFC 6749 §2.3)."""
    found = [BASIC for name, _ in request.headers if name == b"authorization"]
    if "client_secret" in form:
        found.append(POST)
    if ASSERTION in form or ASSERTION_TYPE in form:
        found.append(KEY)
    if len(found) > 1:
        raise wrong("client_id", "is authenticated in more than one way")
    return found[0] if found else NONE


def _methods_of(registration: Registration) -> tuple[str, ...]:
    if not registration.confidential:
        return (NONE,)
    return (BASIC, POST) if registration.has_secret else (KEY,)


def _by_header(header: str, form: Form) -> Asking[Client]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise unauthenticated(Cause.FORGED)
    client_id, secret = _credentials(encoded)
    if form.get("client_id", client_id) != client_id:
        raise wrong("client_id", "is not the one of the header")
    return (yield from _by_secret(client_id, secret))


def _credentials(encoded: str) -> tuple[str, str]:
    """Both are encoded as in a form (RFC 6749 §2.3.1)."""
    try:
        text = b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        raise unauthenticated(Cause.FORGED) from None
    client_id, _, secret = text.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def _by_secret(client_id: str, secret: str) -> Asking[Client]:
    if not client_id.isprintable():
        raise unauthenticated(Cause.UNKNOWN_SUBJECT)
    client: Client = yield from SignInClient(CLIENT, client_id, secret)
    return client


def _by_key(request: WireRequest, form: Form, provider: Provider) -> Asking[Client]:
    client_id = named_in(form)
    if client_id is None or form.get("client_id", client_id) != client_id:
        raise unauthenticated(Cause.WRONG_CLIENT)
    client = yield from _by_name(client_id)
    fault = yield from fault_of(request, form, client, provider)
    if fault is not None:
        raise unauthenticated(fault)
    return client


def expect_in_service(client_id: str, code: Code) -> Asking[None]:
    """A Refusal of that code where the client is blocked or gone: its tokens are good no more."""
    client: Client | None = yield from FindClient(client_id)
    if client is None or client.disabled:
        raise Refusal(code, Cause.DISABLED if client else Cause.UNKNOWN_SUBJECT)


def _by_name(client_id: str | None) -> Asking[Client]:
    """Also for who says nothing of itself: RFC 6749 §5.2 calls that `invalid_client`."""
    client: Client | None = None
    if client_id is not None and client_id.isprintable():
        client = yield from FindClient(client_id)
    if client is None or client.disabled:
        raise unauthenticated(Cause.DISABLED if client else Cause.UNKNOWN_SUBJECT)
    return client
