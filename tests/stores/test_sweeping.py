"""What a sweep of short-lived entries costs on SQLite: what is over, and never what lives."""

import sqlite3

import pytest

from reticket.stores.sqlite import SqliteEphemeral
from reticket.testing import FakeClock

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
        self.ephemeral._file.connection.set_progress_handler(self._step_of_writer, STEP)

    def _step(self):
        self.steps += 1

    def _step_of_writer(self):
        self.steps_of_writer += 1

    def sweep(self):
        swept = self.ephemeral.sweep(1000)
        self.ephemeral.close()
        return swept, self.steps, self.steps_of_writer


@pytest.mark.parametrize("living", [100, 20_000])
def test_a_sweep_never_looks_at_what_lives(tmp_path, living):
    swept, steps, steps_of_writer = Swept(tmp_path, living).sweep()
    assert swept == 40
    assert (steps, steps_of_writer) == pytest.approx((3, 12), abs=10)


def test_a_sweep_with_nothing_to_do_takes_no_lock(tmp_path):
    ephemeral = SqliteEphemeral(tmp_path / "families.sqlite", FakeClock(), busy_timeout=0)
    ephemeral.once("lives", 100)
    with sqlite3.connect(tmp_path / "families.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ephemeral.sweep(10) == 0
        other.execute("ROLLBACK")
    other.close()
    ephemeral.close()
