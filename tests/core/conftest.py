"""Fixtures for tests of core: an engine's world, and the authenticators with their parts."""

import hashlib
from collections import defaultdict
from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests.core.world import ADA, World

from reticket.core.access.attempts import Attempts
from reticket.core.access.failure_limits import FailureLimit, FailureLimits
from reticket.core.access.known_programs import KnownPrograms
from reticket.core.access.programs import ProgramAuthenticator
from reticket.core.access.second_factor import SecondFactorAuthenticator
from reticket.core.access.secret_check import SecretCheck
from reticket.core.access.sign_in import UserAuthenticator
from reticket.core.access.sign_in_context import SignInContexts
from reticket.core.people import MOST_FAILURES, Application, Credentials, Factor
from reticket.core.ports import Recognised
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.stores.memory import MemoryEphemeral
from reticket.testing import FakeClock

PASSWORD, SECRET, NEW = "correct horse", "app-secret", "new:"
APP = Application("shop.app", None, False)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def world():
    made = World()
    yield made
    made.close()


class Hasher:
    """A hash is the secret behind a prefix; every verification is counted."""

    def __init__(self):
        self.verified = []

    def hash(self, secret):
        return NEW + secret

    def verify(self, secret_hash, secret):
        self.verified.append(secret_hash)
        return secret_hash.partition(":")[2] == secret

    def is_old(self, secret_hash):
        return secret_hash.startswith(("old:", "cut:"))

    def counts_whole(self, secret_hash, secret):
        return not secret_hash.startswith("cut:")

    def absent(self):
        return "absent:nobody knows"


class Codes:
    """The code is the secret and the step, which changes every thirty seconds."""

    def match(self, secret, otp, now):
        step = now // 30_000
        return step if otp == f"{secret.decode()}{step}" else None


class Verified:
    def __init__(self):
        self.known = set()

    def knows(self, *triple):
        return triple in self.known

    def remember(self, *triple):
        self.known.add(triple)


def named(text):
    """The keyed digest that a directory makes."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class People:
    def __init__(self):
        self.users = {ADA.id: ADA}
        self.applications = {APP.id: APP}
        self.hashes = {ADA.id: NEW + PASSWORD, APP.id: NEW + SECRET}
        self.catch_ups, self.networks = 0, set()

    def catch_up(self):
        self.catch_ups += 1

    catch_up_now = catch_up

    def user(self, user_id):
        return self.users.get(user_id)

    def application(self, application_id):
        return self.applications.get(application_id)

    def user_credentials(self, name):
        is_hers = (name.realm, name.text.casefold()) == (ADA.realm, ADA.email)
        return self._credentials(ADA.id) if is_hers else None

    def user_by_name(self, name):
        named = (user for user in self.users.values() if (user.realm, user.email) == name)
        return next(named, None)

    def replace_password(self, user_id, secret_hash, version):
        user = self.users[user_id]
        if user.credential_version != version:
            return False
        self.users[user_id] = replace(user, credential_version=version + 1)
        self.hashes[user_id] = secret_hash
        return True

    def recover_factor(self, user_id):
        self.users[user_id] = replace(self.users[user_id], factor_missing=False)

    def application_credentials(self, application_id):
        return self._credentials(application_id)

    def recognise(self, asked):
        people = {(user.realm, user.email): user for user in self.users.values() if user}
        names = [(name.realm, name.text.casefold()) for name, _ in asked]
        found = [(name, people.get(name), at) for name, (_, at) in zip(names, asked, strict=True)]
        return [
            Recognised(
                named(f"{user.id}:{user.credential_version}" if user else ":".join(name)),
                user is not None,
                user is not None and (user.id, network) in self.networks,
            )
            for name, user, network in found
        ]

    def remember_network(self, user_id, network, at):
        self.networks.add((user_id, network))

    def renew_hash(self, subject, old, new):
        assert self.hashes[subject] == old
        self.hashes[subject] = new

    def _credentials(self, subject):
        stored = self.hashes.get(subject)
        record = self.users.get(subject) or self.applications.get(subject)
        version = record.credential_version if record else 0
        return Credentials(subject, False, True, stored, version) if stored else None


class Factors:
    """One factor each, in the memory of one process."""

    def __init__(self):
        self.secrets, self.steps, self.failures = {ADA.id: b"totp"}, {}, defaultdict(int)
        self.codes = {ADA.id: {"40718952261183460357", "11112222333344445555"}}

    def factor(self, user_id):
        secret = self.secrets.get(user_id)
        return secret and Factor(secret, self.failures[user_id])

    def may_pass(self, user_id, step):
        return self.failures[user_id] < MOST_FAILURES and self.steps.get(user_id, -1) < step

    def has_code(self, user_id, code):
        return self.failures[user_id] < MOST_FAILURES and code in self.codes.get(user_id, ())

    def pass_step(self, user_id, step):
        if not self.may_pass(user_id, step):
            return False
        self.steps[user_id], self.failures[user_id] = step, 0
        return True

    def spend_code(self, user_id, code):
        if not self.has_code(user_id, code):
            return None
        left = self.codes[user_id]
        left.remove(code)
        self.failures[user_id] = 0
        return len(left)

    def fail(self, user_id):
        if user_id in self.secrets:
            self.failures[user_id] += 1
        return self.failures[user_id]


@pytest.fixture
def harness():
    return new_harness()


def new_harness():
    """The authenticators of users and programs, with their parts in memory."""
    clock, events, numbers = FakeClock(), [], iter(range(1000))
    around = SimpleNamespace(
        clock=clock, events=events, people=People(), hasher=Hasher(), verified=Verified(),
        ephemeral=BudgetedEphemeral(MemoryEphemeral(clock)),
    )  # fmt: skip
    limits = FailureLimits(
        FailureLimit(3, 60), FailureLimit(12, 600), FailureLimit(6, 60), FailureLimit(9, 60),
        FailureLimit(6, 60),
    )  # fmt: skip
    secrets = SecretCheck(around.people, around.hasher, around.verified)
    around.attempts = Attempts(around.ephemeral, events.append, clock)
    contexts = SignInContexts(around.people, around.attempts, limits, clock)
    around.authenticator = UserAuthenticator(around.people, secrets, around.attempts, contexts)
    around.factors, around.otp = Factors(), Codes()
    around.second = SecondFactorAuthenticator(
        around.people, around.factors, around.ephemeral, around.otp, around.attempts, contexts,
        events.append, clock, lambda size: next(numbers).to_bytes(size, "big"),
    )  # fmt: skip
    around.another_process = lambda: ProgramAuthenticator(
        around.people,
        secrets,
        around.attempts,
        limits,
        KnownPrograms(around.ephemeral, around.clock),
    )
    around.programs = around.another_process()
    return around
