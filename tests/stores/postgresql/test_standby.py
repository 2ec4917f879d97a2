"""A revocation is acknowledged when a standby has it, and not before."""

import threading

import pytest
from tests.torture.postgresql import PostgreSQL

from reticket.core.errors import Unavailable
from reticket.core.model import Outcome, Selection
from reticket.stores.postgresql import open_store
from reticket.testing import FakeClock
from reticket.testing.store_contract import Presenting, family_of
from reticket.testing.waiting import until

LONELY = """
synchronous_standby_names = 'nobody'
synchronous_commit = local
"""
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
COMMITTING = "SELECT pid FROM pg_stat_activity WHERE pid = {} AND xact_start IS NOT NULL"


@pytest.fixture(scope="module")
def server():
    with PostgreSQL.fresh(LONELY) as running:
        yield running


@pytest.fixture
def store(server):
    def open_with(patience):
        store, ephemeral = open_store(server.url, FakeClock(), patience)
        opened.extend([store, ephemeral])
        return store

    opened = []
    yield open_with
    for each in opened:
        each.close()


def let_go(server):
    """End the wait for the standby, as an operator does, and let the commit come to its end: what
    it has written is not visible before.
    """
    until(lambda: server.run(WAITING), "a commit that waits for the standby")
    for (pid,) in server.run(WAITING):
        server.run(f"SELECT pg_cancel_backend({pid})")
        until(lambda pid=pid: not server.run(COMMITTING.format(pid)), "the end of the commit")


def test_a_revocation_that_a_standby_lacks_is_not_acknowledged(server, store):
    hasty, patient = store(1.0), store(10.0)
    family = family_of(3)
    ended = family._replace(revoked_at=7, revoked_cause="reuse")
    patient.create([family])
    assert patient.transact([(family.id, Presenting(family.id, 1))]) == [(Outcome.ADVANCED, 2)]
    with pytest.raises(Unavailable):
        hasty.transact([(family.id, lambda row, now: (ended, None))])
    let_go(server)


def test_a_repeated_revocation_is_not_acknowledged_without_the_standby(server, store):
    hasty, patient = store(1.0), store(10.0)
    family = family_of(1)
    patient.create([family])
    with pytest.raises(Unavailable):
        hasty.revoke(Selection(family=family.id), "operator")
    let_go(server)
    assert patient.find(family.id).revoked_cause == "operator"
    with pytest.raises(Unavailable):
        hasty.revoke(Selection(family=family.id), "operator")
    let_go(server)
    assert patient.find(family.id).revoked_cause == "operator"


def test_a_wait_that_was_cancelled_acknowledges_nothing(server, store):
    patient = store(10.0)
    family = family_of(2)
    patient.create([family])
    canceller = threading.Thread(target=let_go, args=(server,))
    canceller.start()
    with pytest.raises(Unavailable, match="standby"):
        patient.revoke(Selection(family=family.id), "operator")
    canceller.join()
    assert patient.find(family.id).revoked_cause == "operator"
