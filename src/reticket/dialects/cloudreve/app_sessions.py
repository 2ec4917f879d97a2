"""Begins the session of a code, once: whatever fails before the answer, the app may ask again."""

from __future__ import annotations

from reticket.core.commands import Asking, BeginSession
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.model import Issued, Selection
from reticket.core.people import User
from reticket.dialects.cloudreve.app_codes import Grant, code_key, find_grant
from reticket.dialects.cloudreve.tokens import APP
from reticket.oauth.grant_use import GrantUse, end_sessions


def begin_session(code: str, grant: Grant, user: User) -> Asking[Issued]:
    """The first pair of the session of a code.

    Raises:
        Unavailable: another request uses the same code, or a store failed.
        Refusal: INVALID_TOKEN for a code that was used meanwhile; INVALID_CREDENTIALS.
    """
    use = GrantUse(code_key(code), bytes.fromhex(grant.family), _sessions_of(grant))
    claim = yield from use.claim()
    if (yield from find_grant(code)) is None:
        raise Refusal(Code.INVALID_TOKEN, Cause.USED)
    try:
        family = yield from use.end_unanswered()
        issued: Issued = yield from BeginSession(
            APP, user, client=grant.app, scope=grant.scope, family=family
        )
        if not (yield from use.spend(claim)):
            yield from use.give_up(family)
            raise Refusal(Code.INVALID_TOKEN, Cause.USED)
        return issued
    except Unavailable:
        yield from use.release(claim)
        raise


def end_used(grant: Grant) -> Asking[None]:
    """End the session that a code has begun, as the code came a second time (RFC 6749 §4.1.2)."""
    yield from end_sessions(bytes.fromhex(grant.family), _sessions_of(grant), "code_reuse")


def _sessions_of(grant: Grant) -> Selection:
    return Selection(resource=APP, client=grant.app)
