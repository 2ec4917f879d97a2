"""Intents: revocations that a change requires, written in the transaction of that change.

Owns the causes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from reticket.core.model import Selection
from reticket.core.ports import Clock, Intent
from reticket.directory.engines.database import Database
from reticket.directory.tables import intents


class Change(StrEnum):
    """The reason why sessions end; stored as their `revoked_cause`."""

    USER_DISABLED = "user_disabled"
    USER_DELETED = "user_deleted"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    EMAIL_CHANGED = "email_changed"
    MEMBERSHIP_TAKEN = "membership_taken"
    APPLICATION_DISABLED = "application_disabled"
    APPLICATION_REMOVED = "application_removed"
    SECRET_ROTATED = "secret_rotated"  # noqa: S105


def demand(
    connection: Connection, selections: Iterable[Selection], cause: Change, clock: Clock
) -> None:
    """Write an intent for each selection; only its subject, kind and context are used."""
    rows = [
        {
            "subject": selection.subject,
            "resource": selection.resource,
            "context": selection.context,
            "cause": cause.value,
            "created_at": clock(),
        }
        for selection in selections
    ]
    if rows:
        connection.execute(insert(intents), rows)


def read_pending(connection: Connection) -> frozenset[str]:
    """Subjects with a pending intent."""
    return frozenset(connection.execute(select(intents.c.subject)).scalars())


class Intents:
    """Owns the pending intents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self) -> Sequence[Intent]:
        """The pending intents, in the order in which they were written."""
        statement = select(intents).order_by(intents.c.id)
        with self._database.read() as connection:
            return [
                Intent(row.id, Selection(None, row.subject, row.resource, row.context), row.cause)
                for row in connection.execute(statement)
            ]

    def settle(self, intent: Intent) -> None:
        """Remove an intent that was applied; a second call changes nothing."""
        with self._database.change() as connection:
            connection.execute(delete(intents).where(intents.c.id == intent.id))
