"""The promises of PostgreSQL beyond the contracts: locks, its clock, writes, durability, size."""

import asyncio
import functools
import random
import subprocess
import sys
import threading

import pytest

from reticket.core.errors import StartupError, Unavailable
from reticket.core.model import Outcome, Selection
from reticket.core.ports import ROW_LOCKED
from reticket.core.queues.batch_queue import BatchQueue, WorkerPool
from reticket.stores.postgresql.connections import CLOCK
from reticket.stores.postgresql.ephemeral import SWEEP, PostgresqlEphemeral
from reticket.stores.postgresql.families import PostgresqlStore
from reticket.testing.store_contract import Presenting, family_of, until_unlocked
from reticket.testing.threads import THREADS, at_once
from reticket.testing.waiting import until


def hold(connection, family):
    connection.execute("SELECT FROM families WHERE id = %s::uuid FOR UPDATE", (family.id.hex(),))


def test_parallel_refreshes_of_one_family_are_one_write(store, written):
    family = family_of(1)
    store.create([family])
    refresh = Presenting(family.id, 1)
    at_once([lambda: until_unlocked(store, [(family.id, refresh)] * 4)] * THREADS)
    assert store.find(family.id).generation == 2
    store.close()
    assert written(1)[0] == 1


def test_families_do_not_wait_for_each_other(store, locker):
    one, other = family_of(1), family_of(2)
    store.create([one, other])
    hold(locker, one)
    assert store.transact([(other.id, Presenting(other.id, 1))]) == [(Outcome.ADVANCED, 2)]
    assert [row.id for row in store.revoke(Selection(subject=other.subject), "operator")] == [
        other.id
    ]
    store.create([family_of(3)])
    assert store.find(one.id) == one


def test_a_lock_on_one_family_delays_no_other(database, store, locker):
    """A wait for a lock, however short, would be an error here. Nobody has an old transaction open
    meanwhile: then old rows could not go, and who makes a file longer does wait for others.
    """
    held = family_of(0)
    families = [family_of(number) for number in range(1, 9)]
    store.create([held, *families])
    database.run(f"ALTER DATABASE {database.name} SET lock_timeout = '5ms'")
    impatient = PostgresqlStore(database.url, 5.0)

    def refresh(family):
        for generation in range(1, 26):
            impatient.transact([(family.id, Presenting(family.id, generation))])

    at_once([functools.partial(refresh, family) for family in families])
    assert [store.find(family.id).generation for family in families] == [26] * 8
    hold(locker, held)
    with pytest.raises(Unavailable, match="lock"):
        impatient.revoke(Selection(family=held.id), "operator")
    impatient.close()


UPDATES = """
CREATE TABLE updates (transaction bigint);
CREATE FUNCTION note_update() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    INSERT INTO updates VALUES (txid_current()); RETURN NULL; END$$;
CREATE TRIGGER note AFTER UPDATE ON families FOR EACH STATEMENT EXECUTE FUNCTION note_update()
"""


def test_parallel_refreshes_of_one_family_are_one_write_a_batch(database, store, written):
    database.run(UPDATES)
    family, pool, batches = family_of(1), WorkerPool("store"), []
    store.create([family])

    def transact(batch):
        batches.append(len(batch))
        return store.transact(batch)

    async def refresh(generation):
        queue = BatchQueue(pool, transact)
        step = family.id, Presenting(family.id, generation)
        return await asyncio.gather(*[queue.put(step) for _ in range(64)])

    for generation in range(1, 11):
        outcomes = asyncio.run(refresh(generation))
        assert outcomes[0] == (Outcome.ADVANCED, generation + 1)
        assert set(outcomes[1:]) == {(Outcome.REPLAYED, generation + 1)}
    pool.close()
    store.close()
    assert batches == [64] * 10
    assert database.run("SELECT count(*), count(DISTINCT transaction) FROM updates") == [(10, 10)]
    assert written(10)[0] == 10


def test_a_locked_row_is_skipped_and_the_rest_of_the_batch_is_done(store, locker):
    one, other = family_of(1), family_of(2)
    store.create([one, other])
    hold(locker, one)
    batch = [(key.id, Presenting(key.id, 1)) for key in (other, one, family_of(3))]
    assert store.transact(batch) == [(Outcome.ADVANCED, 2), ROW_LOCKED, (Outcome.UNKNOWN, 0)]
    assert store.find(one.id) == one
    locker.commit()
    assert store.transact([(one.id, Presenting(one.id, 1))]) == [(Outcome.ADVANCED, 2)]


def test_a_revocation_waits_for_a_locked_row_for_a_limited_time(prepared, locker):
    store = PostgresqlStore(prepared.url, 0.2)
    one = family_of(1)
    store.create([one])
    hold(locker, one)
    with pytest.raises(Unavailable, match="QueryCanceled") as caught:
        store.revoke(Selection(family=one.id), "operator")
    assert caught.value.retry_after >= 1
    locker.commit()
    assert len(store.revoke(Selection(family=one.id), "operator")) == 1
    store.close()


def test_time_is_read_after_the_rows_are_locked(database, store, engine_clock, locker):
    one, other = family_of(1), family_of(2)
    store.create([one, other])
    hold(locker, other)
    times = []

    def waiting():
        times.extend(row.revoked_at for row in store.revoke(Selection(), "operator"))

    thread = threading.Thread(target=waiting)
    thread.start()
    until(lambda: database.value("SELECT count(*) FROM pg_locks WHERE NOT granted"))
    engine_clock.forward(50)
    locker.commit()
    thread.join()
    assert times == [engine_clock.at, engine_clock.at]


def test_the_clock_of_the_engine_decides_and_never_sets_a_row_back(store, engine_clock):
    family = family_of(1)
    store.create([family])
    engine_clock.forward(100)
    store.transact([(family.id, Presenting(family.id, 1))])
    reached = store.find(family.id).rotated_at
    assert reached == engine_clock.at == store.now()
    engine_clock.forward(-300)
    store.transact([(family.id, Presenting(family.id, 2))])
    assert (store.find(family.id).generation, store.find(family.id).rotated_at) == (3, reached)


def test_a_batch_that_changes_nothing_writes_nothing(database, store):
    family = family_of(1)
    store.create([family])
    place = "SELECT ctid, xmin FROM families"
    before = database.run(place)
    store.transact([(family.id, lambda row, now: (row, None))] * 10)
    assert database.run(place) == before
    store.transact([(family.id, Presenting(family.id, 1))])
    assert database.run(place) != before


DURABILITY = """
CREATE TABLE commits (setting text);
CREATE FUNCTION note_commit() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    INSERT INTO commits VALUES (current_setting('synchronous_commit')); RETURN NULL; END$$;
CREATE CONSTRAINT TRIGGER note AFTER UPDATE ON families DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION note_commit();
ALTER DATABASE {} SET synchronous_commit = local
"""


def test_revocations_are_as_durable_as_the_server_can(database, store):
    database.run(DURABILITY.format(database.name))
    families = [family_of(number) for number in range(4)]
    store.create(families)
    fresh = PostgresqlStore(database.url, 2.0)
    fresh.transact([(families[0].id, Presenting(families[0].id, 1))])
    ended = families[1]._replace(revoked_at=7, revoked_cause="reuse")
    fresh.transact([(ended.id, lambda row, now: (ended, None))])
    fresh.revoke(Selection(family=families[2].id), "operator")
    fresh.absorb([families[3]._replace(revoked_at=7, revoked_cause="elsewhere")])
    fresh.transact([(families[0].id, Presenting(families[0].id, 2))])
    fresh.close()
    settings = [setting for (setting,) in database.run("SELECT setting FROM commits")]
    assert settings == ["local", "remote_apply", "remote_apply", "remote_apply", "local"]


def test_transactions_never_deadlock(database, store):
    families = [family_of(number, subject="ada") for number in range(12)]
    store.create(families)
    failures = []

    def moved(row, now):
        return (row._replace(generation=row.generation + 1), None)

    def refresh():
        for _ in range(25):
            until_unlocked(store, [(row.id, moved) for row in random.sample(families, 8)])

    def revoke():
        for _ in range(25):
            store.revoke(Selection(subject="ada"), "operator")
            store.absorb(random.sample(families, 8))
            store.expire(0, 5)

    def guarded(work):
        try:
            work()
        except Unavailable as failure:
            failures.append(failure)

    works = (refresh, refresh, refresh, revoke, revoke)
    at_once([functools.partial(guarded, work) for work in works])
    assert failures == []


def test_expiry_skips_locked_rows(store, locker):
    dead = [family_of(number, expires_at=5) for number in range(4)]
    store.create(dead)
    hold(locker, dead[2])
    assert store.expire(9, 100) == 3
    assert store.find(dead[2].id) == dead[2]
    locker.commit()
    assert store.expire(9, 100) == 1


def test_a_sweep_skips_locked_rows(prepared, engine_clock, locker):
    ephemeral = PostgresqlEphemeral(prepared.url, 2.0)
    for key in ("one", "other"):
        ephemeral.put_if_absent(key, 1)
    engine_clock.forward(5)
    locker.execute("SELECT FROM entries LIMIT 1 FOR UPDATE")
    assert ephemeral.sweep(10) == 1
    locker.commit()
    assert ephemeral.sweep(10) == 1
    ephemeral.close()


@pytest.mark.parametrize("table", ["entries", "counters"])
def test_a_sweep_finds_ended_entries_by_an_index(prepared, table):
    plan = prepared.run(f"EXPLAIN {SWEEP.format(table=table) % {'now': 1, 'limit': 256}}")
    assert any(f"{table}_by_end" in line for (line,) in plan)


RIVAL = """
import sys
from reticket.stores.postgresql.ephemeral import PostgresqlEphemeral
from reticket.stores.postgresql.families import PostgresqlStore
from reticket.testing.store_contract import Presenting, family_of, until_unlocked
from reticket.testing.threads import THREADS, at_once

store = PostgresqlStore(sys.argv[1], 5.0)
key = family_of(1).id
for generation in range(1, 101):
    print(*until_unlocked(store, [(key, Presenting(key, generation))])[0])
"""


def test_two_processes_share_one_store(database, store):
    store.create([family_of(1)])
    start = [sys.executable, "-c", RIVAL, database.url]
    rivals = [subprocess.Popen(start, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [rival.communicate()[0].splitlines() for rival in rivals]
    assert [rival.returncode for rival in rivals] == [0, 0]
    advanced = sorted(line for lines in said for line in lines if line.startswith("advanced"))
    assert advanced == sorted(f"advanced {generation}" for generation in range(2, 102))
    assert {line.split()[0] for lines in said for line in lines} <= {
        "advanced", "replayed", "tolerated"
    }  # fmt: skip


def test_a_copy_is_made_by_the_tools_of_the_server(store, tmp_path):
    with pytest.raises(StartupError, match="pg_dump"):
        store.backup(tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_the_clock_is_in_milliseconds(database, engine_clock):
    database.run("UPDATE engine_clock SET at = 1790000000999")
    assert database.value(f"SELECT {CLOCK}") == 1_790_000_000_999
