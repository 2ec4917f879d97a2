"""Authorization codes of apps (RFC 6749 §4.1.2): a code works once, within a minute.

A second use ends the session of the first one.
"""

from __future__ import annotations

import hashlib

import msgspec

from reticket.core.commands import Asking, FindUserById, Now, Peek, PutIfAbsent, RandomBytes
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.identifiers import family_id
from reticket.core.people import User
from reticket.core.storage.budget import of_account
from reticket.core.tokens.faces import to_text
from reticket.dialects.cloudreve.user import is_known
from reticket.oauth.pkce import challenge_of, is_proved

CODE_LIFETIME = 60
"""Seconds."""

USED_CODE_LIFETIME = 3_900
"""Seconds for which a code is known, so that its second use ends the session.

That is a little longer than the first access token of its session lives.
"""


class Grant(msgspec.Struct, frozen=True):
    """What a person has granted to an app.

    Args:
        family: the id of the session that will begin: 32 hex digits.
        app: its id.
        subject: the person.
        credential_version: of the person; the code is invalid after a change of the password.
        redirect_uri: where the code was sent.
        scope: separated by spaces.
        challenge: S256 of the code verifier (RFC 7636 §4.2), or empty.
    """

    family: str
    app: str
    subject: str
    credential_version: int
    redirect_uri: str
    scope: str
    challenge: str

    def is_proved_by(self, verifier: str) -> bool:
        """Whether the verifier is the challenge's. A code without a challenge needs none, and
        accepts none (RFC 9700 §4.8.2).
        """
        return is_proved(challenge_of(verifier) if verifier else None, self.challenge or None)


def issue_code(app: str, user: User, redirect_uri: str, scope: str, challenge: str) -> Asking[str]:
    """A code for what a person has granted."""
    now = yield from Now()
    random: bytes = yield from RandomBytes(42)
    grant = Grant(
        family_id(now, lambda size: random[:size]).hex(),
        app,
        user.id,
        user.credential_version,
        redirect_uri,
        scope,
        challenge,
    )
    code, text = to_text(random[10:]), msgspec.json.encode(grant).decode()
    owner = of_account(user.id)
    yield from PutIfAbsent(issued_code_key(code), text, USED_CODE_LIFETIME, owner)
    yield from PutIfAbsent(code_key(code), text, CODE_LIFETIME, owner)
    return code


def find_grant(code: str) -> Asking[Grant | None]:
    """The grant of a code; None for one that is unknown, used or too old."""
    return _grant_of((yield from Peek(code_key(code))))


def find_used_grant(code: str) -> Asking[Grant | None]:
    """The grant of a code that `find_grant` does not know any more; None for one that is unknown or
    was issued too long ago.
    """
    return _grant_of((yield from Peek(issued_code_key(code))))


def _grant_of(text: str | None) -> Grant | None:
    return None if text is None else msgspec.json.decode(text, type=Grant)


def granting_user(grant: Grant) -> Asking[User]:
    """The person who gave the grant.

    Raises:
        Refusal: INVALID_TOKEN for somebody who is blocked, has a new password or is gone.
    """
    user = yield from FindUserById(grant.subject)
    if user is None or user.disabled or not user.active or not is_known(user):
        raise Refusal(Code.INVALID_TOKEN, Cause.SUBJECT_GONE)
    if user.credential_version != grant.credential_version:
        raise Refusal(Code.INVALID_TOKEN, Cause.CREDENTIAL_CHANGED)
    return user


def code_key(code: str) -> str:
    """The key of an unused code; its value is the grant."""
    return f"cloudreve:code:{_digest(code)}"


def issued_code_key(code: str) -> str:
    """The key of the grant of a code, used or not."""
    return f"cloudreve:begun:{_digest(code)}"


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
