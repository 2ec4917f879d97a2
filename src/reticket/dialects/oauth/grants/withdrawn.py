"""A person takes the consent to a client back: its unused codes and device codes become void.

Owns the mark of a withdrawal. A session that has begun is not of concern here.
"""

from __future__ import annotations

from reticket.core.commands import Asking, Now, Peek, Pop, PutIfAbsent
from reticket.core.errors import Cause, Code
from reticket.core.identifiers import time_of
from reticket.core.storage.budget import of_account
from reticket.dialects.oauth.errors import oauth_error
from reticket.dialects.oauth.grants.codes import AuthorizationGrant
from reticket.dialects.oauth.grants.device_codes import DEVICE_CODE_LIFETIME


def mark_withdrawal(subject: str, client_id: str) -> Asking[None]:
    """Make the grants void that the person has given the client until now.

    Call it before the client's sessions are ended. The grant of a session that begins meanwhile is
    checked once more.
    """
    key, now = _key(subject, client_id), (yield from Now())
    yield from Pop(key)
    yield from PutIfAbsent(key, str(now), DEVICE_CODE_LIFETIME, of_account(subject))


def expect_not_withdrawn(grant: AuthorizationGrant) -> Asking[None]:
    """Check that the person has not taken the consent back since the grant.

    Raises:
        OAuthError: `invalid_grant`.
    """
    withdrawn_at: str | None = yield from Peek(_key(grant.subject, grant.client_id))
    if withdrawn_at is not None and time_of(bytes.fromhex(grant.family)) <= int(withdrawn_at):
        raise oauth_error(Code.INVALID_TOKEN, Cause.REVOKED)


def _key(subject: str, client_id: str) -> str:
    """The key of the mark; its value is the time in milliseconds."""
    return f"oauth:withdrawn:{subject}:{client_id}"
