"""Clients that are told when a session ends.

No record shows them, so that no process reads its records again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from reticket.core.logouts import LEASE, LONGEST, MOST_OF_PERSON, LoggedIn, Logout, Remembered
from reticket.core.model import Selection
from reticket.core.policy import SECOND
from reticket.directory.engines.database import Database
from reticket.directory.tables import logouts, oauth_clients, users

_BATCH = 500
"""Families of one statement. Engines limit the number of its values."""

Condition = ColumnElement[bool]


class Logouts:
    """The port `Logouts`. Every method may raise Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remember(self, client: LoggedIn) -> None:
        """Remember a client, unless it or the person does not exist."""
        with self._database.write() as connection:
            if not _exist(connection, client):
                return
            connection.execute(delete(logouts).where(_key(client.session, client.client)))
            connection.execute(insert(logouts), _row_of(client))
            _drop_oldest(connection, client.subject)

    def mark(self, selection: Selection, at: int) -> None:
        """Make due what the selection covers."""
        self._mark(_selected(selection), at)

    def mark_families(self, families: Sequence[bytes], at: int) -> None:
        """Make due what belongs to these families, and to these sessions."""
        columns = logouts.c
        for some in _batches([family.hex() for family in families]):
            self._mark(or_(columns.family.in_(some), columns.session_id.in_(some)), at)

    def _mark(self, chosen: Condition, at: int) -> None:
        """Most of the time there is nothing to mark, and then nothing is written."""
        open_ones = and_(chosen, logouts.c.due_at.is_(None))
        if self._database.find(_finds_any, open_ones):
            values = {"ended_at": at, "due_at": at, "claimed_until": None, "attempts": 0}
            with self._database.write() as connection:
                connection.execute(update(logouts).where(open_ones).values(values))

    def unmarked(self, after: tuple[str, str], limit: int) -> Sequence[Remembered]:
        """At most `limit` that are not due, after that session and client."""
        columns = logouts.c
        key = columns.session_id, columns.client_id
        session, client_id = after
        is_later = or_(
            columns.session_id > session,
            and_(columns.session_id == session, columns.client_id > client_id),
        )
        statement = (
            select(*key, columns.family)
            .where(columns.due_at.is_(None), is_later)
            .order_by(*key)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [Remembered(*row) for row in connection.execute(statement)]

    def claim(self, now: int, most: int) -> Sequence[Logout]:
        """Claim some log-outs that are due, one of each client. Only one process gets a log-out."""
        columns = logouts.c
        earliest = func.min(columns.due_at)
        is_free = columns.client_id.not_in(
            select(columns.client_id).where(columns.claimed_until > now)
        )
        statement = (
            select(columns.client_id)
            .where(columns.due_at <= now, is_free)
            .group_by(columns.client_id)
            .order_by(earliest)
            .limit(most)
        )
        with self._database.read() as connection:
            clients = connection.execute(statement).scalars().all()
        claimed = (self._claim(client, now) for client in clients)
        return [each for each in claimed if each is not None]

    def _claim(self, client_id: str, now: int) -> Logout | None:
        with self._database.write() as connection:
            if not _is_ours(connection, client_id, now):
                return None
            columns = logouts.c
            oldest = (
                select(logouts)
                .where(columns.client_id == client_id, columns.due_at <= now)
                .order_by(columns.due_at)
                .limit(1)
            )
            row = connection.execute(oldest).one_or_none()
            if row is None:
                return None
            mine = _key(row.session_id, client_id)
            connection.execute(update(logouts).where(mine).values(claimed_until=now + LEASE))
            return _logout_of(row)

    def postpone(self, logout: Logout, due_at: int | None, attempts: int) -> None:
        """Give a claimed log-out back."""
        values = {"due_at": due_at, "attempts": attempts, "claimed_until": None}
        with self._database.write() as connection:
            connection.execute(update(logouts).where(_claimed(logout)).values(values))

    def settle(self, logout: Logout) -> None:
        """Remove a claimed log-out."""
        with self._database.write() as connection:
            connection.execute(delete(logouts).where(_claimed(logout)))

    def expire(self, before: int, limit: int) -> int:
        """Delete at most `limit` rows that were kept until then."""
        columns = logouts.c
        over = (
            select(columns.session_id, columns.client_id)
            .where(columns.kept_until < before, _is_given_up(before))
            .limit(limit)
        )
        with self._database.read() as connection:
            found = connection.execute(over).all()
        for session, client_id in found:
            with self._database.write() as connection:
                mine = and_(_key(session, client_id), columns.kept_until < before)
                connection.execute(delete(logouts).where(mine, _is_given_up(before)))
        return len(found)


def _is_given_up(now: int) -> Condition:
    """Whether the log-out will not be sent any more, even if its sender was killed."""
    longest = 2 * LONGEST * SECOND
    return or_(logouts.c.due_at.is_(None), logouts.c.ended_at < now - longest)


def _exist(connection: Connection, client: LoggedIn) -> bool:
    """Whether client and person exist. Parallel sign-ins of one person wait for each other."""
    person = select(users.c.id).where(users.c.id == client.subject).with_for_update(key_share=True)
    program = select(oauth_clients.c.client_id).where(oauth_clients.c.client_id == client.client)
    return all(connection.execute(each).one_or_none() for each in (person, program))


def _row_of(client: LoggedIn) -> dict[str, object]:
    return {
        "session_id": client.session,
        "client_id": client.client,
        "subject": client.subject,
        "resource": client.resource,
        "family": client.family,
        "kept_until": client.kept_until,
        "attempts": 0,
    }


def _drop_oldest(connection: Connection, subject: str) -> None:
    """Delete the oldest rows of a person beyond the limit, except log-outs that are due."""
    columns = logouts.c
    surplus = (
        select(columns.session_id, columns.client_id)
        .where(columns.subject == subject, columns.due_at.is_(None))
        .order_by(columns.kept_until.desc(), columns.session_id.desc())
        .offset(MOST_OF_PERSON)
        .limit(_BATCH)
    )
    for session, client_id in connection.execute(surplus).all():
        connection.execute(delete(logouts).where(_key(session, client_id)))


def _is_ours(connection: Connection, client_id: str, now: int) -> bool:
    """Whether no other process tells this client anything at the moment."""
    columns = oauth_clients.c
    program = (
        select(columns.client_id)
        .where(columns.client_id == client_id)
        .with_for_update(key_share=True, skip_locked=True)
    )
    busy = and_(logouts.c.client_id == client_id, logouts.c.claimed_until > now)
    return connection.execute(program).one_or_none() is not None and not _finds_any(
        connection, busy
    )


def _finds_any(connection: Connection, chosen: Condition) -> bool:
    found = connection.execute(select(logouts.c.session_id).where(chosen).limit(1))
    return found.one_or_none() is not None


def _selected(selection: Selection) -> Condition:
    """The rows of a selection. The id of a family may be that of a session as well."""
    columns = logouts.c
    family = selection.family.hex() if selection.family is not None else None
    is_session = columns.session_id == family if family is not None else ~true()
    said: list[Condition] = [true()]
    if family is not None:
        said.append(or_(is_session, columns.family == family))
    if selection.subject is not None:
        said.append(columns.subject == selection.subject)
    if selection.client is not None:
        said.append(columns.client_id == selection.client)
    if selection.resource is not None:
        said.append(or_(is_session, columns.resource == selection.resource))
    return and_(*said)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]


def _key(session: str, client_id: str) -> Condition:
    return and_(logouts.c.session_id == session, logouts.c.client_id == client_id)


def _claimed(logout: Logout) -> Condition:
    """The row as it was claimed: a later sign-in has another family."""
    return and_(_key(logout.session, logout.client), logouts.c.family == logout.family)


def _logout_of(row: Row[Any]) -> Logout:
    return Logout(
        row.session_id, row.client_id, row.subject, row.family, row.ended_at, row.attempts
    )
