"""An import of people that is killed goes on when it runs again."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from tests.torture.postgresql import PostgreSQL

from benchmarks import people
from reticket.moving.people.importing import AT_ONCE

MANY = 3 * AT_ONCE


@contextmanager
def of_postgresql():
    with PostgreSQL.fresh() as server:
        yield {"RETICKET_DIRECTORY": server.url}


@contextmanager
def of_sqlite():
    yield {}


@pytest.mark.parametrize("directory", [of_sqlite, of_postgresql])
def test_a_killed_import_leaves_whole_batches_and_is_resumed(tmp_path, alone, directory):
    data = tmp_path / "data"
    with directory() as settings:
        left = people.killed(data, settings, MANY)
        assert left % AT_ONCE == 0
        assert 0 < left < MANY
        people.imported(data, settings, MANY)
