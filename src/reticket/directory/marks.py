"""What is remembered of a directory as a whole, for good: that it holds the demo's people."""

from __future__ import annotations

from sqlalchemy import insert, select

from reticket.core.ports import Clock
from reticket.directory.engines.database import Database
from reticket.directory.tables import marks

DEMO = "demo"
"""It was filled with accounts whose passwords everybody knows."""


class Marks:
    """Verbs on marks; whatever was marked stays so."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def has(self, name: str) -> bool:
        """Whether the directory bears that mark."""
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
