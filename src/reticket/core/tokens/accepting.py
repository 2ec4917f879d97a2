"""Whether the claims of a verified access token are accepted, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import AccessToken
from reticket.core.policy import SECOND, Policy
from reticket.core.tokens.kinds import TokenKind

CREDENTIAL_VERSION = "cv"
"""Claim of an access token: the version of the password or secret that it rests on."""

FAMILY_BYTES = (0, 16)
"""An access token that belongs to no family has none."""

NOT_OURS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What claims of a wrong type raise. This service makes none, but a holder of a shared key can
(ADR 0024).
"""


_NEEDED = ("sub", "iat", "exp")
_TYPES: Mapping[str, type] = {
    **dict.fromkeys(("iss", "sub", "jti", "uid", "sid", "tid"), str),
    **dict.fromkeys(("iat", "nbf", "exp", CREDENTIAL_VERSION), int),
}
"""The types of the claims of RFC 7519 §4.1, but `aud`, and of those that the mint adds."""


def access_token(kind: TokenKind, claims: Mapping[str, Any], now: int) -> AccessToken:
    """The content of verified claims. INVALID_ACCESS_TOKEN when they have expired; one of
    `NOT_OURS` when a claim is missing or has a wrong type.
    """
    expires_at = claims["exp"] * SECOND
    if expires_at <= now:
        raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.EXPIRED)
    family = bytes.fromhex(claims.get("sid", ""))
    if len(family) not in FAMILY_BYTES:
        raise ValueError("no id of a family")
    return AccessToken(
        resource=kind.name,
        subject=claims.get("uid", claims["sub"]),
        family=family,
        context=claims.get("tid"),
        expires_at=expires_at,
        claims=claims,
        credential_version=claims.get(CREDENTIAL_VERSION),
    )


def check_types(claims: Mapping[str, Any]) -> None:
    """TypeError for a claim that this service would not have made with a symmetric key, which other
    servers may have (ADR 0024).
    """
    for name, type_ in _TYPES.items():
        if (name in claims or name in _NEEDED) and type(claims.get(name)) is not type_:
            raise TypeError(f"no {name}")


def accepts(kind: TokenKind, claims: Mapping[str, Any]) -> bool:
    """Whether the claims are those of an access token of this kind."""
    if kind.accepts is None:
        return claims.get("aud") == kind.name
    return kind.accepts(claims)


def can_be_of(until: int | None, claims: Mapping[str, Any], policy: Policy) -> bool:
    """Whether a symmetric key that signed until then (milliseconds) can have made these claims.

    Whoever was given the key can make others later. They are refused once the last token that the
    service has signed with it has ended.
    """
    return until is None or int(claims["exp"]) <= -(-until // SECOND) + policy.access
