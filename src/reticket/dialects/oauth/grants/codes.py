"""Authorisation codes (RFC 6749 §4.1.2): what one stands for, and under which name it is kept.

The page that gives a code and the endpoint that takes it meet here alone.
"""

from __future__ import annotations

import hashlib

import msgspec

CODE_LIFETIME = 60
"""Seconds."""

ISSUED_CODE_LIFETIME = 3_900
"""Seconds that a used code is known for: its second use revokes what the first one gave. Who has
stolen a code uses it soon, and a whole day of all sign-ins would fill the room of short-lived
entries.
"""


class AuthorizationGrant(msgspec.Struct, frozen=True):
    """What somebody has consented to.

    Args:
        family: 32 hex digits, a UUIDv7 of the moment of consent: what the code will begin.
        subject / credential_version: who, and with which password; another one by then is no
            grant any more.
        redirect_uri: as the request said it, or None where it left it out.
        challenge: S256 of the verifier (RFC 7636 §4.2).
        auth_time: seconds.
        resources: audiences (RFC 8707), maybe none.
        nonce: for the ID token, or None.
        jkt: key that the code is bound to (RFC 9449 §10), or None.
    """

    family: str
    client_id: str
    subject: str
    credential_version: int
    email: str
    redirect_uri: str | None
    scope: str
    challenge: str
    auth_time: int
    amr: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    nonce: str | None = None
    jkt: str | None = None

    def to_json(self) -> str:
        """As it is kept."""
        return msgspec.json.encode(self).decode()


class IssuedCode(msgspec.Struct, frozen=True):
    """The facts of a code that stay known after its use; see `AuthorizationGrant`.

    An entry of an older version has no challenge. No verifier matches it, so its second use ends
    no session.
    """

    family: str
    client_id: str
    redirect_uri: str | None = None
    challenge: str = ""
    jkt: str | None = None

    def to_json(self) -> str:
        """As it is kept."""
        return msgspec.json.encode(self).decode()


def issued_code_of(grant: AuthorizationGrant) -> IssuedCode:
    """What stays known of the code of a grant."""
    return IssuedCode(grant.family, grant.client_id, grant.redirect_uri, grant.challenge, grant.jkt)


def load_issued_code(text: str) -> IssuedCode:
    """What `to_json` wrote."""
    return msgspec.json.decode(text, type=IssuedCode)


def load_grant(text: str) -> AuthorizationGrant:
    """What `to_json` wrote."""
    return msgspec.json.decode(text, type=AuthorizationGrant)


def code_key(code: str) -> str:
    """The key of an unused code; its value is `AuthorizationGrant.to_json`.

    The request that has begun the session removes the entry, and only then answers.
    """
    return f"oauth:code:{_digest(code)}"


def issued_code_key(code: str) -> str:
    """Under which key stands the `IssuedCode.to_json` of a code, used or not; kept with it."""
    return f"oauth:begun:{_digest(code)}"


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
