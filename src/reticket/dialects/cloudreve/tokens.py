"""The claims in the tokens of a Cloudreve user: pure functions of the facts."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

import msgspec

from reticket.core.people import User
from reticket.core.policy import DAY, SECOND, Policy, Reuse
from reticket.core.tokens.faces import from_text, split_jwt
from reticket.core.tokens.kinds import Advice, Facts, TokenKind
from reticket.dialects.cloudreve.apps import App, still_allows
from reticket.dialects.cloudreve.profile import PERSON

CLOUDREVE_2026 = Policy("CLOUDREVE_2026", 3600, 14 * DAY, 365 * DAY, 60, Reuse.TOLERATE)
CLOUDREVE_APP_2026 = Policy("CLOUDREVE_APP_2026", 3600, 90 * DAY, 365 * DAY, 60, Reuse.TOLERATE)
USER, APP = "cloudreve.user", "cloudreve.app"
"""The token kinds: of people who signed in, and of apps that they let in."""
SCOPES = ("openid", "profile", "email")
"""Some clients refuse an access token without a scope."""


def access_claims(facts: Facts) -> Mapping[str, object]:
    """The claims of an access token that clients read."""
    user = cast(User, facts.holder)
    return {
        "token_type": "access",
        "sub": user.short_id,
        "nbf": facts.issued_at // SECOND,
        "scopes": SCOPES,
    }


def person_claims(facts: Facts) -> Mapping[str, object]:
    """What a resource server may want to know of the person."""
    person = PERSON.of(cast(User, facts.holder))
    if person is None:
        return {}
    return {"group": person.group.name, "permission": person.group.shown_permission}


def refresh_claims(facts: Facts) -> Mapping[str, object]:
    """The claims of a refresh token that clients read."""
    user = cast(User, facts.holder)
    return {
        "token_type": "refresh",
        "sub": user.short_id,
        "nbf": facts.issued_at // SECOND,
        "state_hash": state_hash(user),
        "root_token_id": uuid_text(facts.family.id.hex()),
    }


def app_access_claims(facts: Facts) -> Mapping[str, object]:
    """The claims of an access token of an app."""
    return {**access_claims(facts), **_app_claims(facts)}


def app_refresh_claims(facts: Facts) -> Mapping[str, object]:
    """The claims of a refresh token of an app."""
    return {**refresh_claims(facts), **_app_claims(facts)}


def _app_claims(facts: Facts) -> Mapping[str, object]:
    family = facts.family
    return {"scopes": (family.scope or "").split(), "client_id": family.client}


def is_allowed_app(apps: Mapping[str, App], claims: Mapping[str, Any]) -> bool:
    """Whether verified claims are those of an app's access token. The app must still be there, and
    may still have its scopes.
    """
    app, scopes = str(claims.get("client_id")), claims.get("scopes", ())
    return claims.get("aud") == APP and still_allows(apps, app, scopes)


class AppGrant(msgspec.Struct, frozen=True):
    """What a token of an app says of the app and its scopes."""

    client_id: str
    scopes: tuple[str, ...] = ()


_decode_grant = msgspec.json.Decoder(AppGrant).decode


def app_grant_of(token: str) -> AppGrant | None:
    """The grant that a token names, before its signature is checked; None for a token of a
    person who signed in.
    """
    parts = split_jwt(token)
    payload = from_text(parts[1]) if parts else None
    if payload is None or b'"client_id"' not in payload:
        return None
    try:
        return _decode_grant(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def kind_of(token: str) -> str:
    """The kind whose key checks the token."""
    return USER if app_grant_of(token) is None else APP


def state_hash(user: User) -> str:
    """A hash that changes with the user's password or e-mail only."""
    return _hash_of(f"{user.id}:{user.credential_version}")


@lru_cache(10_000)
def _hash_of(state: str) -> str:
    return b64encode(hashlib.sha256(state.encode()).digest()).decode("ascii")


def uuid_text(digits: str) -> str:
    """The usual form of 32 hex digits (RFC 9562 §4)."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


_SHORT = "the web frontend refreshes 600 s before the end, and signs out when that is past already"
_ADVICE = (Advice("access", 600, _SHORT), Advice("refresh", 600, _SHORT))

KIND = TokenKind(
    name=USER,
    policy=CLOUDREVE_2026,
    symmetric=True,
    access_claims=access_claims,
    refresh_claims=refresh_claims,
    advice=_ADVICE,
    outlives_block=True,
    part=PERSON.dialect,
    told=person_claims,
)
APP_KIND = replace(
    KIND,
    name=APP,
    policy=CLOUDREVE_APP_2026,
    access_claims=app_access_claims,
    refresh_claims=app_refresh_claims,
    registers_clients=False,
)
