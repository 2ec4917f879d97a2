"""Turns records of the directory into Kibo's members, encoded once per record.

A record is the same object until the directory changes, so its identity is the key. `lastLoginDate`
is of a session, not of a record: it is filled in for each answer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from msgspec import Raw, structs

from reticket.core import people
from reticket.dialects.kibo import tenant_facts
from reticket.dialects.kibo.person import person_of
from reticket.dialects.kibo.schemas import (
    AdminUserMasterCatalog,
    Catalog,
    DeveloperAccount,
    Site,
    Tenant,
    TenantAttribute,
    UserProfile,
    date_of,
    encode,
)
from reticket.dialects.kibo.tenant_facts import facts_of

S = TypeVar("S", people.Tenant, people.DeveloperAccount)

MOST_PROFILES = 1024
_HOLE = b"\0"
"""Stands for `lastLoginDate`; no JSON text has such a byte."""


class Template:
    """A JSON text with a hole wherever it tells the last sign-in."""

    def __init__(self, value: object) -> None:
        self._pieces = encode(value).split(_HOLE)

    def fill(self, last_login: bytes) -> Raw:
        """The text for a last sign-in, itself JSON."""
        return Raw(last_login.join(self._pieces))


class Profile(NamedTuple):
    """What the tickets of a user say of them and of where they are members.

    Args:
        available: all scopes.
        scopes / behaviors: of each scope, by its context.
    """

    user: Raw
    available: Template
    scopes: dict[str | None, Template]
    behaviors: dict[str | None, Raw]


class Profiles:
    """Keeps what was made of records, the newest `MOST_PROFILES` of them. Holding the record
    itself keeps its identity from being given to another.
    """

    def __init__(self, make: Callable[[people.User], Profile]) -> None:
        self._make = make
        self._kept: OrderedDict[int, tuple[people.User, Profile]] = OrderedDict()

    def of(self, user: people.User) -> Profile:
        """What is made of a record, made once."""
        kept = self._kept.get(id(user))
        return kept[1] if kept else self._add(user)

    def _add(self, user: people.User) -> Profile:
        made = self._make(user)
        if len(self._kept) >= MOST_PROFILES:
            self._kept.popitem(last=False)
        self._kept[id(user)] = user, made
        return made


def admin_profile(user: people.User) -> Profile:
    """The profile of an admin user."""
    behaviors = person_of(user).tenants
    return _profile(user, user.tenants, behaviors, lambda one: tenant_of(one, Raw(_HOLE)))


def developer_profile(user: people.User) -> Profile:
    """The profile of a developer."""
    return _profile(user, user.accounts, person_of(user).developer_accounts, account_of)


def last_login(milliseconds: int | None) -> bytes:
    """What goes into the hole."""
    return b"null" if milliseconds is None else b'"%b"' % date_of(milliseconds).encode()


def tenant_of(tenant: people.Tenant, last_login_date: Any = None) -> Tenant:
    """A tenant with all that hangs on it."""
    facts = facts_of(tenant)
    return Tenant(
        attributes=_attributes(facts.attributes),
        domain=facts.domain,
        expiry=facts.expiry,
        id=tenant.id,
        is_dev_tenant=facts.is_dev_tenant,
        is_unified=facts.is_unified,
        last_login_date=last_login_date,
        master_catalogs=[_master_catalog(one, tenant.id) for one in facts.master_catalogs],
        name=tenant.name,
        sites=[_site(one, tenant.id) for one in facts.sites],
    )


def account_of(account: people.DeveloperAccount) -> DeveloperAccount:
    """A developer account."""
    return DeveloperAccount(account.id, account.name)


def _profile(
    user: people.User,
    places: Sequence[S],
    behaviors: Mapping[int, tuple[int, ...]],
    scope_of: Callable[[S], object],
) -> Profile:
    scopes = {str(one.id): scope_of(one) for one in places}
    return Profile(
        user=Raw(encode(_user(user))),
        available=Template(list(scopes.values())),
        scopes={None: Template(None)} | {key: Template(one) for key, one in scopes.items()},
        behaviors={None: Raw(b"[]")}
        | {str(one.id): Raw(encode(behaviors.get(one.id, ()))) for one in places},
    )


def _user(user: people.User) -> UserProfile:
    return UserProfile(
        email_address=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        user_id=user.id,
        user_name=user.email,
    )


def _attributes(attributes: Sequence[tenant_facts.Attribute]) -> list[TenantAttribute]:
    return [TenantAttribute(**structs.asdict(one)) for one in attributes]


def _master_catalog(master: tenant_facts.MasterCatalog, tenant_id: int) -> AdminUserMasterCatalog:
    catalogs = [
        Catalog(**structs.asdict(one), master_catalog_id=master.id, tenant_id=tenant_id)
        for one in master.catalogs
    ]
    said = structs.asdict(master) | {"catalogs": catalogs}
    return AdminUserMasterCatalog(**said, tenant_id=tenant_id)


def _site(site: tenant_facts.Site, tenant_id: int) -> Site:
    said = structs.asdict(site) | {"attributes": _attributes(site.attributes)}
    return Site(**said, tenant_id=tenant_id)
