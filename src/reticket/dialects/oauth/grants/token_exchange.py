"""Token exchange (RFC 8693): another access token of a living session.

It may have another audience, another tenant or less scope. The audit log has an event for each.
"""

from __future__ import annotations

from msgspec.structs import replace

from reticket.core.commands import Check, EndSessions, ExchangeToken
from reticket.core.errors import Cause, Code, Refusal, wrong
from reticket.core.model import Family, Place, Selection
from reticket.core.sessions.rotation import state_of
from reticket.dialects.oauth.errors import OAuthError
from reticket.dialects.oauth.grants.limits import asked_limits, invalid_target
from reticket.dialects.oauth.grants.refresh import bind_to_session, client_check
from reticket.dialects.oauth.grants.subject_token import (
    ACCESS_TOKEN,
    SubjectToken,
    invalid_subject_token,
    read_subject_token,
)
from reticket.dialects.oauth.grants.token_request import GrantOperation, TokenRequest
from reticket.oauth.lists import split_list
from reticket.oauth.provider import USER
from reticket.oauth.terms import NO_ID_TOKEN
from reticket.oauth.token_response import token_response

TENANT_PREFIX = "urn:reticket:tenant:"
"""The prefix of an audience that names the tenant of the new token, by its id."""


def token_exchange_grant(request: TokenRequest) -> GrantOperation:
    """Issue an access token for the session of the subject token.

    Raises:
        Refusal: INVALID_PARAMETER.
        OAuthError: `invalid_request`, `invalid_scope`, `invalid_target`, `invalid_dpop_proof`.
    """
    _refuse_unsupported(request)
    tenant, audiences = _requested_audiences(request)
    scopes = split_list(request.form.get("scope", ""))
    subject = yield from read_subject_token(request)
    limits = asked_limits(scopes or subject.scopes, audiences or subject.audiences)
    check = _session_check(request, subject, scopes, audiences)
    asked = (
        *limits,
        *(yield from bind_to_session(request, subject.family, check)),
        (NO_ID_TOKEN, "1"),
        *request.registration.asked,
    )
    command = ExchangeToken(
        USER,
        subject.family,
        context=tenant or subject.context,
        place=Place.TENANT,
        groups=request.registration.groups_allowed,
        check=check,
        policy=request.registration.policy,
        asked=asked,
    )
    try:
        issued = yield from command
    except Refusal as refusal:
        if refusal.cause is Cause.REUSED:
            yield from EndSessions(Selection(subject.family, resource=USER), "reuse")
        raise _exchange_error(refusal) from refusal
    return replace(
        token_response(request.registration, issued, asked), issued_token_type=ACCESS_TOKEN
    )


def _refuse_unsupported(request: TokenRequest) -> None:
    """Refuse actor tokens and other types of tokens.

    Raises:
        Refusal: INVALID_PARAMETER.
    """
    if "actor_token" in request.form or "actor_token_type" in request.form:
        raise wrong("actor_token", "is not supported")
    if request.form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise wrong("requested_token_type", "is not supported")


def _requested_audiences(request: TokenRequest) -> tuple[str | None, tuple[str, ...]]:
    """The id of the requested tenant, or None, and the requested audiences.

    Raises:
        OAuthError: `invalid_target`, for two tenants or an empty one.
    """
    requested = split_list(request.form.get("audience", ""))
    tenants = [
        each.removeprefix(TENANT_PREFIX) for each in requested if each.startswith(TENANT_PREFIX)
    ]
    if len(tenants) > 1 or "" in tenants:
        raise invalid_target(Cause.WRONG_TARGET)
    other_audiences = tuple(each for each in requested if not each.startswith(TENANT_PREFIX))
    resources = request.registration.requested_resources(request.form.get("resource", ""))
    return tenants[0] if tenants else None, (*other_audiences, *resources)


def _session_check(
    request: TokenRequest,
    subject: SubjectToken,
    scopes: tuple[str, ...],
    audiences: tuple[str, ...],
) -> Check:
    """A check of the client and the limits; for an ended session, of the client alone."""
    check_client = client_check(request)

    def check(row: Family, now: int) -> None:
        check_client(row, now)
        if state_of(row, now) is None:
            subject.check_request(request, row, now, scopes, audiences)

    return check


def _exchange_error(refusal: Refusal) -> OAuthError:
    """The error of RFC 8693 §2.2.2. A token of a person who may not use the client is invalid."""
    if isinstance(refusal, OAuthError):
        return refusal
    if refusal.code is Code.ACCESS_DENIED and refusal.cause is not Cause.GROUP_REQUIRED:
        return invalid_target(Cause.NO_ACCESS, audited=True)
    return invalid_subject_token(refusal.cause, audited=True)
