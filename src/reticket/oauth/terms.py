"""What a session was granted beyond its scope, and the claims that tokens make of all that.

RFC 9068 §2.2 for access tokens, OpenID Connect Core §2 for ID tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from reticket.core.people import User
from reticket.core.policy import SECOND
from reticket.core.tokens.kinds import Facts
from reticket.oauth.lists import split_list
from reticket.oauth.provider import USER, Provider

AMR_PASSWORD, AMR_OTP = "pwd", "otp"
"""`amr` (RFC 8176 §2)."""

OPENID = "openid"
SCOPE, AUDIENCE, NONCE, NO_ID_TOKEN, JKT = "scope", "aud", "nonce", "alone", "jkt"
"""What a request may ask of its answer only: fewer scopes, audiences (space-separated), the ID
token's nonce. `alone` omits the ID token, `jkt` binds the access token to the proof's key.
"""


class Terms(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """Stored with the session as text, and never changed.

    Args:
        auth_time: seconds; when the user authenticated.
        amr: by which methods.
        jkt: thumbprint of the key that the refresh token is bound to (RFC 9449 §6.1), or None.
        audiences: of access tokens, when the request asks for none.
    """

    auth_time: int
    amr: tuple[str, ...] = ()
    jkt: str | None = None
    audiences: tuple[str, ...] = ()

    @property
    def acr(self) -> str:
        """The authentication context class."""
        return "urn:reticket:acr:2" if AMR_OTP in self.amr else "urn:reticket:acr:1"

    def to_json(self) -> str:
        """The text that the session stores."""
        return msgspec.json.encode(self).decode()


@lru_cache(10_000)
def terms_of(text: str | None) -> Terms:
    """The terms in a text of `to_json`."""
    return msgspec.json.decode(text, type=Terms) if text else Terms(0)


def granted_scopes(facts: Facts) -> tuple[str, ...]:
    """The scopes of this answer."""
    return split_list(_requested(facts, SCOPE) or facts.family.scope or "")


def _requested(facts: Facts, name: str) -> str | None:
    for each, value in facts.asked:
        if each == name:
            return value
    return None


class Claims:
    """Makes the claims of tokens for a provider."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def access_token(self, facts: Facts) -> Mapping[str, object]:
        """Claims beyond those of the mint: RFC 9068 §2.2."""
        terms, scopes = terms_of(facts.family.terms), granted_scopes(facts)
        audiences = self._audiences(facts, terms, scopes)
        claims: dict[str, object] = {
            "iss": self._provider.issuer,
            "aud": audiences[0] if len(audiences) == 1 else audiences,
            "client_id": facts.family.client,
            "scope": " ".join(scopes),
        }
        if terms.auth_time:
            claims["auth_time"] = terms.auth_time
            claims["acr"] = terms.acr
            claims["amr"] = terms.amr
        jkt = _requested(facts, JKT) or terms.jkt
        if jkt:
            claims["cnf"] = {JKT: jkt}
        return claims

    def _audiences(self, facts: Facts, terms: Terms, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """The audiences. The service itself is one when `/userinfo` accepts the token."""
        issuer = self._provider.issuer
        is_for_userinfo = facts.family.resource == USER and OPENID in scopes
        audiences = split_list(_requested(facts, AUDIENCE) or "") or terms.audiences
        if not audiences or (is_for_userinfo and issuer not in audiences):
            return (*audiences, issuer)
        return audiences

    def id_token(self, facts: Facts) -> Mapping[str, object] | None:
        """Claims of an ID token: the same subject and the first `auth_time`, however late it is
        issued.
        """
        if OPENID not in granted_scopes(facts) or _requested(facts, NO_ID_TOKEN) is not None:
            return None
        terms, nonce = terms_of(facts.family.terms), _requested(facts, NONCE)
        claims: dict[str, object] = {
            "iss": self._provider.issuer,
            "sub": facts.family.subject,
            "aud": facts.family.client,
            "iat": facts.issued_at // SECOND,
            "exp": facts.expires_at // SECOND,
            "auth_time": terms.auth_time,
            "acr": terms.acr,
            "amr": terms.amr,
            "sid": facts.family.id.hex(),
        }
        if nonce is not None:
            claims["nonce"] = nonce
        return claims

    def accepts_user_claims(self, claims: Mapping[str, Any]) -> bool:
        """Whether verified claims are those of an access token with a user's consent."""
        return claims.get("iss") == self._provider.issuer and "sid" in claims

    def accepts_client_claims(self, claims: Mapping[str, Any]) -> bool:
        """Whether verified claims are those of a client's own access token."""
        return claims.get("iss") == self._provider.issuer and "sid" not in claims


def userinfo_claims(user: User, scopes: tuple[str, ...]) -> dict[str, object]:
    """OpenID Connect Core §5.4: the user's claims that the scopes permit."""
    claims: dict[str, object] = {"sub": user.id}
    if "profile" in scopes:
        names = (user.first_name, user.last_name)
        claims |= {
            "name": " ".join(filter(None, names)) or user.email,
            "given_name": user.first_name,
            "family_name": user.last_name,
        }
    if "email" in scopes:
        claims |= {"email": user.email, "email_verified": user.active}
    return {name: value for name, value in claims.items() if value is not None}
