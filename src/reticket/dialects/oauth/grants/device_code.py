"""`device_code` (RFC 8628 §3.4): a device polls until the person has decided."""

from __future__ import annotations

from reticket.core.commands import Asking, Peek, PutIfAbsent
from reticket.core.errors import Cause, Code
from reticket.core.storage.budget import COVERED, of_account
from reticket.dialects.oauth.errors import OAuthError, oauth_error
from reticket.dialects.oauth.grants.codes import load_grant
from reticket.dialects.oauth.grants.consented_session import begin_session, find_consenting_user
from reticket.dialects.oauth.grants.device_codes import (
    DENIED,
    POLL_INTERVAL,
    decision_key,
    device_code_digest,
    known_key,
    load_device_request,
    poll_key,
    request_key,
)
from reticket.dialects.oauth.grants.token_request import GrantOperation, TokenRequest
from reticket.dialects.oauth.inputs import required

MIN_POLL_INTERVAL = POLL_INTERVAL - 1
"""Seconds between two polls: one less than the interval, since the network may shorten it."""


def device_code_grant(request: TokenRequest) -> GrantOperation:
    """Issue the first pair once the person has consented.

    Raises:
        OAuthError: `authorization_pending`, `slow_down`, `access_denied`, `expired_token` (RFC 8628
            §3.5); `invalid_grant`.
    """
    digest = device_code_digest(required(request.form, "device_code"))
    yield from _check_pending(request, digest)
    decision = yield from Peek(decision_key(digest))
    if decision is None:
        # not audited: it comes every five seconds
        raise OAuthError("authorization_pending", "Nobody has answered yet.", audited=True)
    if decision == DENIED:
        raise OAuthError("access_denied", "The person said no.", Cause.NO_ACCESS)
    grant = load_grant(decision)
    user = yield from find_consenting_user(request, grant)
    bound = yield from request.bind_access_token(of_account(grant.subject))
    return (yield from begin_session(request, grant, user, bound, request_key(digest)))


def _check_pending(request: TokenRequest, digest: str) -> Asking[None]:
    """Check that the request of this client is pending, and that the poll is not too early."""
    text = yield from Peek(request_key(digest))
    if text is None:
        raise (yield from _refuse_missing_request(digest))
    if load_device_request(text).client_id != request.registration.id:
        raise oauth_error(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)
    if not (yield from PutIfAbsent(poll_key(digest), "", MIN_POLL_INTERVAL, COVERED)):
        raise OAuthError(
            "slow_down", f"Wait {POLL_INTERVAL} seconds longer from now on.", Cause.LIMITED
        )


def _refuse_missing_request(digest: str) -> Asking[OAuthError]:
    if (yield from Peek(known_key(digest))) is None:
        return oauth_error(Code.INVALID_TOKEN, Cause.UNKNOWN)
    return OAuthError("expired_token", "The device code has expired.", Cause.EXPIRED)
