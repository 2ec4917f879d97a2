"""Begins the session of a code, once: whatever fails before the answer, the app may ask again.

The code is removed after the session has begun, and only the request that removes it answers
(ADR 0008).
"""

from __future__ import annotations

from reticket.core.commands import (
    Asking,
    BeginSession,
    EndSessions,
    FindSession,
    Peek,
    Pop,
    PutIfAbsent,
    RandomBytes,
)
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.identifiers import next_family_id
from reticket.core.logouts import UNANSWERED
from reticket.core.model import Issued, Selection
from reticket.core.people import User
from reticket.core.storage.budget import COVERED
from reticket.dialects.cloudreve.app_codes import Grant, code_key
from reticket.dialects.cloudreve.tokens import APP

CLAIM_LIFETIME = 30
"""Seconds after which an interrupted request no longer blocks the next one."""


def begin_session(code: str, grant: Grant, user: User) -> Asking[Issued]:
    """The first pair of the session of a code.

    Raises:
        Unavailable: another request uses the same code, or a store failed.
        Refusal: INVALID_TOKEN for a code that was used meanwhile; INVALID_CREDENTIALS.
    """
    key, claim = code_key(code), (yield from RandomBytes(16)).hex()
    if not (yield from PutIfAbsent(_claim_key(key), claim, CLAIM_LIFETIME, COVERED)):
        raise Unavailable("another request exchanges the same code")
    if (yield from Peek(key)) is None:
        raise Refusal(Code.INVALID_TOKEN, Cause.USED)
    try:
        family = yield from _end_unanswered(grant)
        issued: Issued = yield from BeginSession(
            APP, user, client=grant.app, scope=grant.scope, family=family
        )
        if not (yield from _spend(key, claim)):
            yield from EndSessions(Selection(family, resource=APP), UNANSWERED)
            raise Refusal(Code.INVALID_TOKEN, Cause.USED)
        return issued
    except Unavailable:
        yield from _release(key, claim, grant)
        raise


def _end_unanswered(grant: Grant) -> Asking[bytes]:
    """End the sessions of attempts that got no answer. Returns the id of the next session."""
    family = bytes.fromhex(grant.family)
    while (row := (yield from FindSession(family))[0]) is not None:
        if row.revoked_at is None:
            yield from EndSessions(Selection(family, resource=APP), UNANSWERED)
        family = next_family_id(family)
    return family


def _spend(key: str, claim: str) -> Asking[bool]:
    """Remove the code; returns whether this request has removed it.

    A store may fail after it has removed the code. While the claim is that of this request, no
    other one can have removed it.
    """
    try:
        return (yield from Pop(key)) is not None
    except Unavailable:
        if (yield from Peek(key)) is None and (yield from Peek(_claim_key(key))) == claim:
            return True
        raise


def _release(key: str, claim: str, grant: Grant) -> Asking[None]:
    """Let the app ask again at once. A request whose claim has expired ends no session."""
    if (yield from Peek(_claim_key(key))) == claim:
        yield from _end_unanswered(grant)
        yield from Pop(_claim_key(key))


def _claim_key(key: str) -> str:
    return f"{key}:claimed"
