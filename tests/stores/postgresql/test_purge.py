"""A purge and parallel refreshes do not wait for each other."""

import threading
from contextlib import contextmanager

import pytest

from reticket.core.model import Outcome, Selection
from reticket.core.storage.pace import BATCH
from reticket.core.storage.upkeep import Upkeep
from reticket.stores.postgresql.ephemeral import PostgresqlEphemeral
from reticket.stores.postgresql.families import PostgresqlStore
from reticket.stores.postgresql.rows import ids
from reticket.stores.postgresql.statements import EXPIRE, LOCK_BATCH
from reticket.testing.store_contract import Presenting, family_of

DAY = 86_400
ENDED_MONTH = "SELECT count(*) FROM pg_class WHERE relname = 'families_2026_09'"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
WAITING_TO_DROP = f"{WAITING} AND mode = 'AccessExclusiveLock' AND locktype = 'relation'"


@pytest.fixture
def hasty(prepared):
    """A store for which every wait for a lock is a fault."""
    prepared.run(f"ALTER DATABASE {prepared.name} SET lock_timeout = '1ms'")
    opened = PostgresqlStore(prepared.url, 5.0)
    yield opened
    opened.close()


def refresh(store, row, generation=1):
    (result,) = store.transact([(row.id, Presenting(row.id, generation))])
    assert result == (Outcome.ADVANCED, generation + 1)


@contextmanager
def beside(work):
    """Something done at the same time, which must go well."""
    failures = []

    def run():
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    yield thread
    thread.join()
    assert failures == []


def test_a_sweep_in_progress_delays_no_other_writer(store, hasty, locker):
    dead = [family_of(number, expires_at=5) for number in range(2 * BATCH)]
    living = [family_of(10**6 + number) for number in range(3)]
    store.create([*dead, *living[:2]])
    gone = locker.execute(EXPIRE, (ids(row.id for row in dead[:BATCH]), 9)).fetchall()
    assert len(gone) == BATCH
    refresh(hasty, living[0])
    hasty.create([living[2]])
    hasty.revoke(Selection(family=living[1].id), "operator")
    assert [hasty.expire(9, BATCH) for _ in range(2)] == [0, BATCH]
    locker.commit()
    assert len(store.page(Selection(), 5000).families) == 3


def test_a_refresh_in_progress_does_not_delay_a_purge(store, hasty, locker):
    rows = [family_of(number, expires_at=5) for number in range(3)]
    store.create(rows)
    locker.execute(LOCK_BATCH, [ids([rows[1].id])])
    assert hasty.expire(9, BATCH) == 2
    locker.commit()
    while hasty.expire(9, BATCH):
        pass
    assert store.page(Selection(), 10).families == []


def test_a_purge_and_refreshes_do_not_wait_for_each_other(prepared, store, hasty, engine_clock):
    dead = [family_of(number, expires_at=5) for number in range(5 * BATCH)]
    living = [family_of(10**6 + number) for number in range(20)]
    for at in range(0, len(dead), 500):
        store.create(dead[at : at + 500])
    store.create(living)
    purger, entries = PostgresqlStore(prepared.url, 5.0), PostgresqlEphemeral(prepared.url, 5.0)
    upkeep = Upkeep(purger, entries, None, None)
    generation = 0
    with beside(upkeep.purge) as purge:
        while purge.is_alive() or generation < 3:
            generation += 1
            engine_clock.forward(1)
            for row in living:
                refresh(hasty, row, generation)
    assert [row.generation for row in store.page(Selection(), 100).families] == [
        generation + 1
    ] * 20
    purger.close()
    entries.close()


def test_a_month_that_cannot_be_dropped_at_once_blocks_nobody(
    prepared, store, engine_clock, locker
):
    """A wait for the lock of all months blocks other transactions, so it is short."""
    engine_clock.forward(100 * DAY)
    now = engine_clock.at
    young = {"rotated_at": now, "expires_at": now + 10**9, "ends_at": now + 10**10}
    one, other = (family_of(100 * DAY * 1000 + number, **young) for number in range(2))
    store.create([one, other])
    locker.execute(LOCK_BATCH, [ids([one.id])])
    trying = threading.Event()
    trying.set()

    def purge():
        while trying.is_set():
            assert store.expire(engine_clock.at, BATCH) == 0

    refresher = PostgresqlStore(prepared.url, 5.0)
    with beside(purge) as purging:
        try:
            while not prepared.value(WAITING_TO_DROP):
                assert purging.is_alive()
            refresh(refresher, other)
        finally:
            trying.clear()
    assert prepared.value(WAITING) == 0
    assert prepared.value(ENDED_MONTH) == 1
    locker.commit()
    while store.expire(engine_clock.at, BATCH):
        pass
    assert prepared.value(ENDED_MONTH) == 0
    refresher.close()


FLUSHES = """
CREATE TABLE commits (setting text);
CREATE FUNCTION note_commit() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    INSERT INTO commits VALUES (current_setting('synchronous_commit')); RETURN NULL; END$$;
CREATE CONSTRAINT TRIGGER note AFTER DELETE ON {} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION note_commit()
"""


@pytest.mark.parametrize("table", ["families", "entries"])
def test_ended_entries_are_deleted_without_waiting_for_the_disk(database, store, table):
    database.run(FLUSHES.format(table))
    ephemeral = PostgresqlEphemeral(database.url, 5.0)
    ephemeral.put_if_absent("over", 0)
    store.create([family_of(1, expires_at=5)])
    assert store.expire(9, BATCH) == ephemeral.sweep(BATCH) == 1
    ephemeral.close()
    assert database.run("SELECT setting FROM commits") == [("off",)]
