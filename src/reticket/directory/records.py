"""Records as the service reads them: from memory until something changes, else from the database.

Owns the snapshot: the records read since the last change, and the subjects of pending intents.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from reticket.core.adoption.model import PersonThere
from reticket.core.people import Application, Client, Credentials, Tenant, User
from reticket.core.profiles import Profiles
from reticket.core.realms import SignInName, usual
from reticket.directory.change_poller import ChangePoller
from reticket.directory.engines.database import Database, version_of
from reticket.directory.intents import read_pending
from reticket.directory.people.foreign_ids import read_person_there
from reticket.directory.people.sign_ins import read_client_credentials
from reticket.directory.people.user_rows import (
    id_of_name,
    id_of_number,
    id_of_short_id,
    read_user,
)
from reticket.directory.programs.applications import read_application
from reticket.directory.programs.clients import read_client
from reticket.directory.tenants.tenants import read_tenant

R = TypeVar("R")


class _Snapshot:
    """Records that were read at one version or later. Absent ones are not kept, because anybody can
    ask for any name.
    """

    __slots__ = (
        "applications", "clients", "credentials", "pending", "people_there", "profiles", "tenants",
        "users", "version",
    )  # fmt: skip

    def __init__(self, connection: Connection, profiles: Profiles) -> None:
        self.profiles = profiles
        self.version = version_of(connection)
        self.pending = read_pending(connection)
        self.users: dict[str, User] = {}
        self.applications: dict[str, Application] = {}
        self.clients: dict[str, Client] = {}
        self.credentials: dict[str, Credentials] = {}
        self.tenants: dict[int, Tenant] = {}
        self.people_there: dict[tuple[str, str], PersonThere] = {}

    def read_user(self, connection: Connection, user_id: str) -> User | None:
        record = read_user(connection, user_id, self._shared_tenant, self.profiles.people)
        return None if record is None else self.users.setdefault(user_id, record)

    def read_application(self, connection: Connection, application_id: str) -> Application | None:
        record = read_application(connection, application_id, self.profiles.programs)
        return None if record is None else self.applications.setdefault(application_id, record)

    def read_client(self, connection: Connection, client_id: str) -> Client | None:
        record = read_client(connection, client_id)
        return None if record is None else self.clients.setdefault(client_id, record)

    def read_credentials(self, connection: Connection, client_id: str) -> Credentials | None:
        found = read_client_credentials(connection, client_id)
        return None if found is None else self.credentials.setdefault(client_id, found)

    def read_tenant(self, connection: Connection, tenant_id: int) -> Tenant | None:
        record = read_tenant(connection, tenant_id, self.profiles.tenants)
        return None if record is None else self.tenants.setdefault(tenant_id, record)

    def read_person_there(self, connection: Connection, key: tuple[str, str]) -> PersonThere | None:
        found = read_person_there(connection, key)
        return None if found is None else self.people_there.setdefault(key, found)

    def _shared_tenant(self, connection: Connection, tenant_id: int) -> Tenant | None:
        return self.tenants.get(tenant_id) or self.read_tenant(connection, tenant_id)


class Records:
    """Owns the snapshot. A read in progress continues with the snapshot that it began with, and
    nothing read under an older one is put into a newer one. Reads may raise Unavailable.
    """

    def __init__(
        self, database: Database, seconds: Callable[[], float], profiles: Profiles
    ) -> None:
        self._database = database
        self._profiles = profiles
        self._poller = ChangePoller(database, self._renew, seconds)
        self.catch_up, self.catch_up_now = self._poller.check_if_due, self._poller.check
        with database.read() as connection:
            self._snapshot = _Snapshot(connection, profiles)

    @property
    def version(self) -> int:
        """The directory's version at the last check."""
        return self._snapshot.version

    def _renew(self) -> None:
        with self._database.read() as connection:
            if version_of(connection) != self._snapshot.version:
                self._snapshot = _Snapshot(connection, self._profiles)

    def user(self, user_id: str) -> User | None:
        """The record, disabled or not."""
        snapshot = self._snapshot
        known = snapshot.users.get(user_id)
        return known or self._read(snapshot, snapshot.read_user, user_id)

    def user_by_email(self, email: str) -> User | None:
        """The record of a person of the usual realm; the case of the e-mail address is ignored."""
        return self.user_by_name(usual(email))

    def user_by_name(self, name: SignInName) -> User | None:
        """The record of the person with that name in its realm."""
        user_id = self._database.find(id_of_name, name)
        return None if user_id is None else self.user(user_id)

    def user_by_number(self, realm: str, number: int) -> User | None:
        """The record of the person with that number in a realm."""
        user_id = self._database.find(id_of_number, (realm, number))
        return None if user_id is None else self.user(user_id)

    def user_by_short_id(self, short_id: str) -> User | None:
        """The record, disabled or not."""
        user_id = self._database.find(id_of_short_id, short_id)
        return None if user_id is None else self.user(user_id)

    def application(self, application_id: str) -> Application | None:
        """The record, disabled or not."""
        snapshot = self._snapshot
        known = snapshot.applications.get(application_id)
        return known or self._read(snapshot, snapshot.read_application, application_id)

    def client(self, client_id: str) -> Client | None:
        """The record, disabled or not."""
        snapshot = self._snapshot
        known = snapshot.clients.get(client_id)
        return known or self._database.find(snapshot.read_client, client_id)

    def client_at_hand(self, client_id: str) -> tuple[Client, Credentials | None] | None:
        """The cached record of a client; reads nothing from the database.

        It checks first whether the cache is recent: the last check may be newer than the snapshot.
        """
        recent, snapshot = self._poller.is_recent(), self._snapshot
        client = snapshot.clients.get(client_id)
        return (client, snapshot.credentials.get(client_id)) if recent and client else None

    def client_credentials(self, client_id: str) -> Credentials | None:
        """The data for checking a client's secret; None for a public client too. A hash that was
        renewed with newer parameters is equivalent to the one before.
        """
        snapshot = self._snapshot
        known = snapshot.credentials.get(client_id)
        return known or self._database.find(snapshot.read_credentials, client_id)

    def tenant(self, tenant_id: int) -> Tenant | None:
        """The record."""
        snapshot = self._snapshot
        known = snapshot.tenants.get(tenant_id)
        return known or self._database.find(snapshot.read_tenant, tenant_id)

    def person_there(self, system: str, user_id: str) -> PersonThere | None:
        """A person in the system from which they were imported."""
        snapshot, key = self._snapshot, (system, user_id)
        known = snapshot.people_there.get(key)
        return known or self._database.find(snapshot.read_person_there, key)

    def pending(self, subject: str) -> bool:
        """Whether an intent against this subject is pending; ask it after reading the record."""
        return subject in self._snapshot.pending

    def _read(
        self, snapshot: _Snapshot, read: Callable[[Connection, str], R | None], key: str
    ) -> R | None:
        """Read a record, and renew the snapshot when the record is newer. So a caller that
        authenticates with a new password sees the revocations of that change.
        """
        version, record = self._database.find(partial(_dated, read), key) or (None, None)
        if version not in (None, snapshot.version):
            self._poller.check()
        return record


def _dated(
    read: Callable[[Connection, str], R | None], connection: Connection, key: str
) -> tuple[int, R | None]:
    return version_of(connection), read(connection, key)
