"""The service: the worker pool of each command, and the use of access tokens."""

import asyncio
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests.core.world import ADA, CALLER, JWT, OPAQUE, RESOURCES

from reticket.core.access.attempts import Admission
from reticket.core.commands import (
    Audit,
    BeginSession,
    EndSession,
    Fetch,
    FindClient,
    FindTenant,
    FindUser,
    Hash,
    Increment,
    InspectAccess,
    ListSessions,
    Now,
    OpenFactorSession,
    RandomBytes,
    ReadAccess,
    ReadRefresh,
    Refresh,
    RunInDirectory,
    SecondFactor,
    SignIn,
    SignInApplication,
    SignInClient,
    SignJwt,
)
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.fetching.fetcher import FetchLimits
from reticket.core.fetching.model import Fetched, FetchRequest
from reticket.core.messages import without_mailer
from reticket.core.model import Caller, Outcome, Selection
from reticket.core.people import Tenant
from reticket.core.ports import Event
from reticket.core.queues.batch_queue import WorkerPool
from reticket.core.queues.fair_queue import Requester
from reticket.core.queues.fair_worker_pool import FairWorkerPool
from reticket.core.service import Service
from reticket.core.service_parts import ServiceParts, WorkerPools
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.stores.memory import MemoryEphemeral

pytestmark = pytest.mark.anyio

TENANT = Tenant(1000, "Demo")
NAMES = tuple(RESOURCES)
NOBODY = Requester("", "", False)
ADMITTED = Admission(NOBODY, ())


def pool_of_this():
    return threading.current_thread().name.partition("_")[0]


class FakeAuthenticators:
    """Returns the operation, the command and the worker pool of the call."""

    def admissions(self, batch):
        return [ADMITTED for _ in batch]

    def authenticate(self, command, caller, admission):
        assert admission == ADMITTED
        return "user", command, caller, pool_of_this()

    def authenticate_application(self, command, caller, admission):
        assert admission == ADMITTED
        return "application", command, caller, pool_of_this()

    def authenticate_client(self, command, caller, admission):
        assert admission == ADMITTED
        return "client", command, caller, pool_of_this()

    def client_at_hand(self, command, caller):
        return ("at hand", pool_of_this()) if command.secret == "at hand" else None

    def known_clients(self, batch):
        return [
            ("known", command, caller, pool_of_this()) if command.secret == "known" else admitted
            for (command, caller), admitted in zip(batch, self.admissions(batch), strict=True)
        ]

    known_applications = known_clients


class Factors:
    """The same for second factors."""

    def open_session(self, command):
        return "session", command, CALLER, pool_of_this()

    def authenticate(self, command, caller):
        return "factor", command, caller, pool_of_this()


class Acceptor:
    """A service over a world; records on which worker pools the directory is read."""

    def __init__(self, world, authenticator=None, passwords=None, upkeep=None):
        self.world, self.lanes_seen, self.sign_ins = world, [], []
        authenticator = authenticator or FakeAuthenticators()
        hashes = passwords or FairWorkerPool("password", 1, 64)
        self.pools = WorkerPools(
            world.pool,
            WorkerPool("directory"),
            FairWorkerPool("callers", 1, 64),
            hashes,
            FairWorkerPool("fetches", 1, 64),
            WorkerPool("messages"),
            FairWorkerPool("handovers", 1, 64),
        )
        upkeep = upkeep or SimpleNamespace(apply_intents=lambda: None)
        people = world.people
        people.signed_in = self.signed_in
        people.tenant = lambda number: self._seen(TENANT if number == 1000 else None)
        people.user_by_name = lambda name: self._seen(ADA if name.text == ADA.email else None)
        kept, self.hasher = MemoryEphemeral(world.clock), SimpleNamespace(hash=str)
        self.service = Service(
            ServiceParts(
                RESOURCES, world.engine, authenticator, Factors(), authenticator, people,
                world.mint, self.pools, world.clock, world.store, kept, BudgetedEphemeral(kept),
                world.keys, upkeep, bytes, self.hasher, None, self.exchange, FetchLimits(), None,
                without_mailer, None,
            )
        )  # fmt: skip

    def signed_in(self, user_id, at):
        self.sign_ins.append((user_id, at))
        return self._seen(12345)

    def exchange(self, request):
        return self._seen(Fetched(200, "text/plain", request.url.encode()))

    def perform(self, command):
        return self.service.performers[type(command)](command, CALLER)

    def read(self, token, *resources):
        return self.perform(ReadAccess(resources, token))

    def _seen(self, answer):
        self.lanes_seen.append(pool_of_this())
        return answer


@pytest.fixture
def door(world):
    made = Acceptor(world)
    yield made
    made.pools.close()


async def cause_of(reading):
    with pytest.raises(Refusal) as refused:
        await reading
    assert refused.value.code is Code.INVALID_ACCESS_TOKEN
    return refused.value.cause


@pytest.mark.parametrize(
    ("command", "verb"),
    [
        (SignIn("test", ADA.email, "password"), "user"),
        (SignInApplication("test", "app", "secret"), "application"),
        (SignInClient("test", "client", "not known"), "client"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_secrets_are_checked_on_the_password_threads(door, command, verb):
    assert await door.perform(command) == (verb, command, CALLER, "password")


@pytest.mark.parametrize(
    ("command", "verb"),
    [
        (OpenFactorSession("test", ADA, 300), "session"),
        (SecondFactor("test", "session", "123456"), "factor"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_work_without_a_hash_takes_no_place_in_the_password_queue(door, command, verb):
    assert await door.perform(command) == (verb, command, CALLER, "callers")


async def test_a_jwt_is_signed_on_a_thread_with_the_time_of_the_service(door):
    door.world.mint.sign = lambda *said: (*said, pool_of_this())
    now = door.world.clock()
    command = SignJwt({"sub": ADA.id}, "RS256", "logout+jwt")
    said = {"sub": ADA.id}, "RS256", "logout+jwt", now, "callers"
    assert await door.perform(command) == said
    assert await door.perform(SignJwt({})) == ({}, None, None, now, "callers")


class Limiting(FakeAuthenticators):
    """Refuses every attempt."""

    def admissions(self, batch):
        return [Refusal(Code.TOO_MANY_ATTEMPTS, Cause.LIMITED, retry_after=7) for _ in batch]

    known_applications = known_clients = admissions


@pytest.mark.parametrize(
    "command",
    [
        SignIn("test", ADA.email, "password"),
        SignInApplication("test", "app", "secret"),
        SignInClient("test", "client", "secret"),
    ],
    ids=lambda command: type(command).__name__,
)
async def test_an_attempt_over_a_limit_takes_no_place_in_the_queue(world, command):
    pool = FairWorkerPool("password", 1, 1)
    door = Acceptor(world, Limiting(), pool)
    pool.close()
    with pytest.raises(Refusal) as refused:
        await door.perform(command)
    assert (refused.value.code, refused.value.retry_after) == (Code.TOO_MANY_ATTEMPTS, 7)


async def test_a_refusal_by_a_limit_is_delayed(world, monkeypatch):
    pool, waits = FairWorkerPool("password", 1, 1, linger=7.0), []

    async def sleep(seconds):
        waits.append(seconds)

    monkeypatch.setattr("asyncio.sleep", sleep)
    with pytest.raises(Refusal):
        await Acceptor(world, Limiting(), pool).perform(SignIn("test", ADA.email, "password"))
    assert waits == [7.0]


async def test_time_and_randomness_are_passed_in(door, world):
    assert await door.perform(Now()) == world.clock()
    assert await door.perform(RandomBytes(5)) == bytes(5)


async def test_a_client_that_is_known_waits_for_no_hash(door):
    command = SignInClient("test", "client", "at hand")
    assert (await door.perform(command))[0] == "at hand"
    command = SignInClient("test", "client", "known")
    assert await door.perform(command) == ("known", command, CALLER, "directory")


async def test_an_application_that_is_known_waits_for_no_hash(door):
    command = SignInApplication("test", "app", "known")
    assert await door.perform(command) == ("known", command, CALLER, "directory")


class Learning(FakeAuthenticators):
    """Knows a secret after its first hash, and counts the hashes."""

    def __init__(self):
        self.hashed, self.known = 0, set()

    def authenticate_application(self, command, caller, admission):
        time.sleep(0.01)
        self.hashed += 1
        self.known.add(command)
        return "hashed"

    authenticate_client = authenticate_application

    def client_at_hand(self, command, caller):
        return None

    def known_clients(self, batch):
        return [
            "known" if command in self.known else admitted
            for (command, _), admitted in zip(batch, self.admissions(batch), strict=True)
        ]

    known_applications = known_clients


@pytest.mark.parametrize("kind", [SignInApplication, SignInClient])
async def test_a_program_that_starts_many_times_at_once_is_hashed_once(world, kind):
    authenticator = Learning()
    door = Acceptor(world, authenticator, FairWorkerPool("password", 1, 1))
    started = [door.perform(kind("test", "program", "secret")) for _ in range(50)]
    answers = await asyncio.gather(*started)
    door.pools.close()
    assert (answers.count("hashed"), answers.count("known")) == (1, 49)
    assert authenticator.hashed == 1


async def test_a_cached_client_is_not_looked_up(door):
    people = door.world.people
    people.client = lambda name: ("looked up", name, pool_of_this())
    assert await door.perform(FindClient("web")) == ("looked up", "web", "directory")
    assert people.catch_ups == 1
    people.client_at_hand = lambda name: (("at hand", name), None)
    assert await door.perform(FindClient("web")) == ("at hand", "web")


async def test_a_sign_in_is_recorded_and_the_previous_one_is_returned(door):
    issued = await door.perform(BeginSession(OPAQUE.name, ADA))
    assert door.sign_ins == [(ADA.id, door.world.clock())]
    assert door.lanes_seen == ["directory"]
    assert door.world.family(issued).previous_sign_in == 12345


async def test_a_family_begins_refreshes_and_ends(door):
    issued = await door.perform(BeginSession(OPAQUE.name, ADA))
    newer = await door.perform(Refresh(OPAQUE.name, issued.refresh_token))
    assert newer.outcome is Outcome.ADVANCED
    ended = await door.perform(EndSession(OPAQUE.name, newer.refresh_token))
    assert ended.revoked_cause == "sign_out"


async def test_other_servers_are_asked_on_threads_of_their_own(door):
    fetched = await door.perform(Fetch(FetchRequest("https://app.example/keys")))
    assert fetched.body == b"https://app.example/keys"
    assert door.lanes_seen == ["fetches"]


async def test_tenants_and_users_are_looked_up_after_a_catch_up(door):
    assert await door.perform(FindTenant(1000)) is TENANT
    assert await door.perform(FindTenant(1001)) is None
    assert await door.perform(FindUser(ADA.email)) is ADA
    assert await door.perform(FindUser("nobody@example.com")) is None
    assert door.lanes_seen == ["callers"] * 4
    assert door.world.people.catch_ups == 4


@pytest.mark.parametrize("resource", [OPAQUE, JWT], ids=lambda resource: resource.name)
async def test_an_access_token_is_accepted_where_its_kind_is(door, resource):
    text = (await door.world.begin(resource, "1000")).access_token
    for names in ((resource.name,), NAMES, NAMES[::-1]):
        access, holder = await door.read(text, *names)
        assert (access.resource, access.subject, access.context) == (resource.name, ADA.id, "1000")
        assert holder is ADA
    other = next(name for name in NAMES if name != resource.name)
    assert await cause_of(door.read(text, other)) is Cause.FORGED


@pytest.mark.parametrize("names", [NAMES, NAMES[::-1]])
async def test_the_most_specific_cause_is_reported(door, names):
    issued = await door.world.begin(JWT)
    assert await cause_of(door.read(issued.refresh_token, *names)) is Cause.WRONG_USE
    assert await cause_of(door.read("x" + issued.access_token, *names)) is Cause.FORGED
    door.world.clock.forward(3601)
    assert await cause_of(door.read(issued.access_token, *names)) is Cause.EXPIRED


@pytest.mark.parametrize("resources", [(), NAMES])
async def test_an_empty_token_is_refused(door, resources):
    assert await cause_of(door.read("", *resources)) is Cause.FORGED


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"disabled": True}, Cause.DISABLED),
        ({"active": False}, Cause.INACTIVE),
        (None, Cause.SUBJECT_GONE),
    ],
)
async def test_an_access_token_is_invalid_when_its_subject_is_disabled(door, change, cause):
    issued = await door.world.begin()
    seen = door.world.people.catch_ups
    users = door.world.people.users
    users[ADA.id] = replace(ADA, **change) if change else None
    assert await cause_of(door.read(issued.access_token, *NAMES)) is cause
    assert door.world.people.catch_ups == seen + 1


async def test_a_failing_directory_is_unavailable_and_no_refusal(door, monkeypatch):
    issued = await door.world.begin()

    def broken():
        raise Unavailable("no directory")

    monkeypatch.setattr(door.world.people, "catch_up", broken)
    for command in (
        ReadAccess(NAMES, issued.access_token),
        Refresh(OPAQUE.name, issued.refresh_token),
        FindTenant(1000),
    ):
        with pytest.raises(Unavailable):
            await door.perform(command)
    monkeypatch.undo()
    assert door.world.family(issued) == issued.family


async def test_work_without_a_hash_does_not_wait_for_hashes(door):
    gate = threading.Event()
    busy = asyncio.ensure_future(door.pools.passwords.run(NOBODY, gate.wait))
    assert await door.perform(FindTenant(1000)) is TENANT
    assert (await door.world.begin()).outcome is Outcome.ADVANCED
    gate.set()
    await busy


async def test_a_hash_for_an_operator_does_not_block_the_directory(world):
    door = Acceptor(world)
    gate = threading.Event()
    door.hasher.hash = lambda secret: gate.wait() and pool_of_this()
    hashing = asyncio.ensure_future(door.perform(Hash("secret", "admin")))
    try:
        assert await door.perform(RunInDirectory(int)) == 0
    finally:
        gate.set()
    assert await hashing == "password"
    door.pools.close()


async def test_sign_ins_do_not_wait_for_entries_of_unauthenticated_callers(door):
    gate = threading.Event()
    busy = asyncio.ensure_future(door.pools.callers.run(NOBODY, gate.wait))
    waiting = [asyncio.ensure_future(door.perform(Increment(f"test:{n}", 60))) for n in range(5)]
    try:
        assert (await door.perform(SignIn("test", ADA.email, "secret")))[0] == "user"
        assert (await door.perform(BeginSession(OPAQUE.name, ADA))).access_token
    finally:
        gate.set()
        await asyncio.gather(busy, *waiting)


async def test_settled_waits_until_all_events_are_in_the_audit_log(door):
    gate = threading.Event()
    door.world.pool.submit(gate.wait)
    await door.perform(Audit(OPAQUE.name, "refused"))
    waiting = asyncio.create_task(door.service.settled())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not waiting.done()
    gate.set()
    await waiting
    assert door.world.audit.names == ["refused"]


async def test_closing_the_pools_closes_each_of_them(door):
    door.pools.close()
    for pool in (door.pools.store, door.pools.directory):
        with pytest.raises(Unavailable):
            await pool.run(int)
    with pytest.raises(Unavailable):
        await door.pools.passwords.run(NOBODY, int)
    with pytest.raises(Unavailable):
        await door.pools.callers.run(NOBODY, int)


async def test_an_event_of_a_dialect_is_audited_with_its_caller(door):
    command = Audit(OPAQUE.name, "consented", Cause.USED, ADA.id, bytes(16), {"client": "web"})
    await door.perform(command)
    await door.service.performers[Audit](Audit(OPAQUE.name, "refused"), Caller("", ""))
    await door.service.settled()
    full, bare = door.world.audit.events
    assert full == Event(
        at=door.world.clock(), event="consented", resource=OPAQUE.name, family=bytes(16).hex(),
        subject=ADA.id, cause=Cause.USED, address=CALLER.address, device=CALLER.device,
        correlation_id=CALLER.correlation_id, detail={"client": "web"},
    )  # fmt: skip
    assert bare == Event(at=door.world.clock(), event="refused", resource=OPAQUE.name)


async def test_families_are_listed(door):
    begun = [await door.world.begin() for _ in range(3)]
    page = await door.perform(ListSessions(Selection(subject=ADA.id), 2))
    assert list(page.families) == [each.family for each in begun[:2]]


async def test_the_revocations_of_a_change_are_done_before_its_answer(world):
    done = []
    upkeep = SimpleNamespace(apply_intents=lambda: done.append(pool_of_this()))
    door = Acceptor(world, upkeep=upkeep)
    answer = await door.perform(RunInDirectory(lambda: done.append(pool_of_this()) or "changed"))
    door.pools.close()
    assert (answer, done) == ("changed", ["directory", "store"])


def test_a_command_shows_no_token_in_its_repr():
    asked = [
        Refresh("test", "s3cret"), EndSession("test", "s3cret"), ReadRefresh("test", "s3cret"),
        ReadAccess(("test",), "s3cret"), InspectAccess(("test",), "s3cret", str),
    ]  # fmt: skip
    assert "s3cret" not in repr(asked)
