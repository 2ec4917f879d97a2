"""Tickets of applications, with the requests and responses of OAuth 2.0 (RFC 6749 §4.4, §6).

Every call has the credentials. So an application whose refresh token has expired gets a new ticket.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from reticket.core.commands import Asking, BeginSession, Refresh
from reticket.core.errors import Cause, Code, Refusal, wrong
from reticket.core.model import Issued
from reticket.core.people import Application
from reticket.core.policy import SECOND
from reticket.dialects.kibo import inputs
from reticket.dialects.kibo.answers import answer
from reticket.dialects.kibo.application import PATH, sign_in
from reticket.dialects.kibo.document import APPLICATIONS, UNPROTECTED, described
from reticket.dialects.kibo.kinds import APPLICATION
from reticket.dialects.kibo.schemas import OAuthRequest, OAuthResponse, encode
from reticket.wire import Operation, Route, WireRequest, parse_form

FORM = "application/x-www-form-urlencoded"
_REFRESH = "refresh_token"
_MEMBERS = {name.replace("_", ""): name for name in OAuthRequest.__struct_fields__}
_JSON_BEGINS = (b"", b"{", b"[", b'"', b"n")
"""How a JSON text begins that is read as one, right or wrong; `n` is that of null."""

_GRANTS = frozenset({"client_credentials", "client", _REFRESH})


class TokenRequest(NamedTuple):
    """The credentials and the token of a request.

    `refreshes` tells whether it is a refresh: two SDKs send `client_credentials` with the token.
    """

    name: str | None
    secret: str | None
    token: str | None
    refreshes: bool


def oauth(request: WireRequest) -> Operation:
    """A new ticket, or a refreshed one, for an application with a valid secret."""
    wanted = inputs.selection(inputs.query(request))
    read = _token_request(request)
    credentials = sign_in(read.name, read.secret)
    if read.refreshes and read.token is None:
        raise Refusal(Code.MISSING_TOKEN)
    application = yield from credentials
    issued = yield from _issue(application, read.token)
    return answer(request, 200, encode(_response(issued)), wanted)


_EXPIRED = (Cause.EXPIRED, Cause.UNKNOWN)
"""The session has expired, and its row may have been deleted since."""


def _issue(application: Application, token: str | None) -> Asking[Issued]:
    """A refresh; a new session if there is no token or the token has expired."""
    if token is not None:
        try:
            refreshed: Issued = yield from Refresh(APPLICATION, token, subject=application.id)
            return refreshed
        except Refusal as refusal:
            if refusal.cause not in _EXPIRED:
                raise
    issued: Issued = yield from BeginSession(APPLICATION, application)
    return issued


def _response(issued: Issued) -> OAuthResponse:
    seconds = (issued.access_expires_at - issued.issued_at) // SECOND
    return OAuthResponse(issued.access_token, "bearer", seconds, issued.refresh_token)


def _token_request(request: WireRequest) -> TokenRequest:
    body = _members(request)
    grant = (inputs.text(body, "grant_type") or "").lower()
    if grant and grant not in _GRANTS:
        raise wrong("grant_type", "is not known")
    token = inputs.text(body, _REFRESH)
    name, secret = inputs.text(body, "client_id"), inputs.text(body, "client_secret")
    basic_name, basic_secret = _basic(request)
    refreshes = grant == _REFRESH or token is not None
    return TokenRequest(name or basic_name, secret or basic_secret, token, refreshes)


def _members(request: WireRequest) -> Mapping[str, Any]:
    """The members of a form or of JSON; `clientId` and `ClientID` are `client_id`."""
    body = parse_form(request.body) if _is_form(request) else inputs.members(request)
    return {_MEMBERS.get(name.lower().replace("_", ""), name): body[name] for name in body}


def _is_form(request: WireRequest) -> bool:
    """Whether the body is a form. Without a content type, every text is one that is no JSON."""
    kind = request.content_type()
    return kind == FORM or (not kind and request.body.lstrip()[:1] not in _JSON_BEGINS)


def _basic(request: WireRequest) -> tuple[str | None, str | None]:
    """The credentials of `Authorization: Basic` (RFC 6749 §2.3.1), or None and None."""
    scheme, _, encoded = (request.header(b"authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None, None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        return None, None
    name, _, secret = decoded.partition(":")
    return unquote_plus(name) or None, unquote_plus(secret) or None


ROUTES = (
    Route(
        "POST",
        f"{PATH}/oauth",
        oauth,
        described(
            "Create or refresh App Auth Ticket, OAuth",
            "Authenticates an application by its shared secret. With a refresh token, refreshes "
            "its ticket; one that has expired is answered with a fresh ticket.",
            APPLICATIONS,
            (200, OAuthResponse),
            body=OAuthRequest,
            body_media_types=("application/json", FORM),
            security=UNPROTECTED,
        ),
    ),
)
