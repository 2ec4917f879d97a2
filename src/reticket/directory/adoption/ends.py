"""Ends of sessions of other systems that have no row yet: the port `Unadopted`.

A password that changes must end those as well. They are noted here, and looked up when a session is
adopted.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select

from reticket.core.adoption.model import NotedEnd
from reticket.core.model import Family, Selection
from reticket.core.ports import Clock
from reticket.directory.adoption.tables import adoption_ends, adoptions
from reticket.directory.engines.database import Database


class UnadoptedEnds:
    """Owns the notes. Every method may raise Unavailable."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def kinds(self) -> Collection[str]:
        """The token kinds whose absent rows are sessions, or may become such."""
        with self._database.read() as connection:
            return _kinds(connection, self._clock())

    def end(self, selection: Selection, cause: str, at: int) -> None:
        """Note that the selected sessions have ended. A selection of one row needs no note."""
        if selection.family is not None or not self.kinds():
            return
        row = {
            "subject": selection.subject,
            "resource": selection.resource,
            "client": selection.client,
            "context": selection.context,
            "cause": cause,
            "ended_at": at,
        }
        with self._database.write() as connection:
            connection.execute(insert(adoption_ends), row)

    def ended(self, family: Family) -> NotedEnd | None:
        """The first end that includes a session, noted since its adoption began."""
        return self._database.find(_end, family)

    def is_empty(self) -> bool:
        """Whether nothing is noted."""
        with self._database.read() as connection:
            return connection.execute(select(adoption_ends.c.id).limit(1)).first() is None

    def forget(self) -> None:
        """Remove the notes once no adoption needs them."""
        if not self.kinds():
            with self._database.write() as connection:
                connection.execute(delete(adoption_ends))


def _kinds(connection: Connection, now: int) -> frozenset[str]:
    """Those of JWTs; also of adoptions that were removed, since another process may adopt a moment
    longer.
    """
    columns = adoptions.c
    lazy = select(columns.kind).where(columns.until > now, columns.algorithm.is_not(None))
    return frozenset(connection.execute(lazy).scalars())


def _end(connection: Connection, family: Family) -> NotedEnd | None:
    columns = adoption_ends.c
    names = ("subject", "resource", "client", "context")
    conditions = [_matches(columns[name], getattr(family, name)) for name in names]
    statement = select(columns.cause).where(
        and_(columns.ended_at >= family.created_at, *conditions)
    )
    row = connection.execute(statement.order_by(columns.id).limit(1)).one_or_none()
    return NotedEnd(row.cause) if row else None


def _matches(column: ColumnElement[object], value: str | None) -> ColumnElement[bool]:
    return column.is_(None) if value is None else or_(column.is_(None), column == value)
