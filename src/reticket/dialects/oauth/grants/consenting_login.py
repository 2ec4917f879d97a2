"""The login session in which a person consented: after a log-out the grant is void.

Owns which ends of a login session count. Knows no cookie.
"""

from __future__ import annotations

from reticket.core.commands import Asking, FindSession, Peek
from reticket.core.errors import Cause, Code
from reticket.core.logouts import REPLACED
from reticket.core.model import Family
from reticket.dialects.oauth.errors import oauth_error
from reticket.dialects.oauth.grants.codes import AuthorizationGrant
from reticket.oauth.login import signed_out_key


def expect_signed_in(grant: AuthorizationGrant) -> Asking[None]:
    """Check that nobody has signed out of the login session of a grant.

    A grant may have none, and the store may have failed just after the sign-in, so that it never
    began.

    Raises:
        OAuthError: `invalid_grant`, after a log-out.
    """
    if (yield from has_signed_out(grant.login)):
        raise oauth_error(Code.INVALID_TOKEN, Cause.REVOKED)


def has_signed_out(login: str | None) -> Asking[bool]:
    """Whether somebody has signed out of a login session; never of one that has not begun.

    Args:
        login: its id, 32 hex digits, or None.
    """
    if login is None:
        return False
    row: Family | None
    row, _ = yield from FindSession(bytes.fromhex(login))
    return row is not None and (yield from _is_signed_out(row))


def _is_signed_out(login: Family) -> Asking[bool]:
    """A later sign-in in the same browser replaces a login session, and is no log-out."""
    if login.revoked_cause != REPLACED:
        return login.revoked_at is not None
    return (yield from Peek(signed_out_key(login.id.hex()))) is not None
