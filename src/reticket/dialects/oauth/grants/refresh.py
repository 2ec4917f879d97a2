"""`refresh_token` (RFC 6749 §6): the next pair of a session, to its own client alone."""

from __future__ import annotations

from reticket.core.commands import Asking, Check, FindSession, ReadRefresh, Refresh
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import REFUSING, Asked, Family, Place, RefreshToken
from reticket.core.policy import SECOND
from reticket.core.sessions.rotation import decide, state_of
from reticket.core.storage.budget import of_account
from reticket.dialects.oauth.errors import Denied, denied
from reticket.dialects.oauth.grants.limits import narrowed, within_scope, within_targets
from reticket.dialects.oauth.grants.token_request import Granting, TokenRequest
from reticket.dialects.oauth.inputs import required
from reticket.oauth.provider import USER
from reticket.oauth.registration import targets
from reticket.oauth.terms import JKT, terms_of
from reticket.oauth.token_answer import token_answer
from reticket.oauth.words import words

FRESH = 60 * SECOND
"""How long after a rotation a proof may come without a nonce of ours (RFC 9449 §11.2)."""


def refresh(said: TokenRequest) -> Granting:
    """Whatever is asked for holds for this answer; the session keeps what it was granted."""
    scopes = words(said.form.get("scope", ""))
    resources = words(said.form.get("resource", ""))
    token = required(said.form, "refresh_token")
    asked = (*narrowed(scopes, resources), *(yield from _bound_to(said, token)))
    turn = Refresh(
        USER,
        token,
        place=Place.TENANT,
        check=whose(said),
        fits=_no_more(said, scopes, resources) if scopes or resources else None,
        policy=said.registration.policy,
        asked=asked,
    )
    try:
        issued = yield from turn
    except Refusal as refusal:
        raise _refused(refusal) from refusal
    return token_answer(said.registration, issued, asked)


def _bound_to(said: TokenRequest, token: str) -> Asking[Asked]:
    """A proof beside what is no token of ours is refused without one."""
    if said.proof is None:
        return ()
    try:
        known: RefreshToken = yield from ReadRefresh(USER, token)
    except Refusal:
        return ()
    return (yield from bound(said, known.family, _answering(said, known)))


def bound(said: TokenRequest, family: bytes, check: Check) -> Asking[Asked]:
    """What the access token is bound to. The proof is remembered beside a session that lives and
    passes the check: whoever has a copy of a token, and not its key, must not use up the share of
    its owner. All others are refused by what follows. The account is charged: with a share for each
    session, one account with enough of them could fill the reserve.
    """
    if said.proof is None:
        return ()
    row, now = yield from FindSession(family)
    if row is None or state_of(row, now) is not None or not _passes(check, row, now):
        return ((JKT, said.proof.jkt),)
    return (yield from said.bind(of_account(row.subject)))


def _answering(said: TokenRequest, token: RefreshToken) -> Check:
    """Whether a session is this client's and answers the token."""
    is_ours = whose(said)

    def check(row: Family, now: int) -> None:
        is_ours(row, now)
        expect_answered(row, token, now, said)

    return check


def expect_answered(row: Family, token: RefreshToken, now: int, said: TokenRequest) -> None:
    """INVALID_TOKEN for one that has expired or was used before."""
    outcome = decide(row, token, now, said.registration.policy).outcome
    if outcome in REFUSING:
        raise Refusal(Code.INVALID_TOKEN, Cause(outcome.value))


def _passes(check: Check, row: Family, now: int) -> bool:
    try:
        check(row, now)
    except Refusal:
        return False
    return True


def _refused(refusal: Refusal) -> Refusal:
    """A tenant that was taken away is one more cause of `invalid_grant`."""
    if refusal.code is Code.ACCESS_DENIED:
        return denied(Code.INVALID_TOKEN, refusal.cause, heard=True)
    return refusal


def whose(said: TokenRequest) -> Check:
    """Whether a session is this client's, and the proof its key's. INVALID_TOKEN, also for a
    session of before its public client had to bind them; Denied, `use_dpop_nonce`, for a proof that
    may have been made ahead.
    """
    client, proof = said.registration.id, said.proof
    must_bind = said.registration.dpop_required and not said.registration.confidential

    def check(row: Family, now: int) -> None:
        if row.client != client:
            raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)
        key = terms_of(row.terms).jkt
        if key is not None and (proof is None or proof.jkt != key):
            raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_PROOF)
        if key is None and must_bind:
            raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_PROOF)
        if proof is not None and not proof.nonce_known and not _is_fresh(row, now):
            raise _without_nonce(said)

    return check


def _is_fresh(row: Family, now: int) -> bool:
    """A rotation by a clock that ran ahead, and was set back since, is not."""
    return abs(now - row.rotated_at) < FRESH


def _without_nonce(said: TokenRequest) -> Denied:
    nonce = (said.nonce or "").encode()
    return Denied(
        "use_dpop_nonce",
        "The proof needs the nonce of this answer.",
        Cause.WRONG_PROOF,
        headers=((b"dpop-nonce", nonce),),
        heard=True,
    )


def _no_more(said: TokenRequest, scopes: tuple[str, ...], resources: tuple[str, ...]) -> Check:
    """Not more than the session was granted. Denied, `invalid_scope` or `invalid_target`."""

    def check(row: Family, now: int) -> None:
        audiences = terms_of(row.terms).audiences
        within_scope(scopes, words(row.scope or ""), heard=True)
        within_targets(resources, targets(audiences, said.registration, said.provider), heard=True)

    return check
