"""Reads a JWT of another system with the one key and the one algorithm of an adoption.

The signature comes before the claims. A token without the type of a refresh token is refused, so an
access token or an ID token of that system opens nothing here.
"""

from __future__ import annotations

from typing import Any

import msgspec

from reticket.adoption.keys import verifier
from reticket.adoption.system import System, TokenFacts, optional_text, time_in
from reticket.core.adoption.model import Adoption, ForeignToken, Stated
from reticket.core.tokens.faces import from_text, split_jwt
from reticket.core.tokens.old_form import OWN_SIGNATURE

_UNSUPPORTED = frozenset({"b64", "crit", "jku", "jwk", "x5c", "x5u"})
"""Header members that change its meaning or bring a key."""

_TYPES = (None, "JWT", "jwt")
_ABSENT = (LookupError, TypeError, ValueError, OverflowError)

LEEWAY = 60_000
"""Milliseconds that the clock of the other system may be ahead."""

EMAIL_CLAIM = "email_claim"
"""The option that finds people by an address in the token."""

_members = msgspec.json.Decoder(dict[str, Any]).decode
"""Made here, since msgspec 0.22 crashes when several threads are the first to use a type."""


class JwtReader:
    """Reads the JWTs of an adoption. ValueError for a key that its algorithm cannot use."""

    def __init__(self, adoption: Adoption, system: System) -> None:
        self.adoption = adoption
        self._system = system
        self._verify = verifier(adoption.algorithm or "", adoption.key)

    def read(self, text: str, now: int) -> ForeignToken | None:
        """The token, expired or not; None for every text that the other system has not made as a
        refresh token.
        """
        claims = self._verified(text)
        try:
            if claims is None or not self._is_meant(claims, now):
                return None
            facts = self._system.read(claims, self.adoption)
            stated = self._stated(claims, facts)
        except _ABSENT:
            return None
        if self.adoption.client is not None and facts.client not in (None, self.adoption.client):
            return None
        return ForeignToken(self.adoption, self.adoption.session_of(facts.identity), stated)

    def _verified(self, text: str) -> dict[str, Any] | None:
        parts = split_jwt(text)
        if parts is None:
            return None
        header, payload, signature = map(from_text, parts)
        if not header or not payload or not signature or not self._is_own(header):
            return None
        if not self._verify(text.rpartition(".")[0].encode(), signature):
            return None
        return _object(payload)

    def _is_own(self, header: bytes) -> bool:
        said = _object(header) or {}
        is_own = said.get("alg") == self.adoption.algorithm and said.get("typ") in _TYPES
        return is_own and not said.keys() & _UNSUPPORTED

    def _is_meant(self, claims: dict[str, Any], now: int) -> bool:
        """Whether it is a refresh token of that system. An old form of ours is none: only our
        signature in it counts.
        """
        issuer = self.adoption.issuer
        return (
            OWN_SIGNATURE not in claims
            and claims.get(self._system.type_claim) in self._system.type_values
            and (issuer is None or claims.get("iss") == issuer)
            and ("nbf" not in claims or time_in(claims, "nbf") <= now + LEEWAY)
        )

    def _stated(self, claims: dict[str, Any], facts: TokenFacts) -> Stated:
        name = self.adoption.options.get(EMAIL_CLAIM)
        issued = next((each for each in ("iat", "nbf") if each in claims), None)
        return Stated(
            facts.subject,
            optional_text(claims, name) if name else None,
            facts.state,
            time_in(claims, issued) if issued else 0,
            self._end(claims, facts),
            facts.client,
            facts.scope,
        )

    def _end(self, claims: dict[str, Any], facts: TokenFacts) -> int:
        """The stated end. Keycloak has written 0 for none."""
        if facts.may_be_endless and claims.get("exp") in (None, 0):
            return self.adoption.until
        return time_in(claims, "exp")


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        return _members(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
