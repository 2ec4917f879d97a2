"""Token exchange (RFC 8693): another access token of a living session, for another audience, for
another tenant or with less scope. The audit log hears of each.
"""

from __future__ import annotations

from msgspec.structs import replace

from reticket.core.commands import Check, EndSessions, ExchangeToken
from reticket.core.errors import Cause, Code, Refusal, wrong
from reticket.core.model import Family, Place, Selection
from reticket.core.sessions.rotation import state_of
from reticket.dialects.oauth.errors import Denied
from reticket.dialects.oauth.grants.limits import narrowed, no_target
from reticket.dialects.oauth.grants.refresh import bound, whose
from reticket.dialects.oauth.grants.subject_token import (
    ACCESS_TOKEN,
    Subject,
    no_subject,
    read_subject,
)
from reticket.dialects.oauth.grants.token_request import Granting, TokenRequest
from reticket.oauth.provider import USER
from reticket.oauth.terms import ALONE
from reticket.oauth.token_answer import token_answer
from reticket.oauth.words import words

TENANT = "urn:reticket:tenant:"
"""An audience that begins so names a tenant by its id: the new token is for that one."""


def exchange(said: TokenRequest) -> Granting:
    """Denied: `invalid_request`, `invalid_scope`, `invalid_target`."""
    _check_form(said)
    tenant, audiences = _wanted(said)
    scopes = words(said.form.get("scope", ""))
    subject = yield from read_subject(said)
    lesser = narrowed(scopes or subject.scopes, audiences or subject.audiences)
    check = _check(said, subject, scopes, audiences)
    asked = (*lesser, *(yield from bound(said, subject.family, check)), (ALONE, "1"))
    derive = ExchangeToken(
        USER,
        subject.family,
        context=tenant or subject.context,
        place=Place.TENANT,
        check=check,
        policy=said.registration.policy,
        asked=asked,
    )
    try:
        issued = yield from derive
    except Refusal as refusal:
        if refusal.cause is Cause.REUSED:
            yield from EndSessions(Selection(subject.family, resource=USER), "reuse")
        raise _refused(refusal) from refusal
    return replace(token_answer(said.registration, issued, asked), issued_token_type=ACCESS_TOKEN)


def _check_form(said: TokenRequest) -> None:
    """INVALID_PARAMETER for what nobody here does."""
    if "actor_token" in said.form or "actor_token_type" in said.form:
        raise wrong("actor_token", "is not supported")
    if said.form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise wrong("requested_token_type", "is not supported")


def _wanted(said: TokenRequest) -> tuple[str | None, tuple[str, ...]]:
    """A tenant or None, and audiences. Denied, `invalid_target`, for more than one tenant, or
    an empty one.
    """
    named = words(said.form.get("audience", ""))
    tenants = [each.removeprefix(TENANT) for each in named if each.startswith(TENANT)]
    if len(tenants) > 1 or "" in tenants:
        raise no_target(Cause.WRONG_TARGET)
    others = tuple(each for each in named if not each.startswith(TENANT))
    return tenants[0] if tenants else None, (*others, *words(said.form.get("resource", "")))


def _check(
    said: TokenRequest, subject: Subject, scopes: tuple[str, ...], audiences: tuple[str, ...]
) -> Check:
    """Of a session that has ended nothing is found out but that."""
    is_ours = whose(said)

    def check(row: Family, now: int) -> None:
        is_ours(row, now)
        if state_of(row, now) is None:
            subject.admit(said, row, now, scopes, audiences)

    return check


def _refused(refusal: Refusal) -> Denied:
    """In the words of RFC 8693 §2.2.2."""
    if isinstance(refusal, Denied):
        return refusal
    if refusal.code is Code.ACCESS_DENIED:
        return no_target(Cause.NO_ACCESS, heard=True)
    return no_subject(refusal.cause, heard=True)
