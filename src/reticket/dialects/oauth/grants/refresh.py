"""`refresh_token` (RFC 6749 §6): the next pair of a session, for the client of the session."""

from __future__ import annotations

from reticket.core.commands import Asking, Check, FindSession, ReadRefresh, Refresh
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import REFUSING, Asked, Family, Place, RefreshToken
from reticket.core.policy import SECOND
from reticket.core.sessions.rotation import decide, state_of
from reticket.core.storage.budget import Owner, of_account
from reticket.dialects.oauth.errors import OAuthError, oauth_error
from reticket.dialects.oauth.grants.limits import asked_limits, check_audiences, check_scope
from reticket.dialects.oauth.grants.token_request import GrantOperation, TokenRequest
from reticket.dialects.oauth.inputs import required
from reticket.oauth.lists import split_list
from reticket.oauth.provider import USER
from reticket.oauth.registration import allowed_audiences
from reticket.oauth.terms import JKT, terms_of
from reticket.oauth.token_response import token_response

NONCE_GRACE = 60 * SECOND
"""Milliseconds after a rotation in which a proof needs no nonce (RFC 9449 §11.2)."""


def refresh_token_grant(request: TokenRequest) -> GrantOperation:
    """Issue the next pair. Requested limits hold for this response; the session keeps its grant.

    Raises:
        Refusal: INVALID_TOKEN; INVALID_PARAMETER.
        OAuthError: `invalid_grant`, `invalid_scope`, `invalid_target`, `invalid_dpop_proof`,
            `use_dpop_nonce`.
    """
    scopes = split_list(request.form.get("scope", ""))
    resources = request.registration.requested_resources(request.form.get("resource", ""))
    token = required(request.form, "refresh_token")
    asked = (
        *asked_limits(scopes, resources),
        *request.registration.asked,
        *(yield from _bind_to_session_of_token(request, token)),
    )
    command = Refresh(
        USER,
        token,
        place=Place.TENANT,
        groups=request.registration.groups_allowed,
        check=client_check(request),
        fits=_limits_check(request, scopes, resources) if scopes or resources else None,
        policy=request.registration.policy,
        asked=asked,
    )
    try:
        issued = yield from command
    except Refusal as refusal:
        raise _as_invalid_grant(refusal) from refusal
    return token_response(request.registration, issued, asked)


def _bind_to_session_of_token(request: TokenRequest, token: str) -> Asking[Asked]:
    """Bind the access token. A malformed token binds nothing, and is refused later."""
    if request.proof is None:
        return ()
    try:
        refresh_token: RefreshToken = yield from ReadRefresh(USER, token)
    except Refusal:
        return ()
    return (
        yield from bind_to_session(
            request, refresh_token.family, _token_check(request, refresh_token)
        )
    )


def bind_to_session(
    request: TokenRequest, family: bytes, check: Check, owner: Owner | None = None
) -> Asking[Asked]:
    """The key to which the access token is bound, as `Asked`.

    The proof is marked as used only for a living session that passes the check. A caller with a
    copied token, but without its key, must not use up the share of the account. Every other request
    is refused later.

    The mark is charged to the account. With a share for each session, one account could fill the
    reserve.

    Args:
        request: the token request.
        family: the id of the session.
        check: of the session and the request.
        owner: the owner that is charged instead of the account.

    Raises:
        OAuthError: `invalid_dpop_proof`.
    """
    if request.proof is None:
        return ()
    row, now = yield from FindSession(family)
    if row is None or state_of(row, now) is not None or not _passes(check, row, now):
        return ((JKT, request.proof.jkt),)
    return (yield from request.bind_access_token(owner or of_account(row.subject)))


def _token_check(request: TokenRequest, token: RefreshToken) -> Check:
    """Check the client of a session, and that it would answer the token."""
    check_client = client_check(request)

    def check(row: Family, now: int) -> None:
        check_client(row, now)
        expect_redeemable(row, token, now, request)

    return check


def expect_redeemable(row: Family, token: RefreshToken, now: int, request: TokenRequest) -> None:
    """Check that a refresh with the token would succeed now.

    Raises:
        Refusal: INVALID_TOKEN when it has expired or was used before.
    """
    outcome = decide(row, token, now, request.registration.policy).outcome
    if outcome in REFUSING:
        raise Refusal(Code.INVALID_TOKEN, Cause(outcome.value))


def _passes(check: Check, row: Family, now: int) -> bool:
    try:
        check(row, now)
    except Refusal:
        return False
    return True


def _as_invalid_grant(refusal: Refusal) -> Refusal:
    """The refusal as `invalid_grant`, when the person may no longer use the tenant of the session,
    or the client.
    """
    if refusal.code is Code.ACCESS_DENIED:
        return oauth_error(Code.INVALID_TOKEN, refusal.cause, audited=True)
    return refusal


def client_check(request: TokenRequest) -> Check:
    """A check that the session belongs to the client, and the proof to the key of the session.

    It raises INVALID_TOKEN, also for an unbound session of a public client that must bind its
    tokens. It raises `use_dpop_nonce` for a proof that may have been made in advance.
    """
    client, proof = request.registration.id, request.proof
    must_bind = request.registration.dpop_required and not request.registration.confidential

    def check(row: Family, now: int) -> None:
        if row.client != client:
            raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)
        key = terms_of(row.terms).jkt
        if key is not None and (proof is None or proof.jkt != key):
            raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_PROOF)
        if key is None and must_bind:
            raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_PROOF)
        if proof is not None and not proof.nonce_known and not _is_in_nonce_grace(row, now):
            raise _nonce_required(request)

    return check


def _is_in_nonce_grace(row: Family, now: int) -> bool:
    """Whether the last rotation is recent; not when the clock was set back since."""
    return abs(now - row.rotated_at) < NONCE_GRACE


def _nonce_required(request: TokenRequest) -> OAuthError:
    nonce = (request.nonce or "").encode()
    return OAuthError(
        "use_dpop_nonce",
        "The proof needs the nonce of this answer.",
        Cause.WRONG_PROOF,
        headers=((b"dpop-nonce", nonce),),
        audited=True,
    )


def _limits_check(
    request: TokenRequest, scopes: tuple[str, ...], resources: tuple[str, ...]
) -> Check:
    """A check that the request stays within the grant of the session.

    It raises `invalid_scope` or `invalid_target`.
    """

    def check(row: Family, now: int) -> None:
        audiences = terms_of(row.terms).audiences
        check_scope(scopes, split_list(row.scope or ""), audited=True)
        check_audiences(
            resources,
            allowed_audiences(audiences, request.registration, request.provider),
            audited=True,
        )

    return check
