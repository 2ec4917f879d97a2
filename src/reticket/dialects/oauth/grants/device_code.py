"""`device_code` (RFC 8628 §3.4): a device asks until somebody has answered for it elsewhere."""

from __future__ import annotations

from reticket.core.commands import Asking, Peek, PutIfAbsent
from reticket.core.errors import Cause, Code
from reticket.core.storage.budget import COVERED, of_account
from reticket.dialects.oauth.errors import Denied, denied
from reticket.dialects.oauth.grants.codes import read_grant
from reticket.dialects.oauth.grants.consented_session import begin, consenting
from reticket.dialects.oauth.grants.device_codes import (
    DENIED,
    INTERVAL,
    asking,
    digest_of,
    polled,
    read_request,
    remembered,
    verdict,
)
from reticket.dialects.oauth.grants.token_request import Granting, TokenRequest
from reticket.dialects.oauth.inputs import required

PATIENCE = INTERVAL - 1
"""Seconds: a device that keeps the interval may be a second early on its way here."""


def poll(said: TokenRequest) -> Granting:
    """The pair, once there is a verdict. Denied: `authorization_pending`, `slow_down`,
    `access_denied`, `expired_token` (§3.5), `invalid_grant`.
    """
    digest = digest_of(required(said.form, "device_code"))
    yield from _expect(said, digest)
    answer = yield from Peek(verdict(digest))
    if answer is None:
        # no news for the audit log, every five seconds of it
        raise Denied("authorization_pending", "Nobody has answered yet.", heard=True)
    if answer == DENIED:
        raise Denied("access_denied", "The person said no.", Cause.NO_ACCESS)
    grant = read_grant(answer)
    user = yield from consenting(said, grant)
    bound = yield from said.bind(of_account(grant.subject))
    return (yield from begin(said, grant, user, bound, asking(digest)))


def _expect(said: TokenRequest, digest: str) -> Asking[None]:
    """That this client's request waits, and was not asked for just now."""
    text = yield from Peek(asking(digest))
    if text is None:
        raise (yield from _gone(digest))
    if read_request(text).client_id != said.registration.id:
        raise denied(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)
    if not (yield from PutIfAbsent(polled(digest), "", PATIENCE, COVERED)):
        raise Denied("slow_down", f"Wait {INTERVAL} seconds longer from now on.", Cause.LIMITED)


def _gone(digest: str) -> Asking[Denied]:
    if (yield from Peek(remembered(digest))) is None:
        return denied(Code.INVALID_TOKEN, Cause.UNKNOWN)
    return Denied("expired_token", "The device code has expired.", Cause.EXPIRED)
