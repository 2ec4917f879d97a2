"""Reads a person with all memberships from rows, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from reticket.core.people import DeveloperAccount, Tenant, User
from reticket.core.realms import SignInName, usual
from reticket.directory.errors import NotFound
from reticket.directory.forms import folded
from reticket.directory.parts import Parts, read_parts
from reticket.directory.rows import record_of
from reticket.directory.tables import (
    account_memberships,
    developer_accounts,
    profile_parts,
    second_factors,
    tenant_memberships,
    users,
)

_PERSON = select(
    users,
    second_factors.c.totp_sealed.is_not(None).label("second_factor"),
    second_factors.c.missing.label("factor_missing"),
).select_from(users.outerjoin(second_factors, second_factors.c.user_id == users.c.id))


def id_of_name(connection: Connection, name: SignInName) -> str | None:
    """The id of the user with that e-mail or user name in its realm, or None."""
    statement = select(users.c.id).where(has_name(name.realm, [folded(name.text)]))
    return connection.execute(statement).scalar_one_or_none()


def has_name(realm: str, keys: Collection[str]) -> ColumnElement[bool]:
    """Whether a person of the realm has one of these folded names. No two people have one."""
    columns = users.c
    is_named = columns.email_folded.in_(keys) | columns.user_name_folded.in_(keys)
    return (columns.realm == realm) & is_named


def names_of(connection: Connection, user_id: str) -> list[SignInName]:
    """The names of a person, folded."""
    columns = users.c
    statement = select(columns.realm, columns.email_folded, columns.user_name_folded)
    realm, *names = connection.execute(statement.where(columns.id == user_id)).one()
    return [SignInName(realm, name) for name in names if name is not None]


def id_of_number(connection: Connection, place: tuple[str, int]) -> str | None:
    """The id of the user with that number in a realm, or None."""
    realm, number = place
    mine = (users.c.realm == realm) & (users.c.number == number)
    return connection.execute(select(users.c.id).where(mine)).scalar_one_or_none()


def id_of_short_id(connection: Connection, short_id: str) -> str | None:
    """The id of the user with that short id, or None."""
    statement = select(users.c.id).where(users.c.short_id == short_id)
    return connection.execute(statement).scalar_one_or_none()


def require_user(connection: Connection, who: str) -> str:
    """The id of the user with that id, or with that e-mail in the usual realm. NotFound."""
    statement = select(users.c.id).where(users.c.id == who)
    found = id_of_name(connection, usual(who)) or connection.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(f"There is no user {who!r}.")
    return str(found)


def read_user(
    connection: Connection,
    user_id: str,
    tenant_of: Callable[[Connection, int], Tenant | None],
    parts: Parts,
) -> User | None:
    """The whole record, or None. `tenant_of` finds tenants, so that users share their records."""
    row = connection.execute(_PERSON.where(users.c.id == user_id)).one_or_none()
    if row is None:
        return None
    memberships = _tenant_places(connection, user_id)
    accounts = _accounts(connection, user_id)
    places = {
        "tenants": {each.place_id: each.part for each in memberships},
        "developer_accounts": {each.id: each.part for each in accounts},
    }
    found = (tenant_of(connection, each.place_id) for each in memberships)
    return record_of(
        User,
        row,
        tenants=tuple(tenant for tenant in found if tenant is not None),
        accounts=tuple(record_of(DeveloperAccount, each) for each in accounts),
        second_factor=bool(row.second_factor),
        factor_missing=bool(row.factor_missing),
        groups=tuple(row.group_names or ()),
        roles=tuple(row.role_names or ()),
        updated_at=row.created_at if row.updated_at is None else row.updated_at,
        parts=read_parts(connection, profile_parts, user_id, parts, places),
    )


def _tenant_places(connection: Connection, user_id: str) -> Sequence[Row[Any]]:
    table = tenant_memberships
    statement = select(table).where(table.c.user_id == user_id).order_by(table.c.place_id)
    return connection.execute(statement).all()


def _accounts(connection: Connection, user_id: str) -> Sequence[Row[Any]]:
    statement = (
        select(account_memberships.c.part, developer_accounts)
        .join(developer_accounts)
        .where(account_memberships.c.user_id == user_id)
        .order_by(developer_accounts.c.id)
    )
    return connection.execute(statement).all()
