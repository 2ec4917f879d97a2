"""A PostgreSQL server for the session, by pip alone, and an empty database for each test."""

import tempfile
import time
from pathlib import Path

import psycopg
import pytest
from tests.stores.postgresql.data_folder import packaged

from reticket.stores.postgresql.families import PostgresqlStore
from reticket.stores.postgresql.schema import prepare
from reticket.testing import FakeClock
from reticket.testing.waiting import PATIENCE

SETTINGS = """
fsync = off
max_connections = 200
shared_buffers = 64MB
log_min_messages = fatal
"""

CLOCK = """
CREATE TABLE engine_clock (at bigint);
INSERT INTO engine_clock VALUES (0);
CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    $$SELECT 'epoch'::timestamptz + at * interval '1 millisecond' FROM public.engine_clock$$
"""
"""Found before the one of the server where `search_path` says so."""


class Database:
    """A database of its own."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.name = name

    def run(self, statement, parameters=None):
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement, parameters=None):
        return self.run(statement, parameters)[0][0]


class EngineClock(FakeClock):
    """Moves the clock of a database."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        database.run(CLOCK)
        database.run(f"ALTER DATABASE {database.name} SET search_path = public, pg_catalog")
        self.forward(0)

    def forward(self, seconds: float) -> None:
        super().forward(seconds)
        self._database.run("UPDATE engine_clock SET at = %s", (self.at,))


@pytest.fixture(scope="session")
def server():
    """Its address, with a place for the name of a database.

    Not in a folder of pytest: for root the server runs as somebody else, who must get there, and
    every other run of pytest shuts those folders again.
    """
    with (
        tempfile.TemporaryDirectory(prefix="reticket-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("XDG_RUNTIME_DIR", folder)
        running = packaged(Path(folder, "data"))
        with (running.pgdata / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)
        running.start()
        yield running.get_uri("{}")
        running.cleanup()


@pytest.fixture(scope="session")
def administration(server):
    there = Database(server.format("postgres"), "postgres")
    there.run("CREATE DATABASE families")
    return there


@pytest.fixture
def database(server, administration):
    """An empty database. To create one takes ten times longer than to empty it."""
    empty = Database(server.format("families"), "families")
    yield empty
    administration.run(
        "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = 'families'"
    )
    administration.run("ALTER DATABASE families RESET ALL")
    empty.run("SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@pytest.fixture
def engine_clock(database):
    return EngineClock(database)


@pytest.fixture
def prepared(database, engine_clock):
    """The database with its schema, and with the clock of the contract."""
    prepare(database.url, 2.0)
    return database


@pytest.fixture
def store(prepared):
    opened = PostgresqlStore(prepared.url, 2.0)
    yield opened
    opened.close()


@pytest.fixture
def locker(database):
    """A connection that holds what it has touched until it commits."""
    with psycopg.connect(database.url) as connection:
        connection.execute("SELECT 1")
        connection.commit()
        yield connection


@pytest.fixture
def written(database):
    """(rows updated, rows updated in place), as soon as all servers have reported so many."""
    statement = "SELECT sum(n_tup_upd)::int, sum(n_tup_hot_upd)::int FROM pg_stat_user_tables"

    def wait_for(expected):
        deadline = time.monotonic() + PATIENCE
        while True:
            found = database.run(f"{statement} WHERE relname LIKE 'families%%'", ())[0]
            if found[0] >= expected or time.monotonic() > deadline:
                return found
            time.sleep(0.02)

    return wait_for
