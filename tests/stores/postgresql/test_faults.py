"""Faults of PostgreSQL: no token is refused, and the next call works."""

import os
import signal
import threading

import pytest
from psycopg import errors

from reticket.core.errors import Unavailable
from reticket.core.model import Outcome
from reticket.stores.postgresql import connections
from reticket.stores.postgresql.connections import Pool
from reticket.stores.postgresql.families import PostgresqlStore
from reticket.testing.store_contract import Presenting, family_of, until_unlocked
from reticket.testing.waiting import until

OTHERS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
SHORT_OF_RESOURCES = [
    errors.DiskFull, errors.OutOfMemory, errors.TooManyConnections, errors.InsufficientResources,
    errors.ConfigurationLimitExceeded,
]  # fmt: skip
KILL = OTHERS.replace("count(*)", "count(pg_terminate_backend(pid, 1000))")


def test_connections_that_were_lost_while_idle_are_not_used(database, store):
    family = family_of(1)
    store.create([family])
    start = threading.Barrier(4)

    def looking():
        with store._pool.transaction() as transaction:
            transaction.fetch("SELECT 1")
            start.wait()

    threads = [threading.Thread(target=looking) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.value(KILL) == 4
    assert store.transact([(family.id, Presenting(family.id, 1))]) == [(Outcome.ADVANCED, 2)]


def test_a_connection_that_dies_in_a_batch_leaves_nothing(database, store):
    one, other = family_of(1), family_of(2)
    store.create([one, other])

    def killed(row, now):
        database.run(KILL)
        return (row._replace(generation=9), None)

    with pytest.raises(Unavailable) as caught:
        store.transact([(one.id, Presenting(one.id, 1)), (other.id, killed)])
    assert caught.value.retry_after >= 1
    assert [store.find(row.id) for row in (one, other)] == [one, other]


def test_a_frozen_server_is_unavailable(prepared, monkeypatch):
    monkeypatch.setattr(connections, "GRACE", 0.1)
    store = PostgresqlStore(prepared.url, 0.3)
    family = family_of(1)
    store.create([family])
    with store._pool.transaction() as transaction:
        server = transaction.fetch("SELECT pg_backend_pid()")[0][0]
    os.kill(server, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable):
            store.transact([(family.id, Presenting(family.id, 1))])
        assert store.find(family.id) == family
    finally:
        os.kill(server, signal.SIGCONT)
    step = family.id, Presenting(family.id, 1)
    assert until_unlocked(store, [step]) == [(Outcome.ADVANCED, 2)]
    store.close()


def test_row_locks_of_a_frozen_process_are_released(database, store):
    family = family_of(1)
    store.create([family])
    frozen = PostgresqlStore(database.url, 0.1)

    def freeze(row, now):
        step = family.id, Presenting(family.id, 1)
        assert until_unlocked(store, [step]) == [(Outcome.ADVANCED, 2)]
        return (row._replace(generation=9), None)

    with pytest.raises(Unavailable):
        frozen.transact([(family.id, freeze)])
    assert store.find(family.id).generation == 2
    frozen.close()


def test_when_all_connections_are_busy_it_is_unavailable(database):
    pool = Pool(database.url, 0.1, size=1)
    with pool.transaction(5.0) as transaction:
        transaction.fetch("SELECT 1")
        with pytest.raises(Unavailable, match="busy") as caught, pool.transaction():
            raise AssertionError("nobody gets here")
        assert caught.value.retry_after >= 1
    with pool.transaction() as transaction:
        assert transaction.fetch("SELECT 1") == [(1,)]
    pool.close()


def test_a_statement_that_takes_too_long_is_unavailable(database):
    pool = Pool(database.url, 0.1)
    with pytest.raises(Unavailable, match="QueryCanceled"), pool.transaction() as transaction:
        transaction.fetch("SELECT pg_sleep(5)")
    pool.close()


def test_a_read_only_standby_is_unavailable(database, store):
    database.run(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    with pytest.raises(Unavailable, match="ReadOnlySqlTransaction"):
        store.create([family_of(1)])


@pytest.mark.parametrize("error", SHORT_OF_RESOURCES, ids=lambda error: error.__name__)
def test_a_server_that_is_short_of_a_resource_is_unavailable_and_says_of_which(error):
    """As a disk that is full: class 53 of the conditions."""
    assert error.sqlstate.startswith("53")
    with pytest.raises(Unavailable, match=error.sqlstate) as caught, connections.mapped():
        raise error('could not extend file "base/1/2": a row of somebody')
    assert "somebody" not in str(caught.value)


def test_no_error_contains_a_stored_value(database, store):
    database.run("ALTER TABLE families ADD CHECK (subject <> 'somebody in particular')")
    with pytest.raises(Unavailable, match="CheckViolation") as caught:
        store.create([family_of(1, subject="somebody in particular")])
    assert "somebody" not in str(caught.value)


def test_a_connection_in_use_is_closed_when_it_comes_back(database):
    pool = Pool(database.url, 1.0)
    with pool.transaction() as transaction:
        transaction.fetch("SELECT 1")
        pool.close()
    until(lambda: database.value(OTHERS) == 0, "the end of the connection")
