"""The three kinds of ticket that Kibo issues."""

from __future__ import annotations

from collections.abc import Mapping

from reticket.core.model import Place
from reticket.core.people import Application, User
from reticket.core.policy import DAY, Policy, Reuse
from reticket.core.tokens.kinds import Advice, Facts, TokenKind, issued_by, with_claims
from reticket.dialects.kibo.person import person_of
from reticket.dialects.kibo.program_facts import facts_of

KIBO_2026 = Policy("KIBO_2026", 3600, 14 * DAY, 365 * DAY, 60, Reuse.TOLERATE)

APPLICATION = "kibo.application"
DEVELOPER = "kibo.developer"
ADMIN_USER = "kibo.adminuser"

_REFRESH_MARGIN = 180
"""Seconds before the end of an access token at which the vendor's clients refresh."""

_ADVICE = (
    Advice(
        "access",
        _REFRESH_MARGIN,
        f"clients refresh {_REFRESH_MARGIN} s before an access token ends, "
        "so they would on every call",
    ),
)

KINDS = (
    TokenKind(APPLICATION, KIBO_2026, subjects=Application, advice=_ADVICE),
    TokenKind(DEVELOPER, KIBO_2026, advice=_ADVICE, place=Place.ACCOUNT),
    TokenKind(ADMIN_USER, KIBO_2026, advice=_ADVICE, place=Place.TENANT),
)


def kinds(issuer: str, *, with_person: bool) -> tuple[TokenKind, ...]:
    """The kinds of one installation.

    Args:
        issuer: the service's; other servers can check its tokens.
        with_person: whether access tokens have behaviors.
    """
    named = tuple(with_claims(kind, issued_by(issuer)) for kind in KINDS)
    return tuple(with_claims(kind, behavior_claims) for kind in named) if with_person else named


def behavior_claims(facts: Facts) -> Mapping[str, object]:
    """The behaviors of an application, or of a person in the tenant or account of the token."""
    holder = facts.holder
    if isinstance(holder, Application):
        return {"behaviors": facts_of(holder).behaviors}
    if not isinstance(holder, User) or facts.context is None:
        return {"behaviors": ()}
    person, place = person_of(holder), int(facts.context)
    granted = person.developer_accounts if facts.family.resource == DEVELOPER else person.tenants
    return {"behaviors": granted.get(place, ())}


NAMES = tuple(kind.name for kind in KINDS)
