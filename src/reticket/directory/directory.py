"""The directory as others see it: the port `Directory`, and the verbs, one noun each.

Composes what the other files of this package own; owns nothing but that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from reticket.core.people import Application, Client, Credentials, Tenant, User
from reticket.core.ports import Clock, Entropy, Factors, Intent, Recognised
from reticket.core.profiles import Profiles
from reticket.core.tokens.keys import KeyStore
from reticket.core.tokens.kinds import Place
from reticket.directory.engines import open_storage
from reticket.directory.engines.database import Database
from reticket.directory.intents import Intents
from reticket.directory.keys import Keys
from reticket.directory.marks import Marks
from reticket.directory.people.affiliations import Affiliations
from reticket.directory.people.enrolments import Enrolments
from reticket.directory.people.factors import Factors as StoredFactors
from reticket.directory.people.memberships import Memberships
from reticket.directory.people.networks import KnownNetworks
from reticket.directory.people.second_factor import Sealer
from reticket.directory.people.sign_ins import SignIns
from reticket.directory.people.users import Users
from reticket.directory.programs.applications import Applications
from reticket.directory.programs.clients import Clients
from reticket.directory.records import Records
from reticket.directory.tables import (
    account_memberships,
    developer_accounts,
    tenant_memberships,
    tenants,
)
from reticket.directory.tenants.accounts import Accounts
from reticket.directory.tenants.tenants import Tenants

NO_DIALECT = Profiles()
"""For who only looks after a directory."""


def open_directory(
    url: str,
    sealer: Sealer,
    clock: Clock,
    entropy: Entropy,
    seconds: Callable[[], float] = time.monotonic,
    profiles: Profiles = NO_DIALECT,
) -> Directory:
    """Open a directory, creating or migrating it. StartupError names the place and its fault.

    Args:
        url: `sqlite:///FOLDER/directory.sqlite` or `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.
        sealer: what second factors are sealed with.
        clock: milliseconds.
        entropy: what ids are made from.
        seconds: never goes back; what the pauses between looks for changes are measured by.
        profiles: what the dialects tell of themselves.
    """
    return Directory(Database(open_storage(url)), sealer, clock, entropy, seconds, profiles)


class Directory:
    """Reads for the service, verbs for the operator. Any method may raise Unavailable.

    Attributes:
        users, tenants, accounts, applications, clients: verbs, by noun.
        tenant_members, account_members: verbs on memberships.
        enrolments: verbs on second factors.
        factors: the port `Factors`.
        keys: the port `KeyStore`.
        marks: what is remembered of the directory as a whole.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        entropy: Entropy,
        seconds: Callable[[], float],
        profiles: Profiles,
    ) -> None:
        self.database = database
        self._records = Records(database, seconds)
        self._sign_ins = SignIns(database)
        self._networks = KnownNetworks(database, sealer)
        self._intents = Intents(database)
        self.keys: KeyStore = Keys(database)
        self.marks = Marks(database, clock)
        self.tenant_members = Memberships(
            database,
            tenant_memberships,
            tenants,
            "tenant",
            profiles.resources_in(Place.TENANT),
            clock,
        )
        self.account_members = Memberships(
            database,
            account_memberships,
            developer_accounts,
            "account",
            profiles.resources_in(Place.ACCOUNT),
            clock,
        )
        self.factors: Factors = StoredFactors(database, sealer)
        self.enrolments = Enrolments(database, sealer, entropy)
        self.users = Users(
            database,
            self.tenant_members,
            self.account_members,
            Affiliations(entropy),
            self.enrolments,
            clock,
            entropy,
        )
        self.tenants = Tenants(database, self.tenant_members)
        self.accounts = Accounts(database, self.account_members)
        self.applications = Applications(database, clock, entropy)
        self.clients = Clients(database, clock, entropy)

    @property
    def version(self) -> int:
        """Grows with every change; a record is the same object until it does."""
        return self._records.version

    def catch_up(self) -> None:
        """See what has changed here, and in other processes but for the storage's pause: half a
        second on a server, a twentieth in a file.
        """
        self._records.catch_up()

    def catch_up_now(self) -> None:
        """See every change that was committed before this call."""
        self._records.catch_up_now()

    def user(self, user_id: str) -> User | None:
        """The record, disabled or not; None when deleted or never there."""
        return self._records.user(user_id)

    def application(self, application_id: str) -> Application | None:
        """The record, disabled or not."""
        return self._records.application(application_id)

    def client(self, client_id: str) -> Client | None:
        """The record, disabled or not."""
        return self._records.client(client_id)

    def client_at_hand(self, client_id: str) -> tuple[Client, Credentials | None] | None:
        """What is remembered of a client, unless that may be older than half a second."""
        return self._records.client_at_hand(client_id)

    def tenant(self, tenant_id: int) -> Tenant | None:
        """The record."""
        return self._records.tenant(tenant_id)

    def user_by_email(self, email: str) -> User | None:
        """The record; the case of the e-mail does not matter."""
        return self._records.user_by_email(email)

    def user_credentials(self, email: str) -> Credentials | None:
        """What the password is checked against."""
        return self._sign_ins.user_credentials(email)

    def application_credentials(self, application_id: str) -> Credentials | None:
        """What the secret is checked against."""
        return self._sign_ins.application_credentials(application_id)

    def client_credentials(self, client_id: str) -> Credentials | None:
        """What the secret of a confidential client is checked against."""
        return self._records.client_credentials(client_id)

    def renew_hash(self, subject: str, old: str, new: str) -> None:
        """Replace a hash by one with newer parameters, if it is still the old one."""
        self._sign_ins.renew_hash(subject, old, new)

    def signed_in(self, user_id: str, at: int) -> int | None:
        """Record a sign-in (milliseconds) and return the one before."""
        return self._sign_ins.signed_in(user_id, at)

    def recognise(self, asked: Sequence[tuple[str, str]]) -> Sequence[Recognised]:
        """What is known of each e-mail and the network that asks for it."""
        return self._networks.recognise(asked)

    def remember_network(self, user_id: str, network: str, at: int) -> None:
        """Somebody has signed in from there (milliseconds)."""
        self._networks.remember(user_id, network, at)

    def pending(self, subject: str) -> bool:
        """Whether an intent for this subject waits to be applied, as of the last `catch_up`."""
        return self._records.pending(subject)

    def intents(self) -> Sequence[Intent]:
        """Those that wait, in the order in which they were written."""
        return self._intents.waiting()

    def settle(self, intent: Intent) -> None:
        """Forget an intent that was applied."""
        self._intents.settle(intent)

    def backup(self, path: Path) -> None:
        """Copy everything into a new file (mode 0600) while in use. StartupError for a server."""
        self.database.backup(path)

    def close(self) -> None:
        """Release everything; `catch_up_now` raises Unavailable from then on."""
        self.database.close()
