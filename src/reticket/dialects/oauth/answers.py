"""The token answer (RFC 6749 §5.1)."""

from __future__ import annotations

import msgspec

from reticket.core.model import Issued
from reticket.core.policy import SECOND
from reticket.dialects.oauth.terms import terms_of


class TokenAnswer(msgspec.Struct, omit_defaults=True):
    """A pair, and the ID token that goes with the scope `openid`."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    id_token: str | None = None


def token_answer(issued: Issued) -> TokenAnswer:
    """What is told of a pair that was just made."""
    family = issued.family
    return TokenAnswer(
        access_token=issued.access_token,
        token_type="DPoP" if terms_of(family.terms).jkt else "Bearer",
        expires_in=max(0, (issued.access_expires_at - issued.issued_at) // SECOND),
        scope=family.scope or "",
        refresh_token=issued.refresh_token or None,
        id_token=issued.id_token,
    )
