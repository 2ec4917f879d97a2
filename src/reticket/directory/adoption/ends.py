"""Ends of sessions of other systems that have no row yet: the port `Unadopted`.

A password that changes must end those as well, also when it changes before an adoption begins. Ends
are noted here, and looked up when a session is adopted.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, not_, or_, select

from reticket.core.adoption.model import NotedEnd
from reticket.core.model import Family, Selection
from reticket.core.ports import Clock
from reticket.directory.adoption.tables import adoption_ends, adoptions
from reticket.directory.engines.database import Database
from reticket.directory.tables import foreign_ids

_NAMES = ("subject", "resource", "client", "context")


class UnadoptedEnds:
    """Owns the notes. Every method may raise Unavailable."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def kinds(self) -> Collection[str]:
        """The token kinds whose absent rows may become sessions."""
        with self._database.read() as connection:
            return _kinds(connection, self._clock())

    def end(self, selection: Selection, cause: str, at: int) -> None:
        """Note that the selected sessions have ended, where some may come later. A selection of
        one row needs no note. Older notes of the same selection are removed.
        """
        if selection.family is not None or not self._may_come(selection.subject):
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
            connection.execute(delete(adoption_ends).where(*_older(selection, at)))
            connection.execute(insert(adoption_ends), row)

    def _may_come(self, subject: str | None) -> bool:
        """Whether sessions of other systems may come: of anybody in an adoption, or of somebody
        who was imported from there.
        """
        with self._database.read() as connection:
            if _kinds(connection, self._clock()):
                return True
            known = select(foreign_ids.c.user_id).where(foreign_ids.c.user_id == subject)
            return connection.execute(known.limit(1)).first() is not None

    def ended(self, family: Family, issued_at: int) -> NotedEnd | None:
        """The first end that includes a session: noted since its adoption began, or an end of its
        person, noted since its token was made.

        Args:
            family: its row.
            issued_at: milliseconds; 0 where that is not known.
        """
        return self._database.find(_end, (family, issued_at))

    def is_empty(self) -> bool:
        """Whether nothing is noted."""
        with self._database.read() as connection:
            return connection.execute(select(adoption_ends.c.id).limit(1)).first() is None

    def forget(self) -> None:
        """Remove the notes that no adoption needs, now or later."""
        if not self.kinds():
            subject = adoption_ends.c.subject
            is_foreign = subject.in_(select(foreign_ids.c.user_id))
            with self._database.write() as connection:
                connection.execute(
                    delete(adoption_ends).where(or_(subject.is_(None), not_(is_foreign)))
                )


def _kinds(connection: Connection, now: int) -> frozenset[str]:
    """Also of adoptions that were removed, since another process may adopt a moment longer."""
    lasting = select(adoptions.c.kind).where(adoptions.c.until > now)
    return frozenset(connection.execute(lasting).scalars())


def _older(selection: Selection, at: int) -> list[ColumnElement[bool]]:
    columns = adoption_ends.c
    same = [columns[name].is_not_distinct_from(getattr(selection, name)) for name in _NAMES]
    return [columns.ended_at <= at, *same]


def _end(connection: Connection, key: tuple[Family, int]) -> NotedEnd | None:
    (family, issued_at), columns = key, adoption_ends.c
    conditions = [_matches(columns[name], getattr(family, name)) for name in _NAMES]
    of_person = and_(columns.subject.is_not(None), columns.ended_at >= issued_at)
    is_meant = or_(columns.ended_at >= family.created_at, of_person)
    statement = select(columns.cause).where(is_meant, *conditions)
    row = connection.execute(statement.order_by(columns.id).limit(1)).one_or_none()
    return NotedEnd(row.cause) if row else None


def _matches(column: ColumnElement[object], value: str | None) -> ColumnElement[bool]:
    return column.is_(None) if value is None else or_(column.is_(None), column == value)
