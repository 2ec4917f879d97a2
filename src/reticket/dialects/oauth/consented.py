"""Begins the family that somebody has consented to, whether by a code or for a device."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from msgspec.structs import replace

from reticket.core.commands import Begin, Command, Draw, EndFamilies, FindUser, Now
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.identifiers import family_id
from reticket.core.model import Asked, Issued, Selection
from reticket.core.people import User
from reticket.core.policy import SECOND
from reticket.dialects.oauth.answers import Granting, TokenRequest, token_answer
from reticket.dialects.oauth.codes import CodeGrant
from reticket.dialects.oauth.errors import denied
from reticket.dialects.oauth.inputs import words
from reticket.dialects.oauth.limits import narrowed, targets, within_scope, within_targets
from reticket.dialects.oauth.registration import ADMIN
from reticket.dialects.oauth.site import USER
from reticket.dialects.oauth.terms import NONCE, Terms


def consenting(said: TokenRequest, grant: CodeGrant) -> Generator[Command, Any, User]:
    """Who consented; nothing is spent by looking. Denied, `invalid_grant`, when the client is
    another, or the person is gone or has another password by now; `invalid_scope`,
    `invalid_target`.
    """
    if grant.client_id != said.registration.id:
        raise denied(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)
    within_scope(words(grant.scope), set(words(grant.scope)) - {ADMIN})
    known = targets(grant.resources, said.registration, said.site)
    within_targets(words(said.form.get("resource", "")), known)
    user: User | None = yield FindUser(grant.email)
    if user is None or user.disabled or not user.active or not _is_same(user, grant):
        raise denied(Code.INVALID_TOKEN, Cause.SUBJECT_GONE)
    return user


PutBack = Callable[[CodeGrant, int], Generator[Command, Any, None]]
"""Lets a client come again with what it has just spent: a grant, and its age in seconds."""


def begin(
    said: TokenRequest, grant: CodeGrant, user: User, bound: Asked, put_back: PutBack
) -> Granting:
    """The family's first pair. Where no store answers, the client may come again;
    `bound` is what `TokenRequest.bind` said.
    """
    nonce = ((NONCE, grant.nonce),) if grant.nonce else ()
    resources = words(said.form.get("resource", ""))
    asked = (*narrowed((), resources), *bound, *nonce)
    family = Begin(
        USER,
        user,
        client=said.registration.id,
        scope=grant.scope or None,
        terms=_terms(said, grant).written(),
        policy=said.registration.policy,
        family=bytes.fromhex(grant.family),
        asked=asked,
    )
    try:
        issued: Issued = yield family
    except Refusal as refusal:
        raise denied(Code.INVALID_TOKEN, refusal.cause, heard=True) from refusal
    except Unavailable:
        yield from put_back(*(yield from _renewed(grant)))
        # it may have begun all the same, with tokens that nobody has got
        yield EndFamilies(Selection(family.family, resource=USER), "unanswered")
        raise
    return token_answer(said, issued, asked)


def _renewed(grant: CodeGrant) -> Generator[Command, Any, tuple[CodeGrant, int]]:
    """The same grant of another family, which says the same moment of consent; and its age."""
    now: int = yield Now()
    random: bytes = yield Draw(10)
    consented_at = int(grant.family[:12], 16)
    family = family_id(consented_at, lambda size: random[:size])
    return replace(grant, family=family.hex()), (now - consented_at) // SECOND


def _is_same(user: User, grant: CodeGrant) -> bool:
    known = (grant.subject, grant.credential_version)
    return (user.id, user.credential_version) == known


def _terms(said: TokenRequest, grant: CodeGrant) -> Terms:
    audiences = grant.resources or said.registration.resources
    return Terms(grant.auth_time, grant.amr, said.own_key, audiences)
