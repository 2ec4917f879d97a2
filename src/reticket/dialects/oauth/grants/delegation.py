"""The exchange of an access token that was sent to a gateway (RFC 8693 §1.1, delegation; ADR 0017).

The gateway is in the audience of the token. It gets a token for a service behind it: with the same
person and session, the claim `act`, no more scope and no later end. Nothing is stored for it.
"""

from __future__ import annotations

from typing import NamedTuple

from reticket.core.commands import Asking, Check, ExchangeToken
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Family, Place
from reticket.core.sessions.rotation import state_of
from reticket.core.storage.budget import of_client
from reticket.dialects.oauth.endpoints.proof import proof_required
from reticket.dialects.oauth.errors import OAuthError
from reticket.dialects.oauth.grants.exchange_target import ExchangeTarget
from reticket.dialects.oauth.grants.limits import (
    asked_limits,
    check_audiences,
    check_scope,
    invalid_scope,
    invalid_target,
)
from reticket.dialects.oauth.grants.refresh import bind_to_session
from reticket.dialects.oauth.grants.subject_token import SubjectToken
from reticket.dialects.oauth.grants.token_request import TokenRequest
from reticket.oauth.actors import MOST_ACTORS, as_asked
from reticket.oauth.audiences import as_registered
from reticket.oauth.clients import find_client
from reticket.oauth.delegation_chain import fault_of_chain
from reticket.oauth.lists import split_list
from reticket.oauth.provider import USER
from reticket.oauth.registration import Registration, is_confidential
from reticket.oauth.terms import OPENID, terms_of


class Origin(NamedTuple):
    """The clients through which a token has come.

    Args:
        fault: why the person may not be acted for by them, or None.
        public: whether the client that it was issued to cannot authenticate.
    """

    fault: Cause | None
    public: bool


class Delegation(NamedTuple):
    """The limits of one exchange.

    Args:
        request: of the gateway.
        subject: the token that was sent to it.
        origin: of that token.
        tenant: the requested tenant, or None.
        scopes / audiences: of the new token, not checked yet.
    """

    request: TokenRequest
    subject: SubjectToken
    origin: Origin
    tenant: str | None
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]

    def check(self, row: Family, now: int) -> None:
        """Check the gateway; for a living session also the subject token and the limits.

        Raises:
            Refusal: INVALID_TOKEN for a subject token that may not be exchanged by this client.
            OAuthError: `invalid_request`, `invalid_scope`, `invalid_target`, `invalid_dpop_proof`.
        """
        _expect_gateway(self.request.registration, self.subject)
        if state_of(row, now) is None:
            self._check_subject(row, now)
            self._check_limits()
            self._check_key(row)

    def _check_subject(self, row: Family, now: int) -> None:
        if now >= self.subject.expires_at:
            raise Refusal(Code.INVALID_TOKEN, Cause.EXPIRED)
        if self.origin.fault is not None:
            raise Refusal(Code.INVALID_TOKEN, self.origin.fault)
        if self.origin.public and terms_of(row.terms).jkt is None:
            # anybody who has seen such a token may have sent it
            raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_PROOF)
        if len(self.subject.actors) >= MOST_ACTORS:
            sentence = f"The subject token was exchanged by {MOST_ACTORS} clients already."
            raise OAuthError("invalid_request", sentence, Cause.WRONG_USE, audited=True)

    def _check_limits(self) -> None:
        if self.tenant not in (None, self.subject.context) or not self.audiences:
            raise invalid_target(Cause.WRONG_TARGET, audited=True)
        check_audiences(self.audiences, _allowed_audiences(self.request), audited=True)
        check_scope(self.scopes, _allowed_scopes(self.request, self.subject), audited=True)
        if not self.scopes:  # the token would have all scopes of the session
            raise invalid_scope(audited=True)

    def _check_key(self, row: Family) -> None:
        """Require a proof if the subject token is bound to a key. The new token is bound, too."""
        is_bound = self.subject.jkt is not None or terms_of(row.terms).jkt is not None
        if is_bound and self.request.proof is None:
            raise proof_required(audited=True)


def delegated_exchange(
    request: TokenRequest, subject: SubjectToken, target: ExchangeTarget
) -> Asking[ExchangeToken]:
    """The command for a token of the services behind a gateway. Its check refuses other clients.

    Raises:
        OAuthError: `invalid_dpop_proof`.
    """
    registration = request.registration
    audiences = _audiences(request, target)
    scopes = target.scopes or _allowed_scopes(request, subject)
    origin = yield from _origin_of(request, subject)
    check: Check = Delegation(request, subject, origin, target.tenant, scopes, audiences).check
    asked = (
        *asked_limits(scopes, audiences),
        *as_asked((registration.id, *subject.actors)),
        *(yield from bind_to_session(request, subject.family, check, of_client(registration.id))),
        *registration.asked,
    )
    return ExchangeToken(
        USER,
        subject.family,
        context=subject.context,
        place=Place.TENANT,
        groups=registration.groups_allowed,
        check=check,
        policy=registration.policy,
        asked=asked,
        latest=subject.expires_at,
        detail=_audit_detail(request, audiences),
    )


def _expect_gateway(registration: Registration, subject: SubjectToken) -> None:
    """Check that the token was meant for the client, and that an operator vouches for the client.

    Raises:
        Refusal: INVALID_TOKEN.
    """
    is_trusted = registration.confidential and registration.vouched
    if not is_trusted or not set(registration.own_audiences).intersection(subject.audiences):
        raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)


def _origin_of(request: TokenRequest, subject: SubjectToken) -> Asking[Origin]:
    """The clients of the session, of the token, and of its chain of exchanges."""
    clients = (subject.client, subject.session_client, *subject.actors)
    fault = None
    if subject.holder is not None:
        fault = yield from fault_of_chain(clients, subject.holder, request.provider)
    client = yield from find_client(subject.client)
    return Origin(fault, public=client is None or not is_confidential(client))


def _audiences(request: TokenRequest, target: ExchangeTarget) -> tuple[str, ...]:
    """The requested audiences in their registered spelling. A gateway for one service need not name
    it.
    """
    allowed = _allowed_audiences(request)
    requested = (*target.audiences, *split_list(target.resource))
    if not requested and len(allowed) == 1:
        return allowed
    return as_registered(requested, allowed)


def _allowed_audiences(request: TokenRequest) -> tuple[str, ...]:
    """The registered audiences. Tokens for the issuer, as for userinfo, are never given."""
    issuer = request.provider.issuer
    return tuple(each for each in request.registration.exchange_resources if each != issuer)


def _allowed_scopes(request: TokenRequest, subject: SubjectToken) -> tuple[str, ...]:
    """The scopes of the subject token that the gateway may have, but for `openid`: it opens
    userinfo.
    """
    registered = request.registration.default_scopes
    return tuple(each for each in subject.scopes if each in registered and each != OPENID)


def _audit_detail(request: TokenRequest, audiences: tuple[str, ...]) -> dict[str, object]:
    """Who asks for which services. Names that are not registered stay out of the audit log."""
    known = [each for each in audiences if each in _allowed_audiences(request)]
    return {"client": request.registration.id, "audience": known}
