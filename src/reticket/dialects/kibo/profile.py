"""Turns records of the directory into Kibo's members, encoded once per record.

A record is the same object until the directory changes, so its identity is the key. `lastLoginDate`
is of a session, not of a record: it is filled in for each answer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from msgspec import Raw

from reticket.core import people
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
    return Tenant(
        attributes=_attributes(tenant.attributes),
        domain=tenant.domain,
        expiry=None if tenant.expiry is None else date_of(tenant.expiry),
        id=tenant.id,
        is_dev_tenant=tenant.is_dev_tenant,
        is_unified=tenant.is_unified,
        last_login_date=last_login_date,
        master_catalogs=[_master_catalog(one) for one in tenant.master_catalogs],
        name=tenant.name,
        sites=[_site(one) for one in tenant.sites],
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


def _attributes(attributes: Sequence[people.Attribute]) -> list[TenantAttribute]:
    return [
        TenantAttribute(
            create_by=one.create_by,
            create_date=date_of(one.create_date),
            name=one.name,
            update_by=one.update_by,
            update_date=date_of(one.update_date),
            value=one.value,
        )
        for one in attributes
    ]


def _master_catalog(master: people.MasterCatalog) -> AdminUserMasterCatalog:
    return AdminUserMasterCatalog(
        catalogs=[_catalog(one) for one in master.catalogs],
        default_currency_code=master.default_currency_code,
        default_locale_code=master.default_locale_code,
        id=master.id,
        name=master.name,
        supported_locale_codes=master.supported_locale_codes,
        tenant_id=master.tenant_id,
    )


def _catalog(catalog: people.Catalog) -> Catalog:
    return Catalog(
        default_currency_code=catalog.default_currency_code,
        default_locale_code=catalog.default_locale_code,
        id=catalog.id,
        master_catalog_id=catalog.master_catalog_id,
        name=catalog.name,
        tenant_id=catalog.tenant_id,
    )


def _site(site: people.Site) -> Site:
    return Site(
        attributes=_attributes(site.attributes),
        catalog_id=site.catalog_id,
        country_code=site.country_code,
        currency_code=site.currency_code,
        domain=site.domain,
        id=site.id,
        locale_code=site.locale_code,
        name=site.name,
        primary_custom_domain=site.primary_custom_domain,
        tenant_id=site.tenant_id,
    )
