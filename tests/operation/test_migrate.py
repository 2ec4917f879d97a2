"""New schemas come while old programs answer; what an old program cannot run on stops it."""

import threading
from contextlib import contextmanager

import pytest
from alembic import command
from sqlalchemy import create_engine
from tests.http.wire import WIRES
from tests.operation.conftest import MASTER_KEY
from tests.stores.valkey.servers import until

from reticket.directory.engines import schema as directory_schema
from reticket.stores.postgresql import schema
from reticket.stores.postgresql.schema import Migration
from reticket.testing import running_server

WIRE = WIRES[0]
NEWER_DIRECTORY = """
ALTER TABLE users ADD COLUMN language varchar(8);
UPDATE alembic_version SET version_num = '9999';
UPDATE directory_schema SET oldest = {oldest}
"""
NEWEST = directory_schema.absent("").known
KNOWN = len(schema.MIGRATIONS)
NEWER_SESSIONS = (
    *schema.MIGRATIONS,
    Migration(
        "ALTER TABLE traits ADD COLUMN language bytea; ALTER TABLE families ADD COLUMN note bytea; "
        "CREATE TABLE notes (id bigint PRIMARY KEY)",
        oldest=1,
    ),
)
BREAKING = Migration("ALTER TABLE traits DROP COLUMN language", oldest=KNOWN + 2)


class Chain(threading.Thread):
    """Signs in, then refreshes the newest token again and again, sometimes an old one."""

    def __init__(self, url):
        super().__init__()
        self.good, self.other = 0, []
        self._url = url
        self._stopping = threading.Event()

    def run(self):
        token = WIRE.sign_in(self._url)
        while not self._stopping.is_set():
            answer = WIRE.refresh(self._url, token)
            if WIRE.is_good(answer):
                self.good += 1
                token = WIRE.token_of(answer[2])
            else:
                self.other.append(answer)

    def wait_for(self, more):
        wanted = self.good + more
        until(lambda: self.good >= wanted or self.other)

    def stop(self):
        self._stopping.set()
        self.join()


@contextmanager
def traffic(url):
    chains = [Chain(url) for _ in range(3)]
    for each in chains:
        each.start()
    try:
        yield lambda: [each.wait_for(10) for each in chains]
    finally:
        for each in chains:
            each.stop()
    assert [each.other for each in chains] == [[], [], []]


@pytest.fixture
def database(postgresql, request):
    name = f"migrating_{abs(hash(request.node.name))}"
    url = postgresql.make(name)
    yield url
    postgresql.server.run(f"DROP DATABASE {name} WITH (FORCE)", "postgres")


def run(postgresql, url, script):
    for statement in filter(str.strip, script.split(";")):
        postgresql.server.run(statement, url.rpartition("/")[2])


def leave_older_directory(url):
    """Leave a directory without the newest migration."""
    fresh = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with fresh.begin() as connection:
        command.upgrade(directory_schema._config(connection), f"{NEWEST - 1:04}")
    fresh.dispose()


def both_at(url):
    return {"RETICKET_SESSIONS": url, "RETICKET_DIRECTORY": url}


def test_an_older_version_works_during_and_after_a_migration(
    postgresql, database, commands, tmp_path, monkeypatch
):
    settings = {"RETICKET_MASTER_KEY": MASTER_KEY, **both_at(database)}
    opened = commands(**both_at(database))
    (tmp_path / "service").mkdir()
    with running_server(tmp_path / "service", settings=settings) as old:
        with traffic(old.url) as goes_on:
            goes_on()
            monkeypatch.setattr(schema, "MIGRATIONS", NEWER_SESSIONS)
            assert f"sessions: schema {KNOWN} is now {KNOWN + 1}" in opened.run("migrate", "up")
            monkeypatch.undo()
            run(postgresql, database, NEWER_DIRECTORY.format(oldest=NEWEST))
            goes_on()
        (tmp_path / "again").mkdir()
        with (
            running_server(tmp_path / "again", settings=settings) as restarted,
            traffic(restarted.url) as goes_on,
        ):
            goes_on()
    rows = opened.rows("migrate", "status")
    assert [(row["found"], row["known"], row["to_do"]) for row in rows] == [
        (KNOWN + 1, KNOWN, "nothing"), (9999, NEWEST, "nothing"),
    ]  # fmt: skip
    assert opened.run("migrate", "up") == "sessions: nothing to do\ndirectory: nothing to do\n"


def test_a_session_store_that_needs_a_newer_version_stops_the_start(
    database, commands, monkeypatch
):
    opened = commands(**both_at(database))
    assert opened.run("migrate", "up").startswith(f"sessions: schema 0 is now {KNOWN}\n")
    with monkeypatch.context() as newer:
        newer.setattr(schema, "MIGRATIONS", (*NEWER_SESSIONS, BREAKING))
        opened.run("migrate", "up")
    place = database.partition("@")[2]
    for words in (["serve", "--port", "0"], ["doctor"], ["migrate", "up"]):
        assert opened.refused(*words) == (
            f"the sessions at {place}: schema {KNOWN + 2} was made by a newer version of reticket "
            f"and needs one that knows {KNOWN + 2}, this one knows {KNOWN}; update it, or restore "
            "a backup"
        )
    assert opened.rows("migrate", "status")[0]["to_do"] == "update reticket"


def test_a_directory_that_needs_a_newer_version_stops_the_start(postgresql, database, commands):
    opened = commands(**both_at(database))
    opened.run("migrate", "up")
    run(postgresql, database, NEWER_DIRECTORY.format(oldest=9000))
    for words in (["serve", "--port", "0"], ["doctor"], ["migrate", "up"]):
        said = opened.refused(*words)
        assert (
            "schema 9999 was made by a newer version of reticket and needs one that knows" in said
        )


def test_a_shared_database_is_migrated_only_by_the_operator(database, commands, monkeypatch):
    commands(RETICKET_SESSIONS=database).run("migrate", "up")
    leave_older_directory(database)
    opened = commands(**both_at(database))
    for words in (["serve", "--port", "0"], ["doctor"]):
        said = opened.refused(*words)
        stale = f"schema {NEWEST - 1} is older than this version of reticket, which needs {NEWEST}"
        assert stale in said
        assert said.endswith("; run `reticket migrate up`")
    assert opened.rows("migrate", "status")[1]["to_do"] == "upgrade"
    said = opened.run("migrate", "up")
    done = f"directory: schema {NEWEST - 1} is now {NEWEST}"
    assert said == f"sessions: nothing to do\n{done}\n"
    monkeypatch.setattr(schema, "MIGRATIONS", NEWER_SESSIONS)
    assert f"schema {KNOWN} is older" in opened.refused("serve", "--port", "0")
    opened.run("migrate", "up")
    assert "ok       stores\n" in opened.run("doctor")


def test_new_files_are_created_and_reported(commands):
    opened = commands()
    rows = opened.rows("migrate", "status")
    assert [(row["found"], row["to_do"]) for row in rows] == [(None, "make"), (None, "make")]
    opened.run("migrate", "up")
    rows = opened.rows("migrate", "status")
    assert [row["found"] == row["known"] and row["to_do"] for row in rows] == ["nothing"] * 2
    assert "STORE" in opened.run("migrate", "status")


def test_a_store_without_a_schema_reports_no_migration(commands):
    opened = commands(RETICKET_SESSIONS="memory:")
    line = opened.run("migrate", "status").splitlines()[1]
    assert line.split() == ["sessions", "-", "-", "-", "-"]
    opened.run("migrate", "up")


def test_the_format_of_sessions_in_valkey_is_reported(commands, valkey):
    valkey.client.flushall()
    opened = commands(RETICKET_SESSIONS=valkey.url)
    assert opened.rows("migrate", "status")[0]["to_do"] == "make"
    opened.run("migrate", "up")
    row = opened.rows("migrate", "status")[0]
    assert (row["found"], row["known"], row["to_do"]) == (1, 1, "nothing")
    assert row["place"] == valkey.url.removeprefix("valkey://")
