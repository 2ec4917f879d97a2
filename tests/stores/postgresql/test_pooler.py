"""Behind a pooler in transaction mode: every transaction meets another server."""

import threading

import pytest
from tests.stores.postgresql.pooler import Pooler

from reticket.core.model import Outcome, Selection
from reticket.stores.postgresql import open_store
from reticket.stores.postgresql.connections import connect
from reticket.testing.store_contract import Presenting, family_of

SESSION = """
SELECT (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors),
       array_agg(name || '=' || setting ORDER BY name)
FROM pg_settings WHERE source = 'session' AND name <> 'client_encoding'
"""


@pytest.fixture
def pooler(database, engine_clock, server):
    path = server.partition("host=")[2] + "/.s.PGSQL.5432"
    running = Pooler(path, database.name)
    yield running
    running.close()


def test_parallel_callers_get_their_own_results(pooler):
    store, ephemeral = open_store(pooler.url, None, 5.0)
    families = [family_of(number) for number in range(8)]
    store.create(families)
    results = {}

    def refresh(number):
        key = families[number].id
        results[number] = [
            store.transact([(key, Presenting(key, generation))])[0] for generation in range(1, 16)
        ]
        assert store.find(key).generation == 16
        assert [row.id for row in store.page(Selection(family=key), 5).families] == [key]
        assert ephemeral.count(f"name {number}", 60).total == 1

    threads = [threading.Thread(target=refresh, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [(Outcome.ADVANCED, generation) for generation in range(2, 17)]
    assert results == dict.fromkeys(range(8), expected)
    assert pooler.turns > 8 * 15
    store.close()
    ephemeral.close()


def test_no_session_state_is_left_on_a_server(pooler, database):
    store, ephemeral = open_store(pooler.url, None, 5.0)
    family = family_of(1)
    store.create([family])
    for generation in range(1, 20):
        store.transact([(family.id, Presenting(family.id, generation))])
    store.revoke(Selection(subject=family.subject), "operator")
    ephemeral.put_if_absent("key", 10)
    with connect(pooler.url, 5.0) as connection:
        for _ in range(3):
            assert connection.execute(SESSION).fetchall() == database.run(SESSION)
    held = database.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    assert held == 0
    store.close()
    ephemeral.close()


def test_statements_are_prepared_without_a_pooler(database, store):
    family = family_of(1)
    store.create([family])
    for generation in range(1, 20):
        store.transact([(family.id, Presenting(family.id, generation))])
    with store._pool.transaction() as transaction:
        prepared = transaction.fetch("SELECT count(*) FROM pg_prepared_statements")[0][0]
    assert prepared >= 2
