"""The form of e-mail addresses that look-ups compare, kept beside the address as it was written.

Runs in a migration when that form changes, and for `doctor`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, text

from reticket.directory.engines.database import Database
from reticket.directory.forms import folded

PEOPLE = "SELECT id, email, email_folded FROM users ORDER BY created_at, id"
OWNER = "SELECT id FROM users WHERE email_folded = :key"
FOLD = "UPDATE users SET email_folded = :key WHERE id = :id"


class Collision(NamedTuple):
    """Two people, by id, whose addresses are one address."""

    user_id: str
    other_id: str


class Emails:
    """Finds people whom their own address does not find. Any verb may raise Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unreachable(self) -> list[str]:
        """The ids of people whose address another person has, or an older program wrote."""
        with self._database.read() as connection:
            return [user_id for user_id, _ in _outdated(connection)]


def refold(connection: Connection) -> list[Collision]:
    """Bring every address into the present form. Of two people with one address the older one gets
    it, and the other row stays as it is.
    """
    collisions = []
    for user_id, key in list(_outdated(connection)):
        owner = connection.execute(text(OWNER), {"key": key}).scalar_one_or_none()
        if owner is None:
            connection.execute(text(FOLD), {"key": key, "id": user_id})
        else:
            collisions.append(Collision(user_id, owner))
    return collisions


def _outdated(connection: Connection) -> Iterator[tuple[str, str]]:
    for user_id, email, stored in connection.execute(text(PEOPLE)):
        if (key := folded(email)) != stored:
            yield user_id, key
