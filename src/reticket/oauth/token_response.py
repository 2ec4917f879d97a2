"""The token response (RFC 6749 §5.1)."""

from __future__ import annotations

from reticket.core.model import Asked, Issued
from reticket.core.policy import SECOND
from reticket.oauth.registration import REFRESH_TOKEN, Registration
from reticket.oauth.terms import JKT, SCOPE, terms_of
from reticket.wire import Secretive


class TokenResponse(Secretive, frozen=True, omit_defaults=True):
    """RFC 6749 §5.1, with what RFC 9449, RFC 8693 and OpenID Connect add."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None = None
    scope: str | None = None
    id_token: str | None = None
    issued_token_type: str | None = None


def token_response(registration: Registration, issued: Issued, asked: Asked = ()) -> TokenResponse:
    """The token response for a new pair.

    It has no refresh token when the client is not registered for that grant type.
    """
    asked_values = dict(asked)
    is_bound = JKT in asked_values or terms_of(issued.family.terms).jkt is not None
    may_refresh = issued.refresh_token and registration.allows(REFRESH_TOKEN)
    return TokenResponse(
        access_token=issued.access_token,
        token_type="DPoP" if is_bound else "Bearer",
        expires_in=(issued.access_expires_at - issued.issued_at) // SECOND,
        refresh_token=issued.refresh_token if may_refresh else None,
        scope=asked_values.get(SCOPE) or issued.family.scope or None,
        id_token=issued.id_token,
    )
