"""A locked, full, closed or damaged database: every operation raises Unavailable."""

from __future__ import annotations

import pytest

from reticket.core.errors import Unavailable
from reticket.core.model import Selection
from reticket.core.people import DeveloperAccount
from reticket.core.ports import Intent
from reticket.core.realms import usual
from reticket.core.tokens.keys import SealedKey
from reticket.directory.drafts import ApplicationDraft, TenantDraft, UserDraft
from reticket.directory.seed import DEMO, load_seed

ADA = "ada@example.com"
KEY = SealedKey("0a0b0c0d", "mac", "HMAC-SHA256", 1, "active", 1, 1, None, b"", b"sealed!")
APP = ApplicationDraft("x")

READS = {
    "user": lambda d: d.user("x"),
    "user_by_email": lambda d: d.user_by_email(ADA),
    "application": lambda d: d.application("x"),
    "tenant": lambda d: d.tenant(1),
    "user_credentials": lambda d: d.user_credentials(usual(ADA)),
    "application_credentials": lambda d: d.application_credentials("x"),
    "factors.factor": lambda d: d.factors.factor("x"),
    "factors.may_pass": lambda d: d.factors.may_pass("x", 1),
    "factors.has_code": lambda d: d.factors.has_code("x", "secret!"),
    "enrolments.locked": lambda d: d.enrolments.locked(),
    "enrolments.standing": lambda d: d.enrolments.standing(ADA),
    "recognise": lambda d: d.recognise([(usual(ADA), "192.0.2.1")]),
    "remember_network": lambda d: d.remember_network("x", "192.0.2.1", 1),
    "intents": lambda d: d.intents(),
    "keys": lambda d: d.keys.keys(),
    "users.page": lambda d: d.users.page(),
    "tenants.page": lambda d: d.tenants.page(),
    "accounts.page": lambda d: d.accounts.page(),
    "applications.page": lambda d: d.applications.page(),
    "clients.page": lambda d: d.clients.page(),
}
WRITES = {
    "renew_hash": lambda d: d.renew_hash("x", "secret!", "secret!"),
    "signed_in": lambda d: d.signed_in("x", 1),
    "settle": lambda d: d.settle(Intent(1, Selection(), "x")),
    "keys.add": lambda d: d.keys.add(KEY),
    "keys.update": lambda d: d.keys.update([KEY], ()),
    "factors.pass_step": lambda d: d.factors.pass_step("x", 1),
    "factors.spend_code": lambda d: d.factors.spend_code("x", "secret!"),
    "factors.fail": lambda d: d.factors.fail("x"),
    "enrolments.begin": lambda d: d.enrolments.begin(ADA),
    "enrolments.confirm": lambda d: d.enrolments.confirm(ADA, lambda secret: 1),
    "enrolments.set": lambda d: d.enrolments.set(ADA, b"secret!"),
    "enrolments.renew_codes": lambda d: d.enrolments.renew_codes(ADA),
    "enrolments.unlock": lambda d: d.enrolments.unlock(ADA),
    "enrolments.remove": lambda d: d.enrolments.remove(ADA),
    "users.add": lambda d: d.users.add(UserDraft("x@y"), "secret!"),
    "users.set_password": lambda d: d.users.set_password(ADA, "secret!"),
    "users.set_email": lambda d: d.users.set_email(ADA, "x@y"),
    "users.disable": lambda d: d.users.disable(ADA),
    "users.enable": lambda d: d.users.enable(ADA),
    "users.delete": lambda d: d.users.delete(ADA),
    "tenant_members.grant": lambda d: d.tenant_members.grant(ADA, 1002, [1]),
    "tenant_members.remove": lambda d: d.tenant_members.remove(ADA, 1000),
    "tenants.add": lambda d: d.tenants.add(TenantDraft(5)),
    "tenants.remove": lambda d: d.tenants.remove(1001),
    "accounts.add": lambda d: d.accounts.add(DeveloperAccount(5, None)),
    "accounts.remove": lambda d: d.accounts.remove(77),
    "applications.add": lambda d: d.applications.add(APP, "secret!"),
    "applications.disable": lambda d: d.applications.disable("x"),
    "applications.enable": lambda d: d.applications.enable("x"),
    "applications.rotate_secret": lambda d: d.applications.rotate_secret("x", "secret!"),
    "applications.remove": lambda d: d.applications.remove("x"),
}
EVERYTHING = READS | WRITES


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("reticket.directory.engines.sqlite.BUSY_MS", 1)
    monkeypatch.setattr("reticket.directory.engines.postgresql_server.PATIENCE", 0.05)


@pytest.fixture
def without_tables(engine, directory, holder):
    engine.hide_tables(holder)
    yield directory
    engine.show_tables(holder)


@pytest.mark.parametrize("verb", WRITES.values(), ids=WRITES.keys())
def test_a_locked_database_is_unavailable(impatient, engine, directory, holder, verb):
    holder.execute(engine.lock)
    with pytest.raises(Unavailable, match=f"cannot answer: {engine.locked}"):
        verb(directory)


def test_a_lock_does_not_block_readers_and_writes_work_afterwards(
    impatient, engine, directory, holder, hasher, seed_file
):
    load_seed(DEMO, directory, hasher)
    holder.execute(engine.lock)
    directory.catch_up()
    user = directory.user_by_email(ADA)
    with pytest.raises(Unavailable):
        directory.users.disable(ADA)
    assert not load_seed(DEMO, directory, hasher)
    with pytest.raises(Unavailable):
        load_seed(seed_file("tenants: [{id: 5}]"), directory, hasher)
    assert directory.user(user.id) is user
    holder.execute("ROLLBACK")
    directory.users.disable(ADA)
    directory.catch_up()
    assert directory.user(user.id).disabled


@pytest.mark.parametrize("verb", EVERYTHING.values(), ids=EVERYTHING.keys())
def test_missing_tables_are_unavailable(without_tables, verb):
    with pytest.raises(Unavailable) as raised:
        verb(without_tables)
    assert "secret!" not in f"{raised.value!r} {raised.value.__cause__!r} {raised.value.__cause__}"


def test_a_closed_directory_cannot_catch_up(directory):
    directory.close()
    with pytest.raises(Unavailable, match="closed database"):
        directory.catch_up()


def test_a_catch_up_that_cannot_read_is_unavailable(directory, other, holder):
    other.tenants.add(TenantDraft(5))
    holder.execute("ALTER TABLE directory_version RENAME TO elsewhere")
    with pytest.raises(Unavailable):
        directory.catch_up()
    holder.execute("ALTER TABLE elsewhere RENAME TO directory_version")
    directory.catch_up()
    assert directory.version == other.version + 1


def test_no_free_short_id_is_unavailable(directory):
    directory.users._entropy = lambda size: bytes(size)
    directory.users.add(UserDraft("a@b"), "hash")
    with pytest.raises(Unavailable):
        directory.users.add(UserDraft("c@d"), "hash")
