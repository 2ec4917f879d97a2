"""The dialects' parts of a person or a tenant.

Only the dialects interpret the parts. Everything here runs in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, delete, insert, select

from reticket.core.errors import Unavailable
from reticket.core.ports import Clock, Entropy
from reticket.core.profiles import Part
from reticket.directory.errors import Invalid
from reticket.directory.shared_members import SharedMembers
from reticket.directory.typed import checked_part

Parts = Sequence[Part[Any]]
NOWHERE: Mapping[str, Mapping[int, object]] = {}


def prepare(parts: Parts) -> None:
    """Make the types of parts ready for threads: msgspec 0.22 crashes when several threads are the
    first to use one.
    """
    for part in parts:
        msgspec.json.Decoder(part.kind)


class PartsWriter:
    """Writes the parts of people, or of tenants.

    Args:
        table: the table; its first column is the owner's id.
        parts: the existing parts.
    """

    def __init__(self, table: Table, parts: Parts, clock: Clock, entropy: Entropy) -> None:
        self._table = table
        self._parts = {part.key: part for part in parts}
        self._clock = clock
        self._entropy = entropy

    def insert(self, connection: Connection, owner: object, said: Mapping[str, object]) -> None:
        """Write the value under each key. Invalid; AlreadyExists for an id of another record."""
        shared = SharedMembers(connection, self._entropy)
        for key, value in said.items():
            part = self._part(key)
            kept = checked_part(part, value, self._clock())
            if part.shared is not None:
                shared.keep(shared.settle(part.dialect, part.shared, part.shared.place(kept)))
                shared.write()
            row = {self._table.columns[0].name: owner, "dialect": part.dialect, "value": kept}
            connection.execute(insert(self._table), row)

    def replace(
        self, connection: Connection, owner: object, said: Mapping[str, object | None]
    ) -> None:
        """Write the value under each key in the place of the one before; None removes it. Invalid;
        AlreadyExists, as for `insert`.
        """
        for key in said:
            owned, dialect = self._table.columns[0], self._table.c.dialect
            mine = (owned == owner) & (dialect == self._part(key).dialect)
            connection.execute(delete(self._table).where(mine))
        given = {key: value for key, value in said.items() if value is not None}
        self.insert(connection, owner, given)

    def _part(self, key: str) -> Part[Any]:
        if key not in self._parts:
            raise Invalid(f"{key} is no part of a profile (known are {', '.join(self._parts)}).")
        return self._parts[key]


def read_parts(
    connection: Connection,
    table: Table,
    owner: object,
    parts: Parts,
    places: Mapping[str, Mapping[int, object]] = NOWHERE,
) -> tuple[tuple[str, object], ...]:
    """The parts of a person or a tenant by dialect name; `places` is the data beside a person's
    memberships.
    """
    statement = select(table.c.dialect, table.c.value).where(table.columns[0] == owner)
    kept = {row.dialect: row.value for row in connection.execute(statement)}
    for part in parts:
        if part.has_places:
            kept[part.dialect] = places
    known = [part for part in parts if part.dialect in kept]
    return tuple((part.dialect, _read(part, kept[part.dialect])) for part in known)


def _read(part: Part[Any], value: object) -> object:
    try:
        return msgspec.convert(value, part.kind, str_keys=True)
    except msgspec.ValidationError as error:
        raise Unavailable(f"the part of {part.dialect} cannot be read: {error}") from None
