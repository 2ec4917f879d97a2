"""Ends of sessions of other systems that have no row yet: the port `Unadopted`.

A password that changes must end those as well, also when it changes before an adoption begins. Ends
are noted here, and looked up when a session is adopted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, not_, or_, select

from reticket.core.adoption.model import NotedEnd
from reticket.core.model import Family, Selection
from reticket.core.ports import Clock
from reticket.directory.adoption.tables import adoption_ends, adoptions
from reticket.directory.engines.database import Database
from reticket.directory.rows import found_rows
from reticket.directory.tables import users

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
        """Whether sessions of other systems may come: of anybody in an adoption, or later of a
        person. By whom people are found there, an adoption says when it begins.
        """
        with self._database.read() as connection:
            if _kinds(connection, self._clock()):
                return True
            known = select(users.c.id).where(users.c.id == subject)
            return connection.execute(known).first() is not None

    def ended(self, family: Family, issued_at: int) -> NotedEnd | None:
        """The first end that includes a session: noted since its adoption began, or an end of its
        person, noted since its token was made.

        Args:
            family: its row.
            issued_at: milliseconds; 0 where that is not known.
        """
        return self._database.find(_end, (family, issued_at))

    def ended_of(self, families: Sequence[Family]) -> Mapping[bytes, NotedEnd]:
        """What `ended` says of many sessions, by their ids. It is not known when their tokens were
        made.
        """
        with self._database.read() as connection:
            notes = _notes(connection, {each.subject for each in families})
        if not notes:
            return {}
        known = defaultdict[str | None, list[Row[Any]]](list)
        for note in notes:
            known[note.subject].append(note)
        found = {
            each.id: _first([*known[None], *known[each.subject]], each, 0) for each in families
        }
        return {family: end for family, end in found.items() if end is not None}

    def forget(self) -> None:
        """Remove the notes that no adoption needs, now or later."""
        if not self.kinds():
            subject = adoption_ends.c.subject
            is_known = subject.in_(select(users.c.id))
            with self._database.write() as connection:
                connection.execute(
                    delete(adoption_ends).where(or_(subject.is_(None), not_(is_known)))
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
    family, issued_at = key
    return _first(_notes(connection, [family.subject]), family, issued_at)


def _notes(connection: Connection, subjects: Collection[str]) -> Sequence[Row[Any]]:
    """The notes about some people, and those about everybody, the oldest first."""
    subject = adoption_ends.c.subject
    found = connection.execute(select(adoption_ends).where(subject.is_(None))).all()
    return sorted(
        [*found, *found_rows(connection, select(adoption_ends), subject, subjects)],
        key=lambda note: note.id,
    )


def _first(notes: Sequence[Row[Any]], family: Family, issued_at: int) -> NotedEnd | None:
    included = (NotedEnd(each.cause) for each in notes if _includes(each, family, issued_at))
    return next(included, None)


def _includes(note: Row[Any], family: Family, issued_at: int) -> bool:
    """Whether an end is of that session: of an empty column any."""
    is_of_token = note.subject is not None and note.ended_at >= issued_at
    said = ((getattr(note, name), getattr(family, name)) for name in _NAMES)
    return (is_of_token or note.ended_at >= family.created_at) and all(
        wanted in (None, found) for wanted, found in said
    )
