"""The rows of new people, gathered for one batch and written with one statement for each table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, update

from reticket.core.people import NO_PASSWORD
from reticket.core.ports import Entropy
from reticket.directory import identifiers
from reticket.directory.arrivals.judging import Checked
from reticket.directory.arrivals.known_people import MEMBERSHIPS
from reticket.directory.arrivals.reading import Arrival
from reticket.directory.engines.database import Database
from reticket.directory.rows import present
from reticket.directory.tables import (
    foreign_ids,
    profile_parts,
    realm_numbers,
    second_factors,
    users,
)

Row = dict[str, Any]


class NewRows:
    """Owns the rows.

    Args:
        last: the newest number of each realm of the batch, whose rows are locked.
    """

    def __init__(self, last: dict[str, int]) -> None:
        self._last = last
        self._people: list[tuple[Row, Arrival]] = []
        self._beside: dict[Table, list[Row]] = {}

    def number_of(self, arrival: Arrival) -> int | None:
        """The number of a new person in the realm; the next one unless the row says it."""
        if not arrival.realm:
            return None
        last = self._last.get(arrival.realm, 0)
        number = last + 1 if arrival.row.number is None else arrival.row.number
        self._last[arrival.realm] = max(last, number)
        return number

    def add(
        self,
        arrival: Arrival,
        user_id: str,
        number: int | None,
        now: int,
        checked: Checked,
        sealed: bytes | None,
        system: str | None,
    ) -> None:
        """Take a person, whose second factor is sealed."""
        self._people.append((_person(arrival, user_id, number, now), arrival))
        for dialect, value in checked.parts.items():
            self._put(profile_parts, user_id, dialect=dialect, value=value)
        for member, places in checked.places.items():
            for place_id, part in places.items():
                self._put(MEMBERSHIPS[member], user_id, place_id=place_id, part=part)
        row, missing = arrival.row, arrival.row.factor_missing or None
        if sealed is not None or missing:
            self._put(second_factors, user_id, totp_sealed=sealed, failures=0, missing=missing)
        if row.foreign_id is not None:
            self._put(
                foreign_ids,
                user_id,
                system=system,
                foreign_id=row.foreign_id,
                state=row.foreign_state,
            )

    def write(
        self,
        database: Database,
        connection: Connection,
        entropy: Entropy,
        hashes: Mapping[str, str],
    ) -> None:
        """Insert all of them. `hashes` has those of passwords in clear text, by place."""
        if not self._people:
            return
        _give_short_ids(connection, [row for row, _ in self._people], entropy)
        for row, arrival in self._people:
            row["secret_hash"] = arrival.secret_hash or hashes.get(arrival.place, NO_PASSWORD)
        database.insert_many(connection, users, [row for row, _ in self._people])
        for table, rows in self._beside.items():
            database.insert_many(connection, table, rows)
        for realm, last in self._last.items():
            mine = update(realm_numbers).where(realm_numbers.c.realm == realm)
            connection.execute(mine.values(last=last))

    def _put(self, table: Table, user_id: str, **values: object) -> None:
        self._beside.setdefault(table, []).append({"user_id": user_id, **values})


def _person(arrival: Arrival, user_id: str, number: int | None, now: int) -> Row:
    row = arrival.row
    return {
        "id": user_id,
        "email": row.email,
        "email_folded": arrival.key,
        "realm": arrival.realm,
        "user_name": row.user_name,
        "user_name_folded": arrival.name_key,
        "number": number,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "disabled": bool(row.disabled),
        "active": row.active is not False,
        "group_names": arrival.groups or [],
        "role_names": arrival.roles or [],
        "credential_version": 1,
        "created_at": now,
        "updated_at": now,
    }


def _give_short_ids(connection: Connection, people: list[Row], entropy: Entropy) -> None:
    """Of many new ids, one may be taken now and then: that person gets another one."""
    given: set[str] = set()
    for row in people:
        row["short_id"] = identifiers.short_id(entropy, given.__contains__)
        given.add(row["short_id"])
    taken = present(connection, users.c.short_id, given)
    for row in people if taken else ():
        if row["short_id"] in taken:
            row["short_id"] = _another(connection, given, entropy)


def _another(connection: Connection, given: set[str], entropy: Entropy) -> str:
    def is_taken(short_id: str) -> bool:
        column = users.c.short_id
        return short_id in given or bool(present(connection, column, [short_id]))

    made = identifiers.short_id(entropy, is_taken)
    given.add(made)
    return made
