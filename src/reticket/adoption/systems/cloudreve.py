"""Cloudreve v4: `pkg/auth/jwt.go` of its source. All tokens of a session have its root token id."""

from __future__ import annotations

from reticket.adoption.hashids import Hashids
from reticket.adoption.system import Claims, System, TokenFacts, optional_text, text_in
from reticket.core.adoption.model import Adoption

SALT = "hash_id_salt"
"""The setting of the drive that its ids are written with."""

_IS_FOR_APPS = {"cloudreve.user": False, "cloudreve.app": True}
"""The kinds here, and whether their tokens name an app. Otherwise one token had two sessions."""

_USER = 1
"""What a hashid of a user has beside the user's number (`pkg/hashid`)."""


def read(claims: Claims, adoption: Adoption) -> TokenFacts:
    """The facts. `state_hash` is SHA-256 of e-mail, password column and site id, in base64."""
    scopes = claims.get("scopes") or []
    client = optional_text(claims, "client_id")
    if _IS_FOR_APPS.get(adoption.kind) not in (None, client is not None):
        raise ValueError("the token is for the other kind")
    return TokenFacts(
        text_in(claims, "root_token_id"),
        str(_user_number(text_in(claims, "sub"), adoption.salts[SALT])),
        text_in(claims, "state_hash"),
        client,
        " ".join(map(str, scopes)) or None,
    )


def _user_number(text: str, salt: str) -> int:
    number, kind = Hashids(salt).decode(text)
    if kind != _USER:
        raise ValueError("no id of a user")
    return number


SYSTEM = System("token_type", ("refresh",), ("HS256",), read, salts=(SALT,))
