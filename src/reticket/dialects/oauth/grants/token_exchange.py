"""Token exchange (RFC 8693): another access token of a living session.

It may have another audience, another tenant or less scope. The audit log has an event for each.
"""

from __future__ import annotations

from msgspec.structs import replace

from reticket.core.commands import Asking, Check, EndSessions, ExchangeToken
from reticket.core.errors import Cause, Code, Refusal, wrong
from reticket.core.model import Family, Place, Selection
from reticket.core.sessions.rotation import state_of
from reticket.dialects.oauth.errors import OAuthError
from reticket.dialects.oauth.grants.delegation import delegated_exchange
from reticket.dialects.oauth.grants.exchange_target import ExchangeTarget, requested_target
from reticket.dialects.oauth.grants.limits import asked_limits, invalid_target
from reticket.dialects.oauth.grants.refresh import bind_to_session, client_check
from reticket.dialects.oauth.grants.subject_token import (
    ACCESS_TOKEN,
    JWT,
    SubjectToken,
    invalid_subject_token,
    read_subject_token,
)
from reticket.dialects.oauth.grants.token_request import GrantOperation, TokenRequest
from reticket.oauth.provider import USER
from reticket.oauth.terms import NO_ID_TOKEN
from reticket.oauth.token_response import token_response


def token_exchange_grant(request: TokenRequest) -> GrantOperation:
    """Issue an access token for the session of the subject token. It is for the client of the
    session, or for a gateway that the token was sent to.

    Raises:
        Refusal: INVALID_PARAMETER.
        OAuthError: `invalid_request`, `invalid_scope`, `invalid_target`, `invalid_dpop_proof`.
    """
    token_type = _requested_token_type(request)
    target = requested_target(request.form)
    subject = yield from read_subject_token(request)
    is_delegated = subject.is_delegated_to(request.registration)
    exchange = delegated_exchange if is_delegated else _own_exchange
    command = yield from exchange(request, subject, target)
    try:
        issued = yield from command
    except Refusal as refusal:
        if refusal.cause is Cause.REUSED:
            yield from EndSessions(Selection(subject.family, resource=USER), "reuse")
        raise _exchange_error(refusal) from refusal
    response = token_response(request.registration, issued, command.asked)
    return replace(response, issued_token_type=token_type)


def _requested_token_type(request: TokenRequest) -> str:
    """The type of the new token. An access token of this service is a JWT, so both types name it
    (RFC 8693 §3).

    Raises:
        Refusal: INVALID_PARAMETER, for other types and for actor tokens.
    """
    if "actor_token" in request.form or "actor_token_type" in request.form:
        raise wrong("actor_token", "is not supported")
    token_type = request.form.get("requested_token_type", ACCESS_TOKEN)
    if token_type not in (ACCESS_TOKEN, JWT):
        raise wrong("requested_token_type", "is not supported")
    return token_type


def _own_exchange(
    request: TokenRequest, subject: SubjectToken, target: ExchangeTarget
) -> Asking[ExchangeToken]:
    """The command for a token of the client's own session.

    Raises:
        OAuthError: `invalid_request`, `invalid_dpop_proof`.
    """
    subject.check_key(request)
    resources = request.registration.requested_resources(target.resource)
    audiences = (*target.audiences, *resources)
    check = _session_check(request, subject, target.scopes, audiences)
    asked = (
        *asked_limits(target.scopes or subject.scopes, audiences or subject.audiences),
        *(yield from bind_to_session(request, subject.family, check)),
        (NO_ID_TOKEN, "1"),
        *request.registration.asked,
    )
    return ExchangeToken(
        USER,
        subject.family,
        context=target.tenant or subject.context,
        place=Place.TENANT,
        groups=request.registration.groups_allowed,
        check=check,
        policy=request.registration.policy,
        asked=asked,
    )


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
