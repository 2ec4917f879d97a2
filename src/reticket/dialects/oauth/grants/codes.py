"""Authorization codes (RFC 6749 §4.1.2): their grants, and the keys of their entries.

The authorization endpoint and the token endpoint share only this module.
"""

from __future__ import annotations

import hashlib

import msgspec

from reticket.core.tokens.faces import to_text

CODE_LIFETIME = 60
"""Seconds."""

ISSUED_CODE_LIFETIME = 3_900
"""Seconds for which a used code is known, so that its second use ends the session.

A stolen code is used soon. The codes of a whole day would fill the room of short-lived entries.
"""


class AuthorizationGrant(msgspec.Struct, frozen=True):
    """The grant of a person (RFC 6749 §1.3), for a code or for a device.

    Args:
        family: the id of the session that will begin: 32 hex digits, a UUIDv7 of the time of
            consent.
        client_id: the client that may use the grant.
        subject: the person.
        credential_version: of the person; the grant is invalid after a change of the password.
        email: of the person.
        redirect_uri: the parameter of the authorization request, or None when it was absent.
        scope: space-separated.
        challenge: S256 of the code verifier (RFC 7636 §4.2), or None without PKCE.
        auth_time: seconds.
        amr: the authentication methods (RFC 8176).
        resources: audiences (RFC 8707), maybe none.
        nonce: for the ID token, or None.
        jkt: thumbprint of the key to which the code is bound (RFC 9449 §10), or None.
        login: the id of the login session in which the person consented, or None.
        userinfo / id_token: the claims that were asked for beside the scopes.
    """

    family: str
    client_id: str
    subject: str
    credential_version: int
    email: str
    redirect_uri: str | None
    scope: str
    challenge: str | None
    auth_time: int
    amr: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    nonce: str | None = None
    jkt: str | None = None
    login: str | None = None
    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The stored form."""
        return msgspec.json.encode(self).decode()


class IssuedCode(msgspec.Struct, frozen=True):
    """The facts of a code that stay known after its use; see `AuthorizationGrant`.

    The challenge in an entry of an older version is empty. No verifier matches it, so its second
    use ends no session.
    """

    family: str
    client_id: str
    redirect_uri: str | None = None
    challenge: str | None = ""
    jkt: str | None = None

    def to_json(self) -> str:
        """The stored form."""
        return msgspec.json.encode(self).decode()


def issued_code_of(grant: AuthorizationGrant) -> IssuedCode:
    """The facts of a grant that stay known after its use."""
    return IssuedCode(grant.family, grant.client_id, grant.redirect_uri, grant.challenge, grant.jkt)


def load_issued_code(text: str) -> IssuedCode:
    """The facts from the text of `to_json`."""
    return msgspec.json.decode(text, type=IssuedCode)


def load_grant(text: str) -> AuthorizationGrant:
    """The grant from the text of `to_json`."""
    return msgspec.json.decode(text, type=AuthorizationGrant)


def code_of_ticket(ticket: str) -> str:
    """The code: a digest of the ticket, as secret as the ticket, and no way back to it."""
    return to_text(hashlib.sha256(b"code:" + ticket.encode()).digest())


def code_key(code: str) -> str:
    """The key of an unused code; its value is `AuthorizationGrant.to_json`.

    The request that has begun the session removes the entry, and only then answers.
    """
    return f"oauth:code:{_digest(code)}"


def issued_code_key(code: str) -> str:
    """The key of the facts of a code, used or not; the value is `IssuedCode.to_json`."""
    return f"oauth:begun:{_digest(code)}"


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
