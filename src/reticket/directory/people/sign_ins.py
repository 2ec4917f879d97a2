"""The data that a sign-in reads and writes: hashes, and the time of the last sign-in.

None of it is part of a record, so no cached record is dropped.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select, update

from reticket.core.people import Credentials
from reticket.core.realms import SignInName
from reticket.directory.engines.database import Database
from reticket.directory.forms import folded
from reticket.directory.people.user_rows import has_name
from reticket.directory.rows import credential_version_of
from reticket.directory.tables import applications, oauth_clients, users


class SignIns:
    """Owns credentials. Every method may raise Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def user_credentials(self, name: SignInName) -> Credentials | None:
        """The credentials of the user with that name in its realm."""
        return self._database.find(_user_credentials, name)

    def application_credentials(self, application_id: str) -> Credentials | None:
        """The credentials of an application."""
        return self._database.find(_application_credentials, application_id)

    def renew_hash(self, subject: str, old: str, new: str) -> None:
        """Replace a hash of a user, an application or a client, if it is still the old one."""
        with self._database.write() as connection:
            for key in (users.c.id, applications.c.id, oauth_clients.c.client_id):
                mine = (key == subject) & (key.table.c.secret_hash == old)
                connection.execute(update(key.table).where(mine).values(secret_hash=new))

    def signed_in(self, user_id: str, at: int) -> int | None:
        """Record the time of a sign-in (milliseconds) and return the previous one."""
        mine = users.c.id == user_id
        with self._database.write() as connection:
            before = select(users.c.last_sign_in_at).where(mine).with_for_update()
            previous: int | None = connection.execute(before).scalar_one_or_none()
            connection.execute(update(users).where(mine).values(last_sign_in_at=at))
        return previous


def _user_credentials(connection: Connection, name: SignInName) -> Credentials | None:
    columns = users.c
    statement = select(
        columns.id, columns.disabled, columns.active, columns.secret_hash,
        columns.credential_version,
    ).where(has_name(name.realm, [folded(name.text)]))  # fmt: skip
    row = connection.execute(statement).one_or_none()
    return None if row is None else Credentials(*row)


def _application_credentials(connection: Connection, application_id: str) -> Credentials | None:
    statement = select(applications).where(applications.c.id == application_id)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _of_program(row.id, row)


def read_client_credentials(connection: Connection, client_id: str) -> Credentials | None:
    """The credentials of a client; None also for a public client."""
    statement = select(oauth_clients).where(oauth_clients.c.client_id == client_id)
    row = connection.execute(statement).one_or_none()
    if row is None or row.secret_hash is None:
        return None
    return _of_program(row.client_id, row)


def _of_program(name: str, row: Row[Any]) -> Credentials:
    return Credentials(name, row.disabled, True, row.secret_hash, credential_version_of(row))
