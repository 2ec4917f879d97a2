"""`/oauth/revoke` (RFC 7009): a client revokes a token of its own.

A refresh token ends its session. An access token ends alone, and the person stays signed in.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from reticket.core.commands import Asking, Audit, Check, EndSession, ReadAccess, ReadRefresh
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import AccessToken, Family
from reticket.core.tokens.faces import PREFIX
from reticket.dialects.oauth.document import describe_endpoint
from reticket.dialects.oauth.endpoints.client_authentication import authenticate
from reticket.dialects.oauth.endpoints.readers import pages_of_client
from reticket.dialects.oauth.errors import NO_STORE, OAuthError, audited, oauth_error
from reticket.dialects.oauth.inputs import read_form, required
from reticket.oauth.provider import CLIENT, USER, Provider
from reticket.oauth.registration import Registration
from reticket.oauth.revoked_access_tokens import revoke_access_token
from reticket.wire import Operation, Route, WireRequest, WireResponse

PATH = "/revoke"


class RevocationForm(msgspec.Struct):
    """RFC 7009 §2.1. The hint is ignored: the text of a token shows its type."""

    token: str
    token_type_hint: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    client_assertion_type: str | None = None
    client_assertion: str | None = None


def routes(provider: Provider) -> tuple[Route, ...]:
    """The endpoint."""
    description = describe_endpoint(
        "Revoke a token", "tokens", {200: None}, RevocationForm, security=({"client": ()}, {})
    )
    operate = audited(USER, _revoke(provider))
    return (Route("POST", PATH, operate, description, pages_of_client(provider)),)


def _revoke(provider: Provider) -> Callable[[WireRequest], Operation]:
    def operate(request: WireRequest) -> Operation:
        form = read_form(request)
        registration, _ = yield from authenticate(request, form, provider)
        token = required(form, "token")
        revoke = _revoke_refresh_token if token.startswith(PREFIX) else _revoke_access_token
        yield from revoke(token, registration)
        return WireResponse(200, b"", None, NO_STORE)

    return operate


def _revoke_refresh_token(token: str, registration: Registration) -> Asking[None]:
    try:
        yield from EndSession(
            USER, token, check=_client_check(registration), policy=registration.policy
        )
    except Refusal as refusal:
        _ignore_invalid_token(refusal)


def _revoke_access_token(token: str, registration: Registration) -> Asking[None]:
    try:
        access: AccessToken
        access, _ = yield from ReadAccess((USER, CLIENT), token)
    except Refusal:
        yield from _revoke_adopted(token, registration)
        return  # an invalid token (RFC 7009 §2.2), unless another system has made it
    if access.claims.get("client_id") != registration.id:
        raise _wrong_client()
    if (yield from revoke_access_token(access)):
        family, subject = access.family or None, access.subject
        yield from Audit(access.resource, "access_revoked", subject=subject, family=family)


def _revoke_adopted(token: str, registration: Registration) -> Asking[None]:
    """End the session of a refresh token of another system, whose sessions go on here."""
    try:
        yield from ReadRefresh(USER, token)
    except Refusal:
        return
    yield from _revoke_refresh_token(token, registration)


def _client_check(registration: Registration) -> Check:
    """Check the client of the session before its state, so that a refusal does not reveal
    the state.
    """

    def check(row: Family, now: int) -> None:
        if row.client != registration.id:
            raise _wrong_client(audited=True)

    return check


def _wrong_client(*, audited: bool = False) -> OAuthError:
    """The refusal of another client's token (RFC 7009 §2.1), as `invalid_grant`."""
    return oauth_error(Code.INVALID_TOKEN, Cause.WRONG_CLIENT, audited=audited)


def _ignore_invalid_token(refusal: Refusal) -> None:
    """Accept the revocation of an invalid token (RFC 7009 §2.2); raise all other refusals again."""
    if isinstance(refusal, OAuthError):
        raise refusal
