"""People of a batch whom the directory has, as they are stored: for an import that changes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from reticket.directory.identifiers import is_ordered
from reticket.directory.rows import found_rows, present
from reticket.directory.tables import (
    account_memberships,
    foreign_ids,
    profile_parts,
    recovery_codes,
    second_factors,
    tenant_memberships,
    users,
)

MEMBERSHIPS = {"tenants": tenant_memberships, "developer_accounts": account_memberships}
"""By the member of a row."""


@dataclass(slots=True)
class KnownPerson:
    """A person, with what is stored beside.

    Args:
        row: of `users`.
        factor: of `second_factors`.
        has_codes: whether there are recovery codes, which nobody imports.
        state: of the person's id in the system.
        parts: by dialect.
        places: by the member's name, the data beside each membership.
    """

    row: Row[Any]
    factor: Row[Any] | None = field(default=None, repr=False)
    has_codes: bool = False
    state: str | None = None
    parts: dict[str, Any] = field(default_factory=dict)
    places: Mapping[str, dict[int, Any]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def has_foreign_block(self) -> bool:
        """Whether a block, if there is one, came from another system. It did if an import has made
        the record and nobody has changed it here since, as `updated_at` says.
        """
        row = self.row
        return is_ordered(row.id) and bool(row.updated_at == row.created_at)


def read_people(
    connection: Connection, system: str | None, ids: Collection[str]
) -> dict[str, KnownPerson]:
    """Those people by id."""
    found = {row.id: KnownPerson(row) for row in _rows(connection, users, users.c.id, ids)}
    for row in _rows(connection, second_factors, second_factors.c.user_id, ids):
        found[row.user_id].factor = row
    for user_id in present(connection, recovery_codes.c.user_id, ids):
        found[str(user_id)].has_codes = True
    for row in _rows(connection, foreign_ids, foreign_ids.c.user_id, ids):
        if row.system == system:
            found[row.user_id].state = row.state
    for row in _rows(connection, profile_parts, profile_parts.c.user_id, ids):
        found[row.user_id].parts[row.dialect] = row.value
    for member, table in MEMBERSHIPS.items():
        for row in _rows(connection, table, table.c.user_id, ids):
            found[row.user_id].places[member][row.place_id] = row.part
    return found


def _rows(connection: Connection, table: Table, column: Any, ids: Collection[str]) -> Any:
    return found_rows(connection, select(table), column, ids)
