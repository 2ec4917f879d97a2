"""The consents of people: which client may have which scopes without a question.

No record shows them, so that a new one makes no process read its records again.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, insert, select

from reticket.core.consents import Consent
from reticket.core.people import Client
from reticket.core.ports import Clock
from reticket.directory.engines.database import Database
from reticket.directory.tables import consents, users


class Consents:
    """Owns the table. Every method may raise Unavailable.

    A consent is for a client as it was created: a later client with the same id has none.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def scopes_of(self, user_id: str, client: Client) -> tuple[str, ...] | None:
        """The scopes that the person has allowed the client; None without a consent."""
        fitting = _key(user_id, client.id) & (consents.c.client_since == client.created_at)
        with self._database.read() as connection:
            scopes = connection.execute(select(consents.c.scopes).where(fitting)).scalar()
        return None if scopes is None else tuple(scopes)

    def keep(self, user_id: str, client: Client, scopes: Sequence[str]) -> None:
        """Add scopes to the consent, or begin it."""
        mine = select(users.c.id).where(users.c.id == user_id).with_for_update()
        with self._database.write() as connection:
            if connection.execute(mine).one_or_none() is None:
                return
            found = select(consents).where(_key(user_id, client.id))
            before = connection.execute(found).one_or_none()
            is_same = before is not None and before.client_since == client.created_at
            every = dict.fromkeys((*(before.scopes if before and is_same else ()), *scopes))
            connection.execute(delete(consents).where(_key(user_id, client.id)))
            row = {
                "user_id": user_id,
                "client_id": client.id,
                "client_since": client.created_at,
                "scopes": list(every),
                "given_at": self._clock(),
            }
            connection.execute(insert(consents), row)

    def forget(self, user_id: str, client_id: str) -> bool:
        """Take a consent back. Returns whether there was one."""
        with self._database.write() as connection:
            gone = delete(consents).where(_key(user_id, client_id))
            return bool(connection.execute(gone).rowcount)

    def of_user(self, user_id: str) -> Sequence[Consent]:
        """All consents of a person, in the order of the clients' ids."""
        columns = consents.c
        statement = (
            select(columns.client_id, columns.scopes, columns.given_at)
            .where(columns.user_id == user_id)
            .order_by(columns.client_id)
        )
        with self._database.read() as connection:
            found = connection.execute(statement)
            return [Consent(row.client_id, tuple(row.scopes), row.given_at) for row in found]


def _key(user_id: str, client_id: str) -> ColumnElement[bool]:
    return (consents.c.user_id == user_id) & (consents.c.client_id == client_id)
