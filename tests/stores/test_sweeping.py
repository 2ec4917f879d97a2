"""The cost of a sweep of short-lived entries on SQLite. It depends on the ended entries only."""

import sqlite3

import pytest

from reticket.stores.sqlite import SqliteEphemeral, SqliteStore
from reticket.testing import FakeClock
from reticket.testing.store_contract import family_of

TABLES = "entries", "families"

STEP = 100
"""Instructions of the engine between two calls of a progress handler."""


class Swept:
    """An ephemeral store with so many living entries and some that are over."""

    def __init__(self, folder, living, over=20):
        self.clock = FakeClock()
        self.ephemeral = SqliteEphemeral(folder / "families.sqlite", self.clock)
        self.steps = self.steps_of_writer = 0
        with self.ephemeral._file.writing() as file:
            ends = [
                (f"key {n}", "", self.clock() + (1 if n < over else 10**6))
                for n in range(living + over)
            ]
            file.connection.executemany("INSERT INTO entries VALUES (?, ?, ?)", ends)
            file.connection.executemany(
                "INSERT INTO counters VALUES (?, ?, ?)", [(key, 1, end) for key, _, end in ends]
            )
        self.clock.forward(1)
        self.ephemeral._reader.connection.set_progress_handler(self._step, STEP)
        self.ephemeral._sweeper.connection.set_progress_handler(self._step_of_writer, STEP)

    def _step(self):
        self.steps += 1

    def _step_of_writer(self):
        self.steps_of_writer += 1

    def sweep(self):
        swept = self.ephemeral.sweep(1000)
        self.ephemeral.close()
        return swept, self.steps, self.steps_of_writer


@pytest.mark.parametrize("living", [100, 20_000])
def test_a_sweep_reads_no_live_entries(tmp_path, living):
    swept, steps, steps_of_writer = Swept(tmp_path, living).sweep()
    assert swept == 40
    assert (steps, steps_of_writer) == pytest.approx((3, 12), abs=10)


def test_a_sweep_without_expired_entries_takes_no_lock(tmp_path):
    ephemeral = SqliteEphemeral(tmp_path / "families.sqlite", FakeClock(), busy_timeout=0)
    ephemeral.put_if_absent("lives", 100)
    with sqlite3.connect(tmp_path / "families.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ephemeral.sweep(10) == 0
        other.execute("ROLLBACK")
    other.close()
    ephemeral.close()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "families.sqlite"


@pytest.fixture(params=TABLES)
def sweeping(request, file):
    """The connection that deletes 200 things that are over, and a call that has it do so."""
    clock = FakeClock()
    store, ephemeral = SqliteStore(file, clock), SqliteEphemeral(file, clock)
    for number in range(200):
        ephemeral.put_if_absent(f"key {number}", 1)
    store.create([family_of(number, expires_at=5) for number in range(200)])
    clock.forward(1)
    work = {
        "entries": (ephemeral._sweeper, lambda: ephemeral.sweep(1000)),
        "families": (store._sweeper, lambda: store.expire(9, 1000)),
    }
    yield work[request.param]
    store.close()
    ephemeral.close()


def test_a_sweep_is_one_statement_and_does_not_wait_for_the_disk(sweeping, file):
    sweeper, sweep = sweeping
    statements = []
    sweeper.connection.set_trace_callback(statements.append)
    assert sweep() == 200
    assert [each.split()[0] for each in statements] == ["DELETE"]
    assert sweeper.connection.execute("PRAGMA synchronous").fetchone() == (1,)


def test_a_sweep_finds_a_few_ended_entries_without_reading_all_of_them(sweeping):
    sweeper, sweep = sweeping
    statements = []
    sweeper.connection.set_trace_callback(statements.append)
    sweep()
    plan = sweeper.connection.execute(f"EXPLAIN QUERY PLAN {statements[0]}").fetchall()
    (how,) = {row[3].partition(" USING ")[2] for row in plan}
    assert how in ("INTEGER PRIMARY KEY (rowid=?)", "PRIMARY KEY (id=?)")


def test_a_sweep_leaves_no_page_to_the_checkpoint_of_a_refresh(sweeping, file):
    """The disk writes the pages of one sweep at a time, so that no commit waits long for it."""
    _, sweep = sweeping
    assert sweep() == 200
    without_log = sqlite3.connect(f"{file.as_uri()}?immutable=1", uri=True)
    left = [without_log.execute(f"SELECT count(*) FROM {each}").fetchone()[0] for each in TABLES]
    without_log.close()
    assert sorted(left) == [0, 200]


def test_a_sweep_prepares_few_statements_for_any_number_of_entries(file):
    clock = FakeClock()
    ephemeral, statements = SqliteEphemeral(file, clock), []
    for number in range(300):
        ephemeral.put_if_absent(f"key {number}", 1)
    clock.forward(1)
    ephemeral._sweeper.connection.set_trace_callback(statements.append)
    assert sum(ephemeral.sweep(most) for most in range(1, 24)) == 276
    ephemeral.close()
    deletions = [each for each in statements if each.startswith("DELETE")]
    assert {each.count(",") + 1 for each in deletions} == {1, 2, 4, 8, 16, 32}
