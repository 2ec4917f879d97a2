"""The dialects' parts of a person or a tenant, and the members that several parts share.

Only the dialects interpret the parts. Everything here runs in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, delete, insert, select

from reticket.core.errors import Unavailable
from reticket.core.ports import Clock, Entropy
from reticket.core.profiles import Part, Shared
from reticket.directory.errors import AlreadyExists, Invalid
from reticket.directory.forms import check_text_id
from reticket.directory.identifiers import TRIES
from reticket.directory.tables import shared_parts
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
        for key, value in said.items():
            part = self._part(key)
            kept = checked_part(part, value, self._clock())
            if part.shared is not None:
                self._settle(connection, part.dialect, part.shared, part.shared.place(kept))
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

    def _settle(
        self, connection: Connection, dialect: str, shared: Shared, place: dict[str, Any]
    ) -> None:
        """Fill in the shared members of that name, or store them when they are new."""
        table = shared_parts
        named = select(table.c.value).where(
            table.c.dialect == dialect, table.c.name == place["name"]
        )
        found = connection.execute(named).scalar_one_or_none()
        if found is None:
            place["id"] = self._id(connection, dialect, shared, place["id"])
            found = {member: place[member] for member in shared.members}
            row = {"dialect": dialect, "name": place["name"], "id": place["id"], "value": found}
            connection.execute(insert(table), row)
        place.update(found)

    def _id(self, connection: Connection, dialect: str, shared: Shared, said: str) -> str:
        if said and _is_taken(connection, dialect, said):
            noun = shared.noun
            raise AlreadyExists(f"The {noun} id {said!r} is another {noun}'s.")
        check_text_id(said, f"a {shared.noun}")
        return said or self._new_id(connection, dialect, shared)

    def _new_id(self, connection: Connection, dialect: str, shared: Shared) -> str:
        for _ in range(TRIES):
            made = shared.new_id(self._entropy)
            if not _is_taken(connection, dialect, made):
                return made
        raise Unavailable("no id is free")


def _is_taken(connection: Connection, dialect: str, made: str) -> bool:
    table = shared_parts
    statement = select(table.c.id).where(table.c.dialect == dialect, table.c.id == made)
    return connection.execute(statement).one_or_none() is not None


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
