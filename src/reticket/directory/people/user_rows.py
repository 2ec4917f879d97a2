"""A person with all memberships, from rows, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from reticket.core.people import (
    CloudProfile,
    DeveloperAccount,
    Membership,
    OrganizationMembership,
    Tenant,
    User,
)
from reticket.directory.errors import NotFound
from reticket.directory.forms import folded
from reticket.directory.rows import record_of
from reticket.directory.tables import (
    account_memberships,
    cloud_groups,
    cloud_profiles,
    developer_accounts,
    organization_memberships,
    organizations,
    second_factors,
    tenant_memberships,
    users,
)

_PERSON = select(
    users,
    organizations.c.id.label("organization_id"),
    organizations.c.name.label("organization_name"),
    organization_memberships.c.roles,
    organization_memberships.c.user_type,
    cloud_profiles.c.nickname,
    cloud_groups.c.id.label("group_id"),
    cloud_groups.c.name.label("group_name"),
    cloud_groups.c.permission,
    second_factors.c.totp_sealed.is_not(None).label("second_factor"),
).select_from(
    users.outerjoin(organization_memberships)
    .outerjoin(organizations)
    .outerjoin(cloud_profiles, cloud_profiles.c.user_id == users.c.id)
    .outerjoin(cloud_groups)
    .outerjoin(second_factors, second_factors.c.user_id == users.c.id)
)


def id_of_email(connection: Connection, email: str) -> str | None:
    """The id of the user with that e-mail in any letter case, or None."""
    statement = select(users.c.id).where(users.c.email_folded == folded(email))
    return connection.execute(statement).scalar_one_or_none()


def require_user(connection: Connection, who: str) -> str:
    """The id of the user with that id or e-mail. NotFound."""
    statement = select(users.c.id).where(users.c.id == who)
    found = id_of_email(connection, who) or connection.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(f"There is no user {who!r}.")
    return str(found)


def read_user(
    connection: Connection, user_id: str, tenant_of: Callable[[Connection, int], Tenant | None]
) -> User | None:
    """The whole record, or None; `tenant_of` finds tenants, so that users share their records."""
    row = connection.execute(_PERSON.where(users.c.id == user_id)).one_or_none()
    if row is None:
        return None
    return record_of(
        User,
        row,
        tenants=tuple(
            Membership(tenant, tuple(place.behaviors))
            for place in _tenant_places(connection, user_id)
            if (tenant := tenant_of(connection, place.place_id)) is not None
        ),
        accounts=tuple(_accounts(connection, user_id)),
        second_factor=bool(row.second_factor),
        organization=_organization(row),
        cloud=None if row.group_id is None else record_of(CloudProfile, row),
    )


def _tenant_places(connection: Connection, user_id: str) -> Sequence[Row[Any]]:
    table = tenant_memberships
    statement = select(table).where(table.c.user_id == user_id).order_by(table.c.place_id)
    return connection.execute(statement).all()


def _accounts(connection: Connection, user_id: str) -> Iterator[Membership[DeveloperAccount]]:
    statement = (
        select(account_memberships.c.behaviors, developer_accounts)
        .join(developer_accounts)
        .where(account_memberships.c.user_id == user_id)
        .order_by(developer_accounts.c.id)
    )
    for row in connection.execute(statement):
        yield Membership(record_of(DeveloperAccount, row), tuple(row.behaviors))


def _organization(row: Row[Any]) -> OrganizationMembership | None:
    if row.organization_id is None:
        return None
    return OrganizationMembership(
        row.organization_id, row.organization_name, tuple(row.roles), row.user_type
    )
