"""Members that several records have in common: the first record of a name sets them.

Reads only; the caller inserts a new row, or drops it with the record. Runs in the caller's
transaction, whose changes are serialized.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select

from reticket.core.errors import Unavailable
from reticket.core.ports import Entropy
from reticket.core.profiles import Shared
from reticket.directory.errors import AlreadyExists
from reticket.directory.forms import check_text_id
from reticket.directory.identifiers import TRIES
from reticket.directory.tables import shared_parts

Row = dict[str, Any]


class SharedMembers:
    """Owns what was read and what is new in one transaction."""

    def __init__(self, connection: Connection, entropy: Entropy) -> None:
        self._connection = connection
        self._entropy = entropy
        self._known: dict[tuple[str, str], Row] = {}
        self._new: list[Row] = []

    def settle(self, dialect: str, shared: Shared, place: Row) -> Row | None:
        """Fill in the shared members of that name. Returns the row to keep when the name is new.

        AlreadyExists for an id of another name; Invalid.
        """
        name = place["name"]
        found = self._found(dialect, name)
        if found is not None:
            place.update(found)
            return None
        place["id"] = self._id(dialect, shared, place["id"])
        value = {member: place[member] for member in shared.members}
        return {"dialect": dialect, "name": name, "id": place["id"], "value": value}

    def keep(self, row: Row | None) -> None:
        """Take a new row; `write` inserts it."""
        if row is not None:
            self._known[row["dialect"], row["name"]] = row["value"]
            self._new.append(row)

    def write(self) -> None:
        """Insert the new rows."""
        if self._new:
            self._connection.execute(insert(shared_parts), self._new)
            self._new = []

    def _found(self, dialect: str, name: str) -> Row | None:
        if (dialect, name) not in self._known:
            columns = shared_parts.c
            statement = select(columns.value).where(
                columns.dialect == dialect, columns.name == name
            )
            value = self._connection.execute(statement).scalar_one_or_none()
            if value is None:
                return None
            self._known[dialect, name] = value
        return self._known[dialect, name]

    def _id(self, dialect: str, shared: Shared, said: str) -> str:
        if said and self._is_taken(dialect, said):
            noun = shared.noun
            raise AlreadyExists(f"The {noun} id {said!r} is another {noun}'s.")
        check_text_id(said, f"a {shared.noun}")
        return said or self._new_id(dialect, shared)

    def _new_id(self, dialect: str, shared: Shared) -> str:
        for _ in range(TRIES):
            made = shared.new_id(self._entropy)
            if not self._is_taken(dialect, made):
                return made
        raise Unavailable("no id is free")

    def _is_taken(self, dialect: str, made: str) -> bool:
        if any(row["dialect"] == dialect and row["id"] == made for row in self._new):
            return True
        columns = shared_parts.c
        statement = select(columns.id).where(columns.dialect == dialect, columns.id == made)
        return self._connection.execute(statement).one_or_none() is not None
