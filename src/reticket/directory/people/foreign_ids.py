"""The ids that people had in other systems, from which they were imported.

No record of a person shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from reticket.core.adoption.model import PersonThere
from reticket.directory.engines.database import Database
from reticket.directory.errors import Invalid
from reticket.directory.tables import foreign_ids

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


class ForeignId(NamedTuple):
    """An id of a person in another system.

    Args:
        system: its name, such as `keycloak`.
        state: what a session of that system must agree with when it is adopted, or None.
    """

    system: str
    foreign_id: str
    user_id: str
    state: str | None


class LinkedPerson(NamedTuple):
    """A person whose id in another system is known; `state` as of `ForeignId`."""

    user_id: str
    state: str | None


class ForeignIds:
    """Owns the table. Every method may raise Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def user_id_of(self, system: str, foreign_id: str) -> LinkedPerson | None:
        """The person with that id in that system."""
        return self._database.find(_person, (system, foreign_id))

    def count(self, system: str) -> int:
        """How many ids of that system are known."""
        mine = select(func.count()).select_from(foreign_ids).where(foreign_ids.c.system == system)
        with self._database.read() as connection:
            return connection.execute(mine).scalar_one()

    def check_system(self, system: str) -> None:
        """Invalid for the name of a new system with other characters, or more of them. A name that
        people have already was allowed once.
        """
        if not _NAME.fullmatch(system) and not self.count(system):
            raise Invalid(
                "The name of a system must have 1 to 64 characters: letters (a to z, A to Z), "
                "digits, `-`, `_` and `.`."
            )

    def of_user(self, user_id: str) -> list[ForeignId]:
        """All ids of a person, in the order of the systems' names."""
        columns = foreign_ids.c
        mine = select(foreign_ids).where(columns.user_id == user_id)
        with self._database.read() as connection:
            found = connection.execute(mine.order_by(columns.system, columns.foreign_id))
            return [ForeignId(*row) for row in found]


def insert_foreign_ids(connection: Connection, rows: Iterable[ForeignId]) -> None:
    """Keep ids that no person has, inside the caller's transaction."""
    given = [row._asdict() for row in rows]
    if given:
        connection.execute(insert(foreign_ids), given)


def read_person_there(connection: Connection, key: tuple[str, str]) -> PersonThere | None:
    """A person by the name of a system and the id here. Of several ids there the first counts."""
    columns = foreign_ids.c
    mine = select(columns.foreign_id, columns.state).where(
        columns.user_id == key[1], columns.system == key[0]
    )
    row = connection.execute(mine.order_by(columns.foreign_id).limit(1)).one_or_none()
    return None if row is None else PersonThere(*row)


def _person(connection: Connection, key: tuple[str, str]) -> LinkedPerson | None:
    columns = foreign_ids.c
    statement = select(columns.user_id, columns.state).where(
        columns.system == key[0], columns.foreign_id == key[1]
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else LinkedPerson(*row)
