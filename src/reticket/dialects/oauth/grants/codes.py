"""Authorisation codes (RFC 6749 §4.1.2): what one stands for, and under which name it is kept.

The page that gives a code and the endpoint that takes it meet here alone.
"""

from __future__ import annotations

import hashlib

import msgspec

LIFETIME = 60
"""Seconds."""

REMEMBERED = 3_900
"""Seconds that a used code is known for: its second use revokes what the first one gave. Who has
stolen a code uses it soon, and a whole day of all sign-ins would fill the room of short-lived
entries.
"""


class CodeGrant(msgspec.Struct, frozen=True):
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

    def written(self) -> str:
        """As it is kept."""
        return msgspec.json.encode(self).decode()


class Given(msgspec.Struct, frozen=True):
    """What is known of a code, used or not: the session that it begins, and who may use it; see
    `CodeGrant`. What an older program kept has no challenge: nobody can meet it, and it ends
    nothing.
    """

    family: str
    client_id: str
    redirect_uri: str | None = None
    challenge: str = ""
    jkt: str | None = None

    def written(self) -> str:
        """As it is kept."""
        return msgspec.json.encode(self).decode()


def given_by(grant: CodeGrant) -> Given:
    """What stays known of the code of a grant."""
    return Given(grant.family, grant.client_id, grant.redirect_uri, grant.challenge, grant.jkt)


def read_given(text: str) -> Given:
    """What `written` wrote."""
    return msgspec.json.decode(text, type=Given)


def read_grant(text: str) -> CodeGrant:
    """What `written` wrote."""
    return msgspec.json.decode(text, type=CodeGrant)


def waiting(code: str) -> str:
    """Under which key a code waits for its client; `CodeGrant.written` is its value. Who has begun
    its session takes it, and answers then.
    """
    return f"oauth:code:{_digest(code)}"


def begun(code: str) -> str:
    """Under which key stands the `Given.written` of a code, used or not; kept with it."""
    return f"oauth:begun:{_digest(code)}"


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
