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
from reticket.oauth.provider import USER, Provider
from reticket.oauth.words import words

PASSWORD, CODE = "pwd", "otp"
"""`amr` (RFC 8176 §2)."""

OPENID = "openid"
SCOPE, AUDIENCE, NONCE, ALONE, JKT = "scope", "aud", "nonce", "alone", "jkt"
"""What a request may ask of its answer alone: fewer scopes, audiences (space-separated), the ID
token's nonce; `alone` wants no ID token, `jkt` an access token bound to the key of the proof.
"""


class Terms(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """Kept with the session as text, and never changed.

    Args:
        auth_time: seconds; when the person was really there.
        amr: how that was found out.
        jkt: thumbprint of the key that the refresh token is bound to (RFC 9449 §6.1), or None.
        audiences: of access tokens, where the request asks for none.
    """

    auth_time: int
    amr: tuple[str, ...] = ()
    jkt: str | None = None
    audiences: tuple[str, ...] = ()

    @property
    def acr(self) -> str:
        """How sure we may be."""
        return "urn:reticket:acr:2" if CODE in self.amr else "urn:reticket:acr:1"

    def written(self) -> str:
        """As the session keeps it."""
        return msgspec.json.encode(self).decode()


@lru_cache(10_000)
def terms_of(text: str | None) -> Terms:
    """What `written` wrote."""
    return msgspec.json.decode(text, type=Terms) if text else Terms(0)


def granted(facts: Facts) -> tuple[str, ...]:
    """The scopes of this very answer."""
    return words(_asked(facts, SCOPE) or facts.family.scope or "")


def _asked(facts: Facts, name: str) -> str | None:
    for each, value in facts.asked:
        if each == name:
            return value
    return None


class Claims:
    """Makes claims in the name of a site."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def access(self, facts: Facts) -> Mapping[str, object]:
        """Beyond what the mint says: RFC 9068 §2.2."""
        terms, scopes = terms_of(facts.family.terms), granted(facts)
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
        jkt = _asked(facts, JKT) or terms.jkt
        if jkt:
            claims["cnf"] = {JKT: jkt}
        return claims

    def _audiences(self, facts: Facts, terms: Terms, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """We are one of them where we are to tell of a person, at `/userinfo`."""
        issuer = self._provider.issuer
        tells = facts.family.resource == USER and OPENID in scopes
        audiences = words(_asked(facts, AUDIENCE) or "") or terms.audiences
        if not audiences or (tells and issuer not in audiences):
            return (*audiences, issuer)
        return audiences

    def identity(self, facts: Facts) -> Mapping[str, object] | None:
        """Of an ID token: the same person and the first `auth_time`, however late it is."""
        if OPENID not in granted(facts) or _asked(facts, ALONE) is not None:
            return None
        terms, nonce = terms_of(facts.family.terms), _asked(facts, NONCE)
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

    def of_people(self, claims: Mapping[str, Any]) -> bool:
        """Whether verified claims are an access token's that a person has given."""
        return claims.get("iss") == self._provider.issuer and "sid" in claims

    def of_clients(self, claims: Mapping[str, Any]) -> bool:
        """Whether they are one's that a client got for itself."""
        return claims.get("iss") == self._provider.issuer and "sid" not in claims


def profile(user: User, scopes: tuple[str, ...]) -> dict[str, object]:
    """OpenID Connect Core §5.4: what the scopes tell of a person."""
    told: dict[str, object] = {"sub": user.id}
    if "profile" in scopes:
        names = (user.first_name, user.last_name)
        told |= {
            "name": " ".join(filter(None, names)) or user.email,
            "given_name": user.first_name,
            "family_name": user.last_name,
        }
    if "email" in scopes:
        told |= {"email": user.email, "email_verified": user.active}
    return {name: value for name, value in told.items() if value is not None}
