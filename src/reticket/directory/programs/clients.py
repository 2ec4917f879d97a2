"""OAuth clients as they were registered. Owns keeping them; what a registration means is its
dialect's affair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from reticket.core.people import Client
from reticket.core.ports import Clock, Entropy
from reticket.core.profiles import Profiles
from reticket.directory import identifiers
from reticket.directory.drafts import ClientDraft
from reticket.directory.engines.database import Database
from reticket.directory.errors import AlreadyExists, Invalid, NotFound
from reticket.directory.forms import check_client_id, check_texts
from reticket.directory.programs.claim_paths import check_claim_paths
from reticket.directory.rows import credential_version_of
from reticket.directory.tables import consents, oauth_clients
from reticket.oauth.registration import KEYS, authenticates_by_keys


def read_client(connection: Connection, client_id: str) -> Client | None:
    """The record, or None."""
    statement = select(oauth_clients).where(oauth_clients.c.client_id == client_id)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _record(row)


def no_client(client_id: str) -> NotFound:
    """What is said of a client that is not there."""
    return NotFound(f"There is no client {client_id!r}.")


def _record(row: Row[Any]) -> Client:
    return Client(
        id=row.client_id,
        public=row.secret_hash is None,
        disabled=row.disabled,
        registration=row.registration,
        created_at=row.created_at,
        credential_version=credential_version_of(row),
    )


class Clients:
    """The verbs. Any may raise Unavailable; those that take an id raise NotFound.

    Args:
        profiles: what the dialects keep of people and tenants, which claims may name.
    """

    def __init__(
        self, database: Database, profiles: Profiles, clock: Clock, entropy: Entropy
    ) -> None:
        self._database = database
        self._profiles = profiles
        self._clock = clock
        self._entropy = entropy

    def add(self, client: ClientDraft, secret_hash: str | None) -> None:
        """Create the client; without a secret it is public. AlreadyExists, Invalid."""
        with self._database.change() as connection:
            self.insert(connection, client, secret_hash)

    def rotate_secret(self, client_id: str, secret_hash: str) -> None:
        """Replace the secret. The client's sessions go on; its tokens for itself end.
        Invalid for a public client.
        """
        with self._database.change() as connection:
            client = read_client(connection, client_id)
            if client is not None and client.public:
                raise Invalid(f"The client {client_id!r} is public: it has no secret.")
            version = identifiers.credential_version(self._entropy)
            _update(connection, client_id, secret_hash=secret_hash, credential_version=version)

    def register(self, client_id: str, registration: Mapping[str, object]) -> None:
        """Replace what was said of it. Other keys that authenticate it end its tokens for itself,
        as another secret does. Invalid.
        """
        check_texts(registration, "The client")
        check_claim_paths(registration, self._profiles)
        with self._database.change() as connection:
            before = read_client(connection, client_id)
            if before is None or _proof_of(before.registration) == _proof_of(registration):
                version = {}
            else:
                version = {"credential_version": identifiers.credential_version(self._entropy)}
            _update(connection, client_id, registration=dict(registration), **version)

    def disable(self, client_id: str) -> None:
        """Block it: it gets no answer, and its sessions no new tokens."""
        with self._database.change() as connection:
            _update(connection, client_id, disabled=True)

    def enable(self, client_id: str) -> None:
        """Let it in again."""
        with self._database.change() as connection:
            _update(connection, client_id, disabled=False)

    def remove(self, client_id: str) -> None:
        """Remove the client. Its tokens are refused from then on."""
        with self._database.change() as connection:
            gone = delete(oauth_clients).where(oauth_clients.c.client_id == client_id)
            _require(connection.execute(gone).rowcount, client_id)
            connection.execute(delete(consents).where(consents.c.client_id == client_id))

    def insert(self, connection: Connection, client: ClientDraft, secret_hash: str | None) -> None:
        """Create the client inside the caller's transaction; without a secret it is public."""
        check_client_id(client.client_id)
        check_texts(client.registration, "The client")
        check_claim_paths(client.registration, self._profiles)
        present = select(oauth_clients).where(oauth_clients.c.client_id == client.client_id)
        if connection.execute(present).one_or_none():
            raise AlreadyExists(f"There is a client {client.client_id!r} already.")
        row = {
            "client_id": client.client_id,
            "secret_hash": secret_hash,
            "disabled": client.disabled,
            "registration": dict(client.registration),
            "created_at": self._clock(),
            "credential_version": identifiers.credential_version(self._entropy),
        }
        connection.execute(insert(oauth_clients), row)

    def page(self, after: str = "", limit: int = 100) -> Sequence[Client]:
        """At most `limit` of them with greater ids, in their order."""
        columns = oauth_clients.c
        statement = (
            select(oauth_clients)
            .where(columns.client_id > after)
            .order_by(columns.client_id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(statement)]


def every_client(clients: Clients) -> Iterator[Client]:
    """All of them in the order of their ids, read in pages."""
    found = clients.page()
    while found:
        yield from found
        found = clients.page(found[-1].id)


def _proof_of(registration: Mapping[str, object]) -> list[object] | None:
    """The keys that authenticate the client; None when its secret does."""
    by_keys = authenticates_by_keys(registration)
    return [registration.get(name) for name in KEYS] if by_keys else None


def _update(connection: Connection, client_id: str, **values: object) -> None:
    mine = oauth_clients.c.client_id == client_id
    statement = update(oauth_clients).where(mine).values(**values)
    _require(connection.execute(statement).rowcount, client_id)


def _require(found: int, client_id: str) -> None:
    if not found:
        raise no_client(client_id)
