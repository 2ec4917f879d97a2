"""The directory as other packages see it: the port `Directory`, and the operator's operations.

Composes the other modules of this package and owns nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from reticket.core.model import Place
from reticket.core.ports import Clock, Entropy, Factors
from reticket.core.profiles import NO_DIALECT, Profiles
from reticket.core.tokens.keys import KeyStore
from reticket.directory.adoption.adoptions import Adoptions
from reticket.directory.adoption.ends import UnadoptedEnds
from reticket.directory.adoption.people import AdoptedPeople
from reticket.directory.arrivals.changes import PeopleVerbs
from reticket.directory.arrivals.writer import Arrivals
from reticket.directory.engines import open_storage
from reticket.directory.engines.database import Database
from reticket.directory.intents import Intents
from reticket.directory.keys import Keys
from reticket.directory.marks import Marks
from reticket.directory.parts import PartsWriter, prepare
from reticket.directory.people.consents import Consents
from reticket.directory.people.emails import Emails
from reticket.directory.people.enrolments import Enrolments
from reticket.directory.people.factors import Factors as StoredFactors
from reticket.directory.people.foreign_ids import ForeignIds
from reticket.directory.people.former_names import FormerNames
from reticket.directory.people.handed_over import HandedOverPeople
from reticket.directory.people.hash_configs import HashConfigs
from reticket.directory.people.memberships import Memberships
from reticket.directory.people.networks import KnownNetworks
from reticket.directory.people.realm_writer import RealmWriter
from reticket.directory.people.second_factor import Sealer
from reticket.directory.people.sign_ins import SignIns
from reticket.directory.people.stored_hashes import StoredHashes
from reticket.directory.people.users import Users
from reticket.directory.programs.applications import Applications
from reticket.directory.programs.clients import Clients
from reticket.directory.programs.logouts import Logouts
from reticket.directory.programs.origins import Origins
from reticket.directory.records import Records
from reticket.directory.tables import (
    account_memberships,
    application_parts,
    developer_accounts,
    profile_parts,
    tenant_memberships,
    tenant_parts,
    tenants,
)
from reticket.directory.tenants.accounts import Accounts
from reticket.directory.tenants.tenants import Tenants


def open_directory(
    url: str,
    sealer: Sealer,
    clock: Clock,
    entropy: Entropy,
    seconds: Callable[[], float] = time.monotonic,
    profiles: Profiles = NO_DIALECT,
) -> Directory:
    """Open a directory; it is created or migrated. StartupError names the place and its fault.

    Args:
        url: `sqlite:///FOLDER/directory.sqlite` or `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.
        sealer: encrypts second factors.
        clock: milliseconds.
        entropy: for ids.
        seconds: a monotonic clock, for the pauses between checks for changes.
        profiles: what the dialects declare.
    """
    return Directory(Database(open_storage(url)), sealer, clock, entropy, seconds, profiles)


class Directory:
    """Reads for the service, operations for the operator. Any of it may raise Unavailable.

    The service's reads are the port `Directory`, whose functions are those of the records, the
    sign-ins, the networks and the intents.

    Attributes:
        users, tenants, accounts, applications, clients: operations, by noun.
        tenant_members, account_members: operations on memberships.
        enrolments: operations on second factors.
        arrivals: imports of many people.
        foreign_ids: the ids of people in other systems.
        adoptions: operations on other systems whose sessions go on here.
        unadopted: the port `Unadopted`.
        adopted_people: the port `AdoptedPeople`.
        consents: the port `Consents`.
        hash_configs: what forms of hashes of other systems need.
        stored_hashes: the password hashes of all people.
        logouts: the port `Logouts`.
        factors: the port `Factors`.
        handed_over: the port `HandedOverPeople`.
        keys: the port `KeyStore`.
        marks: facts about the directory as a whole.
        profiles: what the dialects declare.
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
        self.profiles = profiles
        prepare((*profiles.people, *profiles.tenants, *profiles.programs))
        self._records = Records(database, seconds, profiles)
        self.keys: KeyStore = Keys(database)
        self.marks = Marks(database, clock)
        realms, former = RealmWriter(profiles.realms), FormerNames(sealer, clock)
        self.tenant_members = Memberships(
            database,
            tenant_memberships,
            tenants,
            Place.TENANT,
            "tenants",
            profiles.resources_in(Place.TENANT),
            profiles.beside_places,
            realms,
            clock,
        )
        self.account_members = Memberships(
            database,
            account_memberships,
            developer_accounts,
            Place.ACCOUNT,
            "developer_accounts",
            profiles.resources_in(Place.ACCOUNT),
            profiles.beside_places,
            realms,
            clock,
        )
        self.consents = Consents(database, clock)
        self.logouts = Logouts(database)
        self.factors: Factors = StoredFactors(database, sealer)
        self.enrolments = Enrolments(database, sealer, entropy)
        self.users = Users(
            database,
            self.tenant_members,
            self.account_members,
            PartsWriter(profile_parts, profiles.separate, clock, entropy),
            self.enrolments,
            realms,
            former,
            clock,
            entropy,
        )
        self.handed_over = HandedOverPeople(database, self.users, former)
        places = {"tenants": self.tenant_members, "developer_accounts": self.account_members}
        verbs = PeopleVerbs(self.users, self.enrolments, places)
        self.arrivals = Arrivals(database, profiles, realms, sealer, verbs, clock, entropy)
        self.emails = Emails(database)
        self.hash_configs = HashConfigs(database, sealer)
        self.stored_hashes = StoredHashes(database)
        self.foreign_ids = ForeignIds(database)
        self.user_id_of = self.foreign_ids.user_id_of
        self.adoptions = Adoptions(database, sealer, clock)
        self.unadopted = UnadoptedEnds(database, clock)
        self.tenants = Tenants(
            database,
            self.tenant_members,
            PartsWriter(tenant_parts, profiles.tenants, clock, entropy),
        )
        self.accounts = Accounts(database, self.account_members)
        self.applications = Applications(
            database,
            PartsWriter(application_parts, profiles.programs, clock, entropy),
            profiles.programs,
            clock,
            entropy,
        )
        self.clients = Clients(database, profiles, clock, entropy)
        self._offer_records(self._records)
        self.adopted_people = AdoptedPeople(database, self.user_id_of, self._records.user_by_email)
        self.has_origin = Origins(database, lambda: self.version, seconds).has_origin
        self._offer_sign_ins(SignIns(database), KnownNetworks(database, sealer))
        intents = Intents(database)
        self.intents, self.settle = intents.waiting, intents.settle
        self.backup, self.close = database.backup, database.close

    def _offer_records(self, records: Records) -> None:
        self.catch_up, self.catch_up_now = records.catch_up, records.catch_up_now
        self.user, self.user_by_email = records.user, records.user_by_email
        self.user_by_short_id = records.user_by_short_id
        self.user_by_name, self.user_by_number = records.user_by_name, records.user_by_number
        self.application, self.tenant = records.application, records.tenant
        self.client, self.client_at_hand = records.client, records.client_at_hand
        self.client_credentials = records.client_credentials
        self.pending, self.person_there = records.pending, records.person_there

    def _offer_sign_ins(self, sign_ins: SignIns, networks: KnownNetworks) -> None:
        self.user_credentials = sign_ins.user_credentials
        self.application_credentials = sign_ins.application_credentials
        self.renew_hash, self.signed_in = sign_ins.renew_hash, sign_ins.signed_in
        self.sign_up, self.replace_password = self.users.sign_up, self.users.replace_password
        self.recover_factor = self.enrolments.recover
        self.recognise, self.remember_network = networks.recognise, networks.remember

    @property
    def version(self) -> int:
        """Grows with every change; a record is the same object until it does."""
        return self._records.version
