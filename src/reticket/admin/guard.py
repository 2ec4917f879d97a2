"""Authorises requests to the admin API. The audit log records every refusal.

The caller is a client registered with `admin`, with an access token of its own (client
credentials) that has the scope `admin`.
"""

from __future__ import annotations

from collections.abc import Callable

from reticket.admin.errors import refusal_of
from reticket.core.commands import Asking, Audit, InspectAccess
from reticket.core.errors import Cause, Code, Refusal, ReticketError, Unavailable
from reticket.core.people import Client
from reticket.oauth.audiences import is_bearer_for
from reticket.oauth.lists import split_list
from reticket.oauth.provider import CLIENT, USER, Provider
from reticket.oauth.registration import ADMIN, registration_of
from reticket.oauth.revoked_access_tokens import revocation_key
from reticket.wire import Operation, WireRequest, WireResponse

KIND = "admin"
"""The kind of token that audit lines of this API name."""

Operate = Callable[[WireRequest, str], Operation]
"""An operation; its second argument is the id of the client that asks."""


def guarded(provider: Provider, operate: Operate) -> Callable[[WireRequest], Operation]:
    """The same operation, for authorised clients only."""

    def run(request: WireRequest) -> Asking[WireResponse]:
        operator: str | None = None
        try:
            operator = yield from _operator(provider, request)
            return (yield from operate(request, operator))
        except Unavailable:
            raise
        except ReticketError as error:
            refusal = refusal_of(error)
            cause = refusal.cause if isinstance(refusal, Refusal) else None
            yield from Audit(KIND, "refused", cause or refusal.code, operator)
            raise refusal from None

    return run


def done(event: str, operator: str, **detail: object) -> Audit:
    """Records a change and its operator in the audit log."""
    return Audit(KIND, event, subject=operator, detail=detail)


def _operator(provider: Provider, request: WireRequest) -> Asking[str]:
    token = request.bearer()
    if not token:
        raise Refusal(Code.MISSING_TOKEN)
    access, holder, _ = yield from InspectAccess((CLIENT, USER), token, revocation_key)
    if not is_bearer_for(provider.issuer, access.claims):
        raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.WRONG_USE)
    scopes = split_list(str(access.claims.get("scope", "")))
    if ADMIN not in scopes or not _is_flagged(provider, holder):
        raise Refusal(Code.ACCESS_DENIED, Cause.WRONG_SCOPE)
    return str(access.subject)


def _is_flagged(provider: Provider, holder: object) -> bool:
    """Whether the holder is a client with the flag, and no person."""
    return isinstance(holder, Client) and registration_of(holder, provider).admin
