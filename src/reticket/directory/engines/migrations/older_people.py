"""What the first versions kept of people for two dialects, in tables of its own, as parts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

ORGANIZATIONS = """
SELECT m.user_id, o.id, o.name, m.roles, m.user_type
FROM organization_memberships m JOIN organizations o ON o.id = m.organization_id
WHERE NOT EXISTS
  (SELECT 1 FROM profile_parts p WHERE p.user_id = m.user_id AND p.dialect = 'akinon')
"""
CLOUDS = """
SELECT c.user_id, c.nickname, g.id, g.name, g.permission
FROM cloud_profiles c JOIN cloud_groups g ON g.id = c.group_id
WHERE NOT EXISTS
  (SELECT 1 FROM profile_parts p WHERE p.user_id = c.user_id AND p.dialect = 'cloudreve')
"""
KNOWN = "SELECT 1 FROM shared_parts WHERE dialect = :dialect AND (name = :name OR id = :id)"
SHARE = "INSERT INTO shared_parts (dialect, name, id, value) VALUES (:dialect, :name, :id, :value)"
KEEP = "INSERT INTO profile_parts (user_id, dialect, value) VALUES (:user_id, :dialect, :value)"


class _Carried(NamedTuple):
    user_id: str
    dialect: str
    name: str
    value: dict[str, Any]
    shared: dict[str, Any]


def carry_over(connection: Connection) -> None:
    """Make parts of them."""
    found = [*_organizations(connection), *_clouds(connection)]
    named = {(each.dialect, each.name): each for each in found}
    for each in named.values():
        _share(connection, each)
    rows = [
        {"user_id": each.user_id, "dialect": each.dialect, "value": json.dumps(each.value)}
        for each in found
    ]
    if rows:  # all at once: sign-ins wait for a migration's locks
        connection.execute(text(KEEP), rows)


def _share(connection: Connection, each: _Carried) -> None:
    row = {"dialect": each.dialect, "name": each.name, "id": each.shared["id"]}
    if connection.execute(text(KNOWN), row).first() is None:
        connection.execute(text(SHARE), {**row, "value": json.dumps(each.shared)})


def _organizations(connection: Connection) -> Iterator[_Carried]:
    for row in connection.execute(text(ORGANIZATIONS)).all():
        roles = [role for role in json.loads(row.roles) if role]  # `--role ""` was accepted
        value = {"name": row.name, "roles": roles, "user_type": row.user_type}
        shared = {"id": row.id}
        yield _Carried(row.user_id, "akinon", row.name, {**value, **shared}, shared)


def _clouds(connection: Connection) -> Iterator[_Carried]:
    for row in connection.execute(text(CLOUDS)).all():
        shared = {"id": row.id, "permission": row.permission}
        value = {"nickname": row.nickname, "group": {"name": row.name, **shared}}
        yield _Carried(row.user_id, "cloudreve", row.name, value, shared)
