"""Cloudreve v4: `pkg/auth/jwt.go` of its source. All tokens of a session have its root token id."""

from __future__ import annotations

import re
from functools import lru_cache

from reticket.adoption.hashids import Hashids
from reticket.adoption.system import Claims, System, TokenFacts, optional_text, text_in
from reticket.core.adoption.model import Adoption

SALT = "hash_id_salt"
"""The setting of the drive that its ids are written with."""

_IS_FOR_APPS = {"cloudreve.user": False, "cloudreve.app": True}
"""The kinds here, and whether their tokens name an app. Otherwise one token had two sessions."""

_USER = 1
"""What a hashid of a user has beside the user's number (`pkg/hashid`)."""

_SESSION = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-(?!7)[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
"""A UUID as Cloudreve writes it, in its one spelling: version 4. Ours have version 7 (RFC 9562
§4.2). A session that it took over from here by an old form may have ended here, and would begin
anew.
"""


def read(claims: Claims, adoption: Adoption) -> TokenFacts:
    """The facts. `state_hash` is SHA-256 of e-mail, password column and site id, in base64."""
    scopes = claims.get("scopes") or []
    session = text_in(claims, "root_token_id")
    if not _SESSION.fullmatch(session):
        raise ValueError("no session of Cloudreve")
    client = optional_text(claims, "client_id")
    if _IS_FOR_APPS.get(adoption.kind) not in (None, client is not None):
        raise ValueError("the token is for the other kind")
    return TokenFacts(
        session,
        str(_user_number(text_in(claims, "sub"), adoption.salts[SALT])),
        text_in(claims, "state_hash"),
        client,
        " ".join(map(str, scopes)) or None,
    )


_hashids = lru_cache(16)(Hashids)
"""Of each salt; making one takes longer than using it."""


def _user_number(text: str, salt: str) -> int:
    number, kind = _hashids(salt).decode(text)
    if kind != _USER:
        raise ValueError("no id of a user")
    return number


def written(foreign_id: str, state: str | None, adoption: Adoption) -> Claims | None:
    """The claims that name a person there. The session has the same claim there as here."""
    if state is None or not (foreign_id.isascii() and foreign_id.isdigit()):
        return None
    subject = _hashids(adoption.salts[SALT]).encode([int(foreign_id), _USER])
    return {"sub": subject, "state_hash": state}


SYSTEM = System("token_type", ("refresh",), ("HS256",), read, salts=(SALT,), written=written)
