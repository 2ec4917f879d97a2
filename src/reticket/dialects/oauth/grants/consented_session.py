"""Begins the session of an authorization grant, for a code or for a device."""

from __future__ import annotations

from reticket.core.commands import Asking, BeginSession, FindUser, Now, Peek
from reticket.core.entitlement import in_one_of
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.identifiers import time_of
from reticket.core.model import Asked, Issued, Selection
from reticket.core.people import User
from reticket.dialects.oauth.errors import OAuthError, oauth_error
from reticket.dialects.oauth.grants.codes import AuthorizationGrant
from reticket.dialects.oauth.grants.consenting_login import expect_signed_in
from reticket.dialects.oauth.grants.limits import asked_limits, check_audiences, check_scope
from reticket.dialects.oauth.grants.token_request import GrantOperation, TokenRequest
from reticket.dialects.oauth.grants.withdrawn import expect_not_withdrawn
from reticket.oauth.grant_use import GrantUse
from reticket.oauth.lists import split_list
from reticket.oauth.logged_in import remember_client
from reticket.oauth.provider import USER
from reticket.oauth.registration import ADMIN, allowed_audiences
from reticket.oauth.terms import NONCE, Terms
from reticket.oauth.token_response import token_response


def find_consenting_user(request: TokenRequest, grant: AuthorizationGrant) -> Asking[User]:
    """The person who gave the grant. Nothing is used up.

    Raises:
        OAuthError: `invalid_grant` for another client, and for a person who is disabled, has a new
            password, has signed out or has taken the consent back. The same for a person in none of
            the client's groups. `invalid_scope`; `invalid_target`.
    """
    yield from _expect_same_client(request, grant)
    check_scope(split_list(grant.scope), set(split_list(grant.scope)) - {ADMIN})
    allowed = allowed_audiences(grant.resources, request.registration, request.provider)
    check_audiences(
        request.registration.requested_resources(request.form.get("resource", "")), allowed
    )
    user: User | None = yield from FindUser(grant.email)
    if user is None or user.disabled or not user.active or not _is_same_credential(user, grant):
        raise oauth_error(Code.INVALID_TOKEN, Cause.SUBJECT_GONE)
    if not in_one_of(user, request.registration.groups_allowed):
        raise oauth_error(Code.INVALID_TOKEN, Cause.GROUP_REQUIRED)
    yield from _expect_standing(grant)
    return user


def begin_session(
    request: TokenRequest, grant: AuthorizationGrant, user: User, bound: Asked, grant_key: str
) -> GrantOperation:
    """Begin the session of a grant and issue its first pair, once.

    The grant is removed after the session has begun. Only the request that removes it responds.
    Until then the client may repeat the request, whatever fails (ADR 0008).

    Args:
        request: the token request.
        grant: the grant.
        user: the person who gave it.
        bound: the result of `TokenRequest.bind_access_token`.
        grant_key: the key of the stored grant.

    Raises:
        Unavailable: another request uses the same grant.
        OAuthError: `invalid_grant`.
    """
    use = GrantUse(grant_key, bytes.fromhex(grant.family), sessions_of(grant.client_id))
    claim = yield from use.claim()
    if (yield from Peek(grant_key)) is None:
        raise oauth_error(Code.INVALID_TOKEN, Cause.EXPIRED)
    try:
        family = yield from use.end_unanswered()
        issued, asked = yield from _begin_family(family, request, grant, user, bound)
        # a log-out or a withdrawal meanwhile may have missed the session
        yield from _expect_standing(grant)
        if not (yield from use.spend(claim)):
            yield from use.give_up(family)
            raise oauth_error(Code.INVALID_TOKEN, Cause.EXPIRED)
        return token_response(request.registration, issued, asked)
    except (OAuthError, Unavailable):
        yield from use.release(claim)
        raise


def sessions_of(client_id: str) -> Selection:
    """The sessions of people at this client only."""
    return Selection(resource=USER, client=client_id)


def _expect_same_client(request: TokenRequest, grant: AuthorizationGrant) -> Asking[None]:
    """Check that the grant is for this client, and for no earlier client of the same id. A client
    of a future time, when the clock was ahead, counts as the same.

    Raises:
        OAuthError: `invalid_grant`.
    """
    given_at, registered_at = time_of(bytes.fromhex(grant.family)), request.client.created_at
    now: int = yield from Now()
    if grant.client_id != request.registration.id or given_at < registered_at <= now:
        raise oauth_error(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)


def _expect_standing(grant: AuthorizationGrant) -> Asking[None]:
    """Check that the person has neither signed out nor taken the consent back since the grant."""
    yield from expect_signed_in(grant)
    yield from expect_not_withdrawn(grant)


def _begin_family(
    family: bytes, request: TokenRequest, grant: AuthorizationGrant, user: User, bound: Asked
) -> Asking[tuple[Issued, Asked]]:
    resources = request.registration.requested_resources(request.form.get("resource", ""))
    asked = (*asked_limits((), resources), *bound, *_nonce_of(grant), *request.registration.asked)
    registration, terms = request.registration, _terms(request, grant)
    yield from remember_client(registration, request.provider, user.id, family, grant.scope, terms)
    command = BeginSession(
        USER,
        user,
        client=registration.id,
        scope=grant.scope or None,
        terms=terms.to_json(),
        policy=registration.policy,
        family=family,
        asked=asked,
        is_sign_in=grant.login is None,  # otherwise it counted when the login session began
    )
    try:
        issued: Issued = yield from command
    except Refusal as refusal:
        raise oauth_error(Code.INVALID_TOKEN, refusal.cause, audited=True) from refusal
    return issued, asked


def _nonce_of(grant: AuthorizationGrant) -> Asked:
    return ((NONCE, grant.nonce),) if grant.nonce else ()


def _is_same_credential(user: User, grant: AuthorizationGrant) -> bool:
    return (user.id, user.credential_version) == (grant.subject, grant.credential_version)


def _terms(request: TokenRequest, grant: AuthorizationGrant) -> Terms:
    audiences = grant.resources or request.registration.resources
    return Terms(
        grant.auth_time,
        grant.amr,
        request.refresh_token_jkt,
        audiences,
        grant.login,
        grant.userinfo,
        grant.id_token,
    )
