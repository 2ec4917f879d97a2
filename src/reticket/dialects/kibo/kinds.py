"""The kinds of ticket that Kibo issues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from reticket.core.model import Place
from reticket.core.people import Application, Guest, User
from reticket.core.policy import DAY, Policy, Reuse
from reticket.core.tokens.kinds import Advice, Facts, TokenKind, issued_by, with_claims, with_told
from reticket.dialects.kibo import tenant_facts
from reticket.dialects.kibo.person import person_of
from reticket.dialects.kibo.program_facts import facts_of
from reticket.dialects.kibo.shoppers.realm import SHOPPERS
from reticket.dialects.kibo.shoppers.terms import terms_of

KIBO_2026 = Policy("KIBO_2026", 3600, 14 * DAY, 365 * DAY, 60, Reuse.TOLERATE)

KIBO_SHOPPER_2026 = Policy("KIBO_SHOPPER_2026", 3600, 30 * DAY, 365 * DAY, 60, Reuse.TOLERATE)
KIBO_ANONYMOUS_2026 = Policy("KIBO_ANONYMOUS_2026", 3600, 14 * DAY, 90 * DAY, 60, Reuse.TOLERATE)
"""Anonymous sessions end sooner: nobody signs out of them, and each is a row until then."""

APPLICATION = "kibo.application"
DEVELOPER = "kibo.developer"
ADMIN_USER = "kibo.adminuser"
SHOPPER = "kibo.shopper"
ANONYMOUS_SHOPPER = "kibo.anonymous_shopper"

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


def kinds(issuer: str, *, with_person: bool) -> tuple[TokenKind, ...]:
    """The kinds of one installation.

    Args:
        issuer: the service's; other servers can check its tokens.
        with_person: whether access tokens have what introspection tells of their holder.
    """
    named = tuple(with_claims(kind, issued_by(issuer)) for kind in KINDS)
    return tuple(map(with_told, named)) if with_person else named


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


def tenant_claims(facts: Facts) -> Mapping[str, object]:
    """The same of an admin user, with the ids of the tenant's sites."""
    user = cast(User, facts.holder)
    tenants = [each for each in user.tenants if str(each.id) == facts.context]
    sites = [site.id for tenant in tenants for site in tenant_facts.facts_of(tenant).sites]
    return {**behavior_claims(facts), "sites": sites}


def shopper_claims(facts: Facts) -> Mapping[str, object]:
    """The site and the account of a shopper's session, where it has one."""
    terms = terms_of(facts.family.terms)
    said = {"site": terms.site, "account": terms.account}
    return {name: value for name, value in said.items() if value is not None}


PERSONAL = (
    TokenKind(APPLICATION, KIBO_2026, subjects=Application, advice=_ADVICE, told=behavior_claims),
    TokenKind(DEVELOPER, KIBO_2026, advice=_ADVICE, place=Place.ACCOUNT, told=behavior_claims),
    TokenKind(ADMIN_USER, KIBO_2026, advice=_ADVICE, place=Place.TENANT, told=tenant_claims),
)
OF_SHOPPERS = (
    TokenKind(
        SHOPPER,
        KIBO_SHOPPER_2026,
        advice=_ADVICE,
        registers_clients=False,
        realms=SHOPPERS,
        told=shopper_claims,
    ),
    TokenKind(
        ANONYMOUS_SHOPPER,
        KIBO_ANONYMOUS_2026,
        subjects=Guest,
        advice=_ADVICE,
        rests_on_credentials=False,
        registers_clients=False,
        told=shopper_claims,
    ),
)
KINDS = (*PERSONAL, *OF_SHOPPERS)
NAMES = tuple(kind.name for kind in PERSONAL)
"""The kinds whose tokens the routes of applications, developers and admin users accept."""
