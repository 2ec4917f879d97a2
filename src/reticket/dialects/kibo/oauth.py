"""Tickets of applications in the words of OAuth 2.0 (RFC 6749 §4.4, §6).

The credentials are checked on every call, so a refresh token that has ended costs nobody a session.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from reticket.core.commands import Asking, BeginSession, Refresh
from reticket.core.errors import Cause, Code, Refusal
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
_GRANTS = frozenset({"client_credentials", "client", _REFRESH})


class Asked(NamedTuple):
    """What a call asks for. `refreshes` says whether it is a refresh."""

    name: str | None
    secret: str | None
    token: str | None
    refreshes: bool


def oauth(request: WireRequest) -> Operation:
    """A new ticket, or a refreshed one, for an application that shows its secret."""
    wanted = inputs.selection(inputs.query(request))
    asked = _asked(request)
    credentials = sign_in(asked.name, asked.secret)
    if asked.refreshes and asked.token is None:
        raise Refusal(Code.MISSING_TOKEN)
    application = yield from credentials
    token = asked.token if asked.refreshes else None
    issued = yield from _issue(application, token)
    return answer(request, 200, encode(_response(issued)), wanted)


_RAN_OUT = (Cause.EXPIRED, Cause.UNKNOWN)
"""The session ended by itself; its row is there still, or was deleted since."""


def _issue(application: Application, token: str | None) -> Asking[Issued]:
    """A refresh, or a fresh ticket: without a token, or when the token has expired."""
    if token is not None:
        try:
            refreshed: Issued = yield from Refresh(APPLICATION, token, subject=application.id)
            return refreshed
        except Refusal as refusal:
            if refusal.cause not in _RAN_OUT:
                raise
    issued: Issued = yield from BeginSession(APPLICATION, application)
    return issued


def _response(issued: Issued) -> OAuthResponse:
    seconds = (issued.access_expires_at - issued.issued_at) // SECOND
    return OAuthResponse(issued.access_token, "bearer", seconds, issued.refresh_token)


def _asked(request: WireRequest) -> Asked:
    said = _members(request)
    grant = (inputs.text(said, "grant_type") or "").lower()
    if grant and grant not in _GRANTS:
        raise Refusal(Code.INVALID_PARAMETER, parameter="grant_type", detail="is not known")
    token = inputs.text(said, _REFRESH)
    name, secret = inputs.text(said, "client_id"), inputs.text(said, "client_secret")
    basic_name, basic_secret = _basic(request)
    refreshes = grant == _REFRESH or (not grant and token is not None)
    return Asked(name or basic_name, secret or basic_secret, token, refreshes)


def _members(request: WireRequest) -> Mapping[str, Any]:
    """The members of a form or of JSON; `clientId` and `ClientID` are `client_id`."""
    is_form = request.content_type() == FORM
    said = parse_form(request.body) if is_form else inputs.members(request)
    return {_MEMBERS.get(name.lower().replace("_", ""), name): said[name] for name in said}


def _basic(request: WireRequest) -> tuple[str | None, str | None]:
    """The credentials of `Authorization: Basic` (RFC 6749 §2.3.1), if there are any to be read."""
    scheme, _, encoded = (request.header(b"authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None, None
    try:
        said = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        return None, None
    name, _, secret = said.partition(":")
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
