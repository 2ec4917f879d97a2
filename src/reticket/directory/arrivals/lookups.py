"""Finds what the directory has already of a batch: people, names, numbers, places.

Every look-up takes many keys at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from reticket.directory.arrivals.reading import Arrival
from reticket.directory.people.user_rows import has_name
from reticket.directory.rows import found_rows, pieces
from reticket.directory.tables import foreign_ids, users


class Names(NamedTuple):
    """The ids of people by realm and folded name."""

    emails: dict[tuple[str, str], str]
    user_names: dict[tuple[str, str], str]


def people_by_name(connection: Connection, batch: Sequence[Arrival]) -> Names:
    """The people who have one of the names of a batch."""
    found = Names({}, {})
    columns = users.c
    for realm, keys in _names_by_realm(batch).items():
        for some in pieces(sorted(keys)):
            statement = select(columns.id, columns.email_folded, columns.user_name_folded)
            for row in connection.execute(statement.where(_named(realm, some))):
                found.emails[realm, row.email_folded] = row.id
                if row.user_name_folded is not None:
                    found.user_names[realm, row.user_name_folded] = row.id
    return found


def people_by_number(
    connection: Connection, batch: Sequence[Arrival]
) -> dict[tuple[str, int], str]:
    """The ids of people by realm and number, for the numbers of a batch."""
    found: dict[tuple[str, int], str] = {}
    columns = users.c
    said = [(each.realm, each.row.number) for each in batch if each.row.number is not None]
    for realm in {realm for realm, _ in said}:
        statement = select(columns.number, columns.id).where(columns.realm == realm)
        numbers = [number for where, number in said if where == realm]
        for row in found_rows(connection, statement, columns.number, numbers):
            found[realm, row.number] = row.id
    return found


def people_by_foreign_id(
    connection: Connection, system: str | None, batch: Sequence[Arrival]
) -> dict[str, str]:
    """The ids of people by their ids in a system, for those of a batch."""
    columns = foreign_ids.c
    statement = select(columns.foreign_id, columns.user_id).where(columns.system == system)
    keys = [each.row.foreign_id for each in batch if each.row.foreign_id is not None]
    found = found_rows(connection, statement, columns.foreign_id, keys)
    return {row.foreign_id: row.user_id for row in found}


def foreign_ids_of(
    connection: Connection, system: str | None, people: Iterable[str]
) -> dict[str, str]:
    """The ids in a system, by the ids of people.

    The system is no condition of the query: SQLite would read all of its ids each time.
    """
    columns = foreign_ids.c
    statement = select(columns.user_id, columns.foreign_id, columns.system)
    found = found_rows(connection, statement, columns.user_id, people)
    return {row.user_id: row.foreign_id for row in found if row.system == system}


def _names_by_realm(batch: Sequence[Arrival]) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for each in batch:
        keys = names.setdefault(each.realm, set())
        keys.add(each.key)
        if each.name_key is not None:
            keys.add(each.name_key)
    return names


def _named(realm: str, keys: Collection[str]) -> Any:
    """People of the usual realm have no user name, and its index need not be read."""
    columns = users.c
    return (
        has_name(realm, keys)
        if realm
        else (columns.realm == realm) & columns.email_folded.in_(keys)
    )
