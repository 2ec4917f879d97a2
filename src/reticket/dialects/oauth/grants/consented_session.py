"""Begins the session that somebody has consented to, whether by a code or for a device."""

from __future__ import annotations

from reticket.core.commands import (
    Asking,
    BeginSession,
    EndSessions,
    FindSession,
    FindUser,
    Peek,
    Pop,
    PutIfAbsent,
    RandomBytes,
)
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.identifiers import next_family_id
from reticket.core.model import Asked, Family, Issued, Selection
from reticket.core.people import User
from reticket.core.storage.budget import COVERED
from reticket.dialects.oauth.errors import Denied, denied
from reticket.dialects.oauth.grants.codes import CodeGrant
from reticket.dialects.oauth.grants.limits import narrowed, within_scope, within_targets
from reticket.dialects.oauth.grants.token_request import Granting, TokenRequest
from reticket.oauth.provider import USER
from reticket.oauth.registration import ADMIN, targets
from reticket.oauth.terms import NONCE, Terms
from reticket.oauth.token_answer import token_answer
from reticket.oauth.words import words

CLAIMED = 30
"""Seconds after which a request that was cut off keeps nobody from coming again: longer than a
request takes, unless its process stands still or `busy_timeout` is long.
"""

UNANSWERED = "unanswered"
"""Why a session ends whose tokens nobody has got."""


def consenting(said: TokenRequest, grant: CodeGrant) -> Asking[User]:
    """Who consented; nothing is spent by looking. Denied, `invalid_grant`, when the client is
    another, or the person is gone or has another password by now; `invalid_scope`,
    `invalid_target`.
    """
    if grant.client_id != said.registration.id:
        raise denied(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)
    within_scope(words(grant.scope), set(words(grant.scope)) - {ADMIN})
    known = targets(grant.resources, said.registration, said.provider)
    within_targets(words(said.form.get("resource", "")), known)
    user: User | None = yield from FindUser(grant.email)
    if user is None or user.disabled or not user.active or not _is_same(user, grant):
        raise denied(Code.INVALID_TOKEN, Cause.SUBJECT_GONE)
    return user


def begin(said: TokenRequest, grant: CodeGrant, user: User, bound: Asked, waits: str) -> Granting:
    """The session's first pair, once. What waits under a key is taken when it has begun, and
    only who has taken it answers: until then a client may come again, whatever fails (ADR 0008).
    `bound` is what `TokenRequest.bind` said, `waits` the key. Unavailable while another request
    does the same.
    """
    claim, mine = f"{waits}:claimed", (yield from RandomBytes(16)).hex()
    if not (yield from PutIfAbsent(claim, mine, CLAIMED, COVERED)):
        raise Unavailable("another request claims what waits")
    if (yield from Peek(waits)) is None:
        raise denied(Code.INVALID_TOKEN, Cause.EXPIRED)
    try:
        # what an earlier try has begun, and could not answer, ends here
        family = yield from end_begun(bytes.fromhex(grant.family), grant.client_id, UNANSWERED)
        issued, asked = yield from _begin_as(family, said, grant, user, bound)
        if not (yield from _took(waits, claim, mine)):
            yield from _end(family, grant.client_id, UNANSWERED)
            raise denied(Code.INVALID_TOKEN, Cause.EXPIRED)
        return token_answer(said.registration, issued, asked)
    except (Denied, Unavailable):
        yield from _give_up(grant, claim, mine)
        raise


def _give_up(grant: CodeGrant, claim: str, mine: str) -> Asking[None]:
    """Let the client come again. Whoever was held up for so long that the claim has ended ends
    nothing: another request may have been answered meanwhile.
    """
    if (yield from Peek(claim)) == mine:
        yield from end_begun(bytes.fromhex(grant.family), grant.client_id, UNANSWERED)
        yield from Pop(claim)


def _took(waits: str, claim: str, mine: str) -> Asking[bool]:
    """Whether this request has taken what waits. The store may have done so and failed before it
    said so: while the claim is this one's, nobody else can have taken what is gone.
    """
    try:
        return (yield from Pop(waits)) is not None
    except Unavailable:
        if (yield from Peek(waits)) is None and (yield from Peek(claim)) == mine:
            return True
        raise


def _begin_as(
    family: bytes, said: TokenRequest, grant: CodeGrant, user: User, bound: Asked
) -> Asking[tuple[Issued, Asked]]:
    asked = (*narrowed((), words(said.form.get("resource", ""))), *bound, *_nonce_of(grant))
    try:
        issued: Issued = yield from _family(said, grant, user, family, asked)
    except Refusal as refusal:
        raise denied(Code.INVALID_TOKEN, refusal.cause, heard=True) from refusal
    return issued, asked


def end_begun(family: bytes, client_id: str, cause: str) -> Asking[bytes]:
    """End what tries of one grant have begun, one after the other, as far as it lives; and say
    which session the next try begins.
    """
    while (row := (yield from _row(family))) is not None:
        if row.revoked_at is None:
            yield from _end(family, client_id, cause)
        family = next_family_id(family)
    return family


def _end(family: bytes, client_id: str, cause: str) -> EndSessions:
    """Only the client's own: nobody ends what a grant of somebody else's gave."""
    return EndSessions(Selection(family, resource=USER, client=client_id), cause)


def _row(family: bytes) -> Asking[Family | None]:
    row: Family | None
    row, _ = yield from FindSession(family)
    return row


def _family(
    said: TokenRequest, grant: CodeGrant, user: User, family: bytes, asked: Asked
) -> BeginSession:
    return BeginSession(
        USER,
        user,
        client=said.registration.id,
        scope=grant.scope or None,
        terms=_terms(said, grant).written(),
        policy=said.registration.policy,
        family=family,
        asked=asked,
    )


def _nonce_of(grant: CodeGrant) -> Asked:
    return ((NONCE, grant.nonce),) if grant.nonce else ()


def _is_same(user: User, grant: CodeGrant) -> bool:
    known = (grant.subject, grant.credential_version)
    return (user.id, user.credential_version) == known


def _terms(said: TokenRequest, grant: CodeGrant) -> Terms:
    audiences = grant.resources or said.registration.resources
    return Terms(grant.auth_time, grant.amr, said.own_key, audiences)
