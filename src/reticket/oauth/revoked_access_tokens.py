"""Access tokens that were revoked before they expired (RFC 7009), stored until they expire."""

from __future__ import annotations

from reticket.core.commands import Asking, Now, PutIfAbsent
from reticket.core.model import AccessToken
from reticket.core.policy import whole_seconds
from reticket.core.storage.budget import Owner, of_account, of_client
from reticket.oauth.provider import CLIENT


def revocation_key(access: AccessToken) -> str:
    """The key under which the revocation of a token is stored."""
    return f"oauth:dead:{access.claims.get('jti')}"


def revoke_access_token(access: AccessToken) -> Asking[bool]:
    """Revoke a token for all processes. Returns whether it was not revoked before."""
    now: int = yield from Now()
    lifetime = max(1, whole_seconds(access.expires_at - now))
    is_new: bool = yield from PutIfAbsent(revocation_key(access), "", lifetime, _owner(access))
    return is_new


def _owner(access: AccessToken) -> Owner:
    """The owner that is charged for the entry. A token of kind CLIENT was issued to an
    authenticated client, which pays itself.
    """
    if access.resource == CLIENT:
        return of_client(access.subject)
    return of_account(access.subject)
