"""Permanent marks of a directory as a whole, such as that it contains the demo's people."""

from __future__ import annotations

from sqlalchemy import insert, select

from reticket.core.ports import Clock
from reticket.directory.engines.database import Database
from reticket.directory.tables import marks

DEMO = "demo"
"""The directory has been filled with accounts whose passwords are public."""


class Marks:
    """Operations on marks; a mark is never removed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def has(self, name: str) -> bool:
        """Whether the directory has that mark."""
        with self._database.read() as connection:
            return (
                connection.execute(select(marks.c.name).filter_by(name=name)).scalar() is not None
            )

    def put(self, name: str) -> None:
        """Mark the directory, unless it is marked."""
        with self._database.change() as connection:
            found = connection.execute(select(marks.c.name).filter_by(name=name)).scalar()
            if found is None:
                connection.execute(insert(marks).values(name=name, created_at=self._clock()))
