"""Permanent marks of a directory as a whole, such as that it contains the demo's people."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from reticket.core.ports import Clock
from reticket.directory.engines.database import Database
from reticket.directory.tables import marks

DEMO = "demo"
"""The directory has been filled with accounts whose passwords are public."""

HANDOVER = "handover"
"""Sign-ins have been handed over to an old back end, so former names are remembered (ADR 0028)."""


def is_marked(connection: Connection, name: str) -> bool:
    """Whether the directory has that mark, in the caller's transaction."""
    found = select(marks.c.name).where(marks.c.name == name)
    return connection.execute(found).scalar() is not None


class Marks:
    """Operations on marks; a mark is never removed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def has(self, name: str) -> bool:
        """Whether the directory has that mark."""
        with self._database.read() as connection:
            return is_marked(connection, name)

    def since(self, name: str) -> int | None:
        """When the directory got that mark, in milliseconds; None without it."""
        found = select(marks.c.created_at).where(marks.c.name == name)
        with self._database.read() as connection:
            return connection.execute(found).scalar()

    def put(self, name: str) -> None:
        """Mark the directory, unless it is marked."""
        with self._database.change() as connection:
            if not is_marked(connection, name):
                connection.execute(insert(marks).values(name=name, created_at=self._clock()))
