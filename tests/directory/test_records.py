"""Records stay the same objects until something changes, and then tell the change."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from reticket.core.people import DeveloperAccount, Tenant
from reticket.core.realms import usual
from reticket.core.tokens.keys import SealedKey
from reticket.dialects.kibo import PERSON
from reticket.directory.drafts import ApplicationDraft, ClientDraft, TenantDraft, UserDraft

ADA = "ada@example.com"
APP = "ns.app.1.0.0.Release"
KEY = SealedKey("0a0b0c0d", "mac", "HMAC-SHA256", 1, "active", 1, 1, None, b"", b"sealed")
PLAIN = TenantDraft(5)


def id_of_ada(directory):
    return directory.user_by_email(ADA).id


VERBS = {
    "users.add": lambda d: d.users.add(UserDraft("x@y"), "hash"),
    "users.set_password": lambda d: d.users.set_password(ADA, "hash"),
    "users.replace_password": lambda d: d.users.replace_password(id_of_ada(d), "hash", 1),
    "users.set_email": lambda d: d.users.set_email(ADA, "x@y"),
    "users.change": lambda d: d.users.change(ADA, {"first_name": "A."}),
    "users.disable": lambda d: d.users.disable(ADA),
    "users.enable": lambda d: d.users.enable(ADA),
    "users.delete": lambda d: d.users.delete(ADA),
    "clients.add": lambda d: d.clients.add(ClientDraft("new", False, {}), None),
    "clients.rotate_secret": lambda d: d.clients.rotate_secret("backend", "hash"),
    "clients.register": lambda d: d.clients.register("backend", {}),
    "clients.disable": lambda d: d.clients.disable("backend"),
    "clients.enable": lambda d: d.clients.enable("backend"),
    "clients.remove": lambda d: d.clients.remove("backend"),
    "tenant_members.grant": lambda d: d.tenant_members.grant(ADA, 1002, [1]),
    "tenant_members.remove": lambda d: d.tenant_members.remove(ADA, 1000),
    "account_members.grant": lambda d: d.account_members.grant(ADA, 77, [1]),
    "account_members.remove": lambda d: d.account_members.remove(ADA, 77),
    "tenants.add": lambda d: d.tenants.add(PLAIN),
    "tenants.remove": lambda d: d.tenants.remove(1001),
    "accounts.add": lambda d: d.accounts.add(DeveloperAccount(5, None)),
    "accounts.remove": lambda d: d.accounts.remove(77),
    "applications.add": lambda d: d.applications.add(ApplicationDraft("x"), "h"),
    "applications.disable": lambda d: d.applications.disable(APP),
    "applications.enable": lambda d: d.applications.enable(APP),
    "applications.rotate_secret": lambda d: d.applications.rotate_secret(APP, "hash"),
    "applications.remove": lambda d: d.applications.remove(APP),
    "keys.add": lambda d: d.keys.add(KEY),
    "keys.update": lambda d: d.keys.update([KEY], ()),
}


@pytest.fixture
def demo(directory, demo_rows):
    demo_rows.put_into(directory)
    return directory


@pytest.fixture
def ada(demo):
    return demo.user_by_email(ADA)


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())
@pytest.mark.parametrize("process", ["this", "other"])
def test_every_change_is_seen(demo, ada, other, verb, process):
    version = demo.version
    verb(demo if process == "this" else other)
    assert demo.user(ada.id) is ada
    demo.catch_up()
    assert demo.version > version
    assert demo.user(ada.id) is not ada


def test_every_directory_operation_is_tested(demo):
    nouns = ("users", "tenants", "accounts", "applications", "tenant_members", "account_members")
    others = (
        "insert", "apply", "replace", "replace_hash", "follow_block", "remove_place", "page",
        "keys", "groups", "realms", "sign_up", "without_password",
    )  # fmt: skip
    verbs = {
        f"{noun}.{verb}"
        for noun in (*nouns, "clients", "keys")
        for verb in dir(getattr(demo, noun))
        if not verb.startswith("_") and verb not in others
    }
    assert verbs == VERBS.keys()


def test_an_unchanged_record_stays_the_same_object(demo, ada, other):
    tenant, application = demo.tenant(1000), demo.application(APP)
    other.signed_in(ada.id, 5)
    other.renew_hash(ada.id, other.user_credentials(usual(ADA)).secret_hash, "new")
    demo.catch_up()
    assert demo.user(ada.id) is ada is demo.user_by_email(ADA.upper())
    assert demo.tenant(1000) is tenant is ada.tenants[0]
    assert demo.application(APP) is application


def test_users_share_their_tenants_records(demo, ada):
    alan = demo.user_by_email("alan@example.com")
    assert alan.tenants[0] is ada.tenants[0]


def test_cached_reads_and_catch_ups_without_changes_read_no_table(demo, ada, monkeypatch):
    demo.tenant(1000), demo.application(APP)
    monkeypatch.setattr(type(demo.database), "read", None)
    for _ in range(3):
        demo.catch_up()
    assert demo.user(ada.id) is ada
    assert demo.tenant(1000)
    assert demo.application(APP)
    assert not demo.pending(ada.id)


def test_absence_is_not_remembered(demo, other):
    assert demo.tenant(5) is None
    assert demo.application("x") is None
    other.tenants.add(PLAIN)
    other.applications.add(ApplicationDraft("x", frozenset({5})), "hash")
    assert demo.tenant(5) == Tenant(5, None)
    assert demo.application("x").tenants == {5}


def test_an_impossible_name_is_absent(demo):
    assert demo.user("\ud800") is None
    assert demo.user_by_email("\ud800@example.com") is None
    assert demo.user_credentials(usual("\ud800@example.com")) is None
    assert demo.application("\ud800") is None
    assert demo.application_credentials("\udfff") is None
    assert demo.tenant(10**30) is None
    assert demo.factors.factor("\ud800") is None


@pytest.mark.parametrize(
    ("read", "change"),
    [
        (lambda d, ada: d.user(ada.id), VERBS["users.set_password"]),
        (lambda d, ada: d.application(APP), VERBS["applications.rotate_secret"]),
    ],
    ids=["user", "application"],
)
def test_no_record_is_newer_than_the_intents_that_were_seen(demo, ada, other, read, change):
    """It is read for the first time after a change that this process has not seen."""
    change(other)
    demo._records._snapshot.users.clear()
    record = read(demo, ada)
    assert record.credential_version == read(other, ada).credential_version
    assert demo.pending(record.id)


def test_a_read_that_began_before_a_change_is_not_cached(demo, ada, other, monkeypatch):
    """The reader found its snapshot, a change and a catch-up came between, then it read."""
    records = demo._records
    before = records._snapshot
    before.users.clear()
    other.users.disable(ADA)
    demo.catch_up()
    stale = demo.database.find(before.read_user, ada.id)
    assert stale.disabled
    assert ada.id not in records._snapshot.users


def test_the_first_of_two_parallel_first_reads_is_cached(demo, ada):
    snapshot = demo._records._snapshot
    snapshot.users.clear()
    first, second = (demo.database.find(snapshot.read_user, ada.id) for _ in range(2))
    assert first is second is demo.user(ada.id)


def test_threads_get_one_record(demo, ada):
    demo._records._snapshot.users.clear()
    barrier, found = threading.Barrier(8), []

    def read():
        barrier.wait()
        for _ in range(20):
            demo.catch_up()
            found.append(demo.user(ada.id))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 160
    assert {id(record) for record in found} == {id(found[0])}


def test_threads_read_while_others_write(demo, ada, other):
    stop, faults = threading.Event(), []

    def read():
        while not stop.is_set():
            demo.catch_up()
            record = demo.user(ada.id)
            if PERSON.of(record).tenants[1000] not in ((1, 2, 17), (1,), (2,)):
                faults.append(record)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(20):
        other.tenant_members.grant(ADA, 1000, [1 + turn % 2])
    stop.set()
    for thread in threads:
        thread.join()
    demo.catch_up()
    assert not faults
    assert PERSON.of(demo.user(ada.id)).tenants[1000] == (2,)


def test_a_failed_catch_up_is_completed_by_the_next(demo, ada, other, monkeypatch):
    other.users.disable(ADA)
    with monkeypatch.context() as patch:
        patch.setattr(type(demo.database), "read", None)
        with pytest.raises(TypeError):
            demo.catch_up()
    demo.catch_up()
    assert demo.user(ada.id).disabled


def test_a_read_sees_one_state(demo, ada, other):
    with demo.database.read() as connection:
        before = demo._records._snapshot.read_user(connection, ada.id)
        other.users.disable(ADA)
        other.tenant_members.remove(ADA, 1000)
        demo._records._snapshot.users.clear()
        assert demo._records._snapshot.read_user(connection, ada.id) == before


PROGRAM_ID = "ns.program.1.0.0.Release"


class OfApplications:
    """The verbs of a program, by the names that these tests have for them."""

    def __init__(self, directory):
        self.verbs, self.read = directory.applications, directory.application
        self.credentials = directory.application_credentials

    def add(self):
        self.verbs.add(ApplicationDraft(PROGRAM_ID), "hash")


class OfClients(OfApplications):
    def __init__(self, directory):
        self.verbs, self.read = directory.clients, directory.client
        self.credentials = directory.client_credentials

    def add(self):
        self.verbs.add(ClientDraft(PROGRAM_ID, False, {}), "hash")


@pytest.fixture(params=[OfApplications, OfClients])
def program(request, directory):
    made = request.param(directory)
    made.add()
    return made


@pytest.fixture
def version_of(directory):
    def version(program):
        directory.catch_up_now()
        return program.read(PROGRAM_ID).credential_version

    return version


def test_a_program_with_another_secret_has_another_version(program, version_of):
    before = version_of(program)
    assert version_of(program) == before
    program.verbs.rotate_secret(PROGRAM_ID, "another hash")
    assert version_of(program) != before


def test_a_secret_hash_has_the_version_of_its_record(program, version_of):
    assert program.credentials(PROGRAM_ID).version == version_of(program)
    program.verbs.rotate_secret(PROGRAM_ID, "another hash")
    assert version_of(program) == program.credentials(PROGRAM_ID).version


def test_a_renewed_hash_changes_no_version(program, directory, version_of):
    before = version_of(program)
    directory.renew_hash(PROGRAM_ID, "hash", "newer")
    directory.clients.add(ClientDraft("other", False, {}), None)  # records are read anew
    assert program.credentials(PROGRAM_ID).secret_hash == "newer"
    assert version_of(program) == before


def test_a_client_with_other_keys_has_another_version(directory):
    directory.clients.add(ClientDraft("keyed", False, {"jwks": {"keys": [1]}}), None)

    def registered(**said):
        directory.clients.register("keyed", said)
        directory.catch_up_now()
        return directory.client("keyed").credential_version

    same = [registered(jwks={"keys": [1]}, name=name) for name in ("a", "b")]
    assert same[0] == same[1] == registered(jwks={"keys": [1]})
    assert registered(jwks={"keys": [2]}) != same[0]
    assert registered(jwks={"keys": [1]}, jwks_uri="https://a.example") != same[0]
    by_secret = {"token_endpoint_auth_method": "client_secret_basic"}
    beside = registered(jwks={"keys": [1]}, **by_secret)
    assert beside not in same
    assert registered(jwks={"keys": [2]}, **by_secret) == beside


def test_a_program_that_is_registered_again_has_another_version(program, version_of):
    before = version_of(program)
    program.verbs.remove(PROGRAM_ID)
    program.add()
    assert version_of(program) != before


def test_a_public_client_that_is_registered_again_has_another_version(directory):
    versions = set()
    for _ in range(2):
        directory.clients.add(ClientDraft("spa", False, {}), None)
        versions.add(directory.client("spa").credential_version)
        directory.clients.remove("spa")
        directory.catch_up_now()
    assert len(versions) == 2


def test_the_version_of_an_older_record_does_not_change_with_a_renewed_hash(
    program, directory, version_of
):
    with directory.database.change() as connection:
        for table in ("applications", "oauth_clients"):
            connection.execute(text(f"UPDATE {table} SET credential_version = NULL"))
    before = version_of(program)
    directory.renew_hash(PROGRAM_ID, "hash", "newer")
    directory.clients.add(ClientDraft("other", False, {}), None)
    assert version_of(program) == before > 0
    program.verbs.rotate_secret(PROGRAM_ID, "another hash")
    assert version_of(program) != before
