"""Clients that registered themselves: the digests of their tokens, and when each was last used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import and_, func, insert, not_, select, update

from reticket.core.errors import Unavailable
from reticket.core.policy import DAY, SECOND, Policy
from reticket.core.ports import Clock
from reticket.directory.drafts import ClientDraft
from reticket.directory.engines.database import Database
from reticket.directory.programs.clients import Clients
from reticket.directory.seed.clients import checked_registration
from reticket.directory.tables import oauth_clients, registrations
from reticket.oauth.signing import algorithms_wanted

RETRY = 60
"""Seconds after which a client may register itself again when there are too many."""


class Registrar:
    """The port `Registrar`. Any method may raise Unavailable.

    Args:
        clients: keeps the records.
        presets: policies in force by name.
        require: creates the missing keys of signature algorithms.
        catch_up: lets this process read a changed record again.
    """

    def __init__(
        self,
        database: Database,
        clients: Clients,
        presets: Mapping[str, Policy],
        clock: Clock,
        require: Callable[[Iterable[str]], None],
        catch_up: Callable[[], None],
    ) -> None:
        self._database = database
        self._clients = clients
        self._presets = presets
        self._clock = clock
        self._require = require
        self._catch_up = catch_up
        self.block = clients.disable
        self.remove = clients.remove

    def add(
        self,
        client_id: str,
        registration: Mapping[str, Any],
        secret_hash: str | None,
        token_digest: str,
        most: int,
        idle: int = 0,
    ) -> None:
        """Register a client. AlreadyExists, Invalid; Unavailable when there are too many of those
        with a token, or of those without one.
        """
        checked = self._checked(registration, public=secret_hash is None)
        draft = ClientDraft(client_id, disabled=False, registration=checked)
        used_at = self._clock() - idle * SECOND
        row = {"client_id": client_id, "token_digest": token_digest, "used_at": used_at}
        is_alike = (registrations.c.token_digest != "") == bool(token_digest)
        with self._database.change() as connection:
            known = select(func.count()).select_from(registrations).where(is_alike)
            if connection.execute(known).scalar_one() >= most:
                raise Unavailable("too many clients have registered themselves", RETRY)
            self._clients.insert(connection, draft, secret_hash)
            connection.execute(insert(registrations), row)

    def change(self, client_id: str, registration: Mapping[str, Any]) -> None:
        """Replace its registration. Invalid, NotFound."""
        public = registration.get("token_endpoint_auth_method") in ("none", "private_key_jwt")
        self._clients.register(client_id, self._checked(registration, public=public))
        self._catch_up()

    def token_digest(self, client_id: str) -> str | None:
        """Of its registration access token. Empty for a client of a document, None for others."""
        columns = registrations.c
        statement = select(columns.token_digest).where(columns.client_id == client_id)
        with self._database.read() as connection:
            return connection.execute(statement).scalar_one_or_none()

    def note_use(self, client_id: str, at: int) -> None:
        """Note its use, once a day. No record shows it, so no cache is dropped."""
        columns = registrations.c
        mine = (columns.client_id == client_id) & (columns.used_at < at - DAY * SECOND)
        with self._database.write() as connection:
            connection.execute(update(registrations).where(mine).values(used_at=at))

    def giving_way(self, most: int, limit: int) -> Sequence[str]:
        """Ids of clients of documents that never got tokens, the oldest first. So many must go
        before one more makes `most`. Blocked ones stay.
        """
        columns, of_document = registrations.c, registrations.c.token_digest == ""
        known = select(func.count()).select_from(registrations).where(of_document)
        never_used = columns.used_at < oauth_clients.c.created_at
        oldest = (
            select(columns.client_id)
            .join(oauth_clients, oauth_clients.c.client_id == columns.client_id)
            .where(of_document, never_used, not_(oauth_clients.c.disabled))
            .order_by(oauth_clients.c.created_at, columns.client_id)
        )
        with self._database.read() as connection:
            surplus = min(connection.execute(known).scalar_one() - most + 1, limit)
            if surplus <= 0:
                return ()
            return connection.execute(oldest.limit(surplus)).scalars().all()

    def unused(self, before: int, limit: int) -> Sequence[str]:
        """Ids of clients that were last used before that time, without the blocked ones of
        documents.
        """
        columns = registrations.c
        is_kept = and_(columns.token_digest == "", oauth_clients.c.disabled)
        statement = (
            select(columns.client_id)
            .join(oauth_clients, oauth_clients.c.client_id == columns.client_id)
            .where(columns.used_at < before, not_(is_kept))
            .limit(limit)
        )
        with self._database.read() as connection:
            return connection.execute(statement).scalars().all()

    def _checked(self, registration: Mapping[str, Any], *, public: bool) -> Mapping[str, Any]:
        """The checked registration; its keys are in the ring before anybody can use them."""
        checked = checked_registration(registration, public=public, presets=self._presets)
        self._require(algorithms_wanted(checked))
        return checked
