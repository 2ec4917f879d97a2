"""OAuth clients as they were registered. Owns keeping them; what a registration means is its
dialect's affair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from reticket.core.ports import Clock
from reticket.directory.database import Database
from reticket.directory.drafts import ClientDraft
from reticket.directory.errors import AlreadyExists, Invalid
from reticket.directory.tables import oauth_clients


@dataclass(frozen=True, slots=True)
class ClientLine:
    """A client in a list.

    Args:
        public: it has no secret.
        registration: everything else that was said of it.
    """

    client_id: str
    public: bool
    disabled: bool
    registration: Mapping[str, object]
    created_at: int


class Clients:
    """The verbs. Any may raise Unavailable."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def insert(self, connection: Connection, client: ClientDraft, secret_hash: str | None) -> None:
        """Create it inside the caller's transaction; without a secret it is public."""
        if not client.client_id:
            raise Invalid("The id of a client must not be empty.")
        present = select(oauth_clients).where(oauth_clients.c.client_id == client.client_id)
        if connection.execute(present).one_or_none():
            raise AlreadyExists(f"There is a client {client.client_id!r} already.")
        row = {
            "client_id": client.client_id,
            "secret_hash": secret_hash,
            "disabled": client.disabled,
            "registration": dict(client.registration),
            "created_at": self._clock(),
        }
        connection.execute(insert(oauth_clients), row)

    def page(self, after: str = "", limit: int = 100) -> Sequence[ClientLine]:
        """At most `limit` of them with greater ids, in their order."""
        columns = oauth_clients.c
        statement = (
            select(oauth_clients)
            .where(columns.client_id > after)
            .order_by(columns.client_id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [
                ClientLine(
                    row.client_id,
                    row.secret_hash is None,
                    row.disabled,
                    row.registration,
                    row.created_at,
                )
                for row in connection.execute(statement)
            ]
