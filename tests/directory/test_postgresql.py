"""Faults of PostgreSQL: unreachable, frozen, disconnected, or behind a pooler."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from contextlib import closing, contextmanager

import psycopg
import pytest
from alembic import command
from psycopg import errors
from sqlalchemy import create_engine, event, select
from sqlalchemy.exc import OperationalError
from tests.stores.postgresql.pooler import Pooler

from reticket.core.errors import StartupError, Unavailable
from reticket.core.people import NewPerson
from reticket.core.realms import usual
from reticket.directory import engines
from reticket.directory.directory import open_directory
from reticket.directory.drafts import ApplicationDraft, UserDraft
from reticket.directory.engines import postgresql, schema
from reticket.directory.errors import AlreadyExists, Invalid
from reticket.directory.seed import DEMO, load_seed
from reticket.directory.tables import users
from reticket.testing.waiting import until

ADA = "ada@example.com"
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted"
FORM = (
    "the directory's URL must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with the "
    "special characters of a password written as %XX."
)


@pytest.fixture
def engine(postgresql_databases):
    return postgresql_databases


def refused(url, opened):
    with pytest.raises(StartupError) as raised:
        opened(url)
    assert "hunter2" not in "".join(traceback.format_exception(raised.value))
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize(
    "rest",
    [
        "me:a@hunter2@127.0.0.1/d",
        "me:1/hunter2@127.0.0.1/d",
        "me:hunter2/a@127.0.0.1/d",
        "me:hunter2%@127.0.0.1/d",
        "me:hunter2@[127.0.0.1/d",
        "me@127.0.0.1/d?hunter2=1",
    ],
)
def test_an_invalid_url_is_refused(opened, rest):
    assert refused(f"postgresql://{rest}", opened) == FORM


def test_an_unreachable_server_stops_the_start_of_a_directory(opened):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    message = refused(f"postgresql://me:hunter2@127.0.0.1:{port}/people", opened)
    assert message.startswith(f"cannot open the directory 127.0.0.1:{port}/people: ")
    assert "Connection refused; check that it runs and that host, user, password and" in message


def test_a_server_that_does_not_answer_is_unavailable(opened):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        message = refused(f"postgresql://me:hunter2@127.0.0.1:{port}/people", opened)
    assert message.startswith(f"cannot open the directory 127.0.0.1:{port}/people: ")
    assert "timeout expired" in message


def test_a_database_that_is_not_there(opened, server):
    assert 'database "none" does not exist' in refused(server.format("none"), opened)


def test_a_wrong_password(opened, url, holder):
    holder.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    mine = url.replace("postgres:@", "guarded:hunter2@")
    try:
        assert 'authentication failed for user "guarded"' in refused(mine, opened)
    finally:
        holder.execute("DROP ROLE guarded")


def test_a_missing_driver_is_reported_with_the_extra(opened, url, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for name in ("postgresql", "postgresql_server"):
        monkeypatch.delitem(sys.modules, f"reticket.directory.engines.{name}")
        monkeypatch.delattr(f"reticket.directory.engines.{name}")
    assert refused(url, opened) == (
        "the directory is in PostgreSQL, which needs psycopg: pip install 'reticket[postgresql]'."
    )


def test_tables_of_another_program_with_the_same_names_are_refused(engine, opened, blank_url):
    with engine.connect(blank_url) as connection:
        connection.execute("CREATE TABLE users (id integer)")
    assert refused(blank_url, opened).endswith(
        " has tables that are not of a directory of reticket (users); "
        "give it a database of its own."
    )
    assert len(engine.schema(blank_url)) == 1


def test_tables_of_other_programs_stay_untouched(engine, opened, blank_url):
    with engine.connect(blank_url) as connection:
        connection.execute("CREATE TABLE families (id integer)")
    assert opened(blank_url).users.page() == []


def test_a_server_cannot_be_copied_to_a_file(directory, tmp_path):
    with pytest.raises(StartupError, match="its own tools, pg_dump"):
        directory.backup(tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


START = """
import os, sys
from reticket.directory.directory import open_directory
open_directory(sys.argv[1], None, lambda: 0, os.urandom).close()
"""
KILL = (
    "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def test_parallel_first_starts_wait_for_each_other(engine, opened, blank_url):
    with closing(engine.connect(blank_url)) as connection:
        connection.execute(f"BEGIN; SELECT pg_advisory_xact_lock({postgresql.STARTING})")
        starts = [subprocess.Popen([sys.executable, "-c", START, blank_url]) for _ in range(2)]
        while connection.execute(WAITING).fetchone() != (2,):
            assert [start.poll() for start in starts] == [None, None]
            time.sleep(0.02)
        assert engine.schema(blank_url) == set()
        connection.execute("COMMIT")
    assert [start.wait() for start in starts] == [0, 0]
    assert opened(blank_url).version == 1


@pytest.fixture
def older_url(engine, blank_url):
    """As the first version left it."""
    fresh = create_engine(engine.dialect, creator=lambda: engine.connect(blank_url))
    with fresh.begin() as connection:
        command.upgrade(schema._config(connection), "0001")
    fresh.dispose()
    return blank_url


@pytest.mark.parametrize(
    "holding", ["LOCK TABLE alembic_version IN SHARE MODE", "SELECT id FROM users FOR UPDATE"]
)
def test_a_migration_waits_for_transactions_that_use_the_table(
    engine, older_url, monkeypatch, holding
):
    with closing(engine.connect(older_url)) as holder, closing(engine.connect(older_url)) as other:
        holder.execute(f"BEGIN; {holding}")
        pauses = []

        def pause(seconds):
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            pauses.append(other.execute(waiting).fetchone())
            if len(pauses) == 2:
                holder.execute("COMMIT")

        monkeypatch.setattr(postgresql.time, "sleep", pause)
        engines.migrate(older_url)
    assert pauses == [(0,), (0,)]
    state = engines.schema_state(older_url)
    assert state.found == state.known


def test_a_table_that_stays_locked_is_reported(engine, older_url, monkeypatch):
    monkeypatch.setattr(postgresql, "ATTEMPTS", 1)
    monkeypatch.setattr(postgresql, "PAUSE", 0)
    with closing(engine.connect(older_url)) as holder:
        holder.execute("BEGIN; LOCK TABLE alembic_version IN SHARE MODE")
        with pytest.raises(StartupError, match="a table that must be changed is locked"):
            engines.migrate(older_url)
    assert engines.schema_state(older_url).found == 1


def test_a_connection_pooler_may_be_between(engine, url, opened, hasher):
    parts = psycopg.conninfo.conninfo_to_dict(url)
    pooler = Pooler(f"{parts['host']}/.s.PGSQL.5432", parts["dbname"])
    with closing(pooler):
        one, other = opened(pooler.url), opened(pooler.url)
        load_seed(DEMO, one, hasher)
        other.catch_up()
        for turn in range(12):
            user_id = other.user_by_email(ADA).id
            one.signed_in(user_id, turn)
            (one.users.disable if turn % 2 else one.users.enable)(ADA)
            other.catch_up()
            assert other.user(user_id).disabled == bool(turn % 2)
        one.close()
        other.close()
    assert pooler.turns > 60


def test_nothing_stays_on_a_connection(directory, hasher):
    load_seed(DEMO, directory, hasher)
    directory.catch_up()
    directory.signed_in(directory.user_by_email(ADA).id, 1)
    with closing(directory.database._storage.reader.raw_connection()) as connection:
        for statement, clean in (
            ("SHOW statement_timeout", ("0",)),
            ("SHOW idle_in_transaction_session_timeout", ("0",)),
            ("SHOW transaction_isolation", ("read committed",)),
            ("SELECT count(*) FROM pg_prepared_statements", (0,)),
            ("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", (0,)),
        ):
            assert connection.cursor().execute(statement).fetchone() == clean


@pytest.fixture
def at():
    """A clock that stands until it is moved: its only element, in seconds."""
    return [0.0]


@pytest.fixture
def patient(url, directory, sealer, at):
    """The same directory in a process that has the time."""
    entropy = random.Random(9).randbytes
    with closing(open_directory(url, sealer, lambda: 0, entropy, lambda: at[0])) as opened:
        yield opened


@contextmanager
def counted(statements, engine):
    def count(connection, cursor, statement, *_):
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    yield
    event.remove(engine, "before_cursor_execute", count)


def test_a_thousand_refreshes_cost_two_small_statements_a_second(patient, at):
    statements = []
    with counted(statements, patient.database._storage._asking):
        for _ in range(1000):
            at[0] += 0.001
            patient.catch_up()
    assert len(statements) == 2
    assert {statement.split()[0] for statement in statements} == {"SELECT"}


def test_a_change_of_another_process_is_seen_half_a_second_later(patient, directory, hasher, at):
    load_seed(DEMO, directory, hasher)
    patient.catch_up_now()
    user = patient.user_by_email(ADA)
    directory.users.disable(ADA)
    patient.catch_up()
    assert patient.user(user.id) is user
    assert not patient.pending(user.id)
    at[0] += 0.5
    patient.catch_up()
    assert patient.user(user.id).disabled
    assert patient.pending(user.id)


def test_operations_that_need_it_see_a_change_of_another_process_at_once(
    patient, directory, hasher
):
    load_seed(DEMO, directory, hasher)
    patient.catch_up_now()
    directory.users.disable(ADA)
    patient.catch_up_now()
    assert patient.user_by_email(ADA).disabled


def test_a_local_change_is_seen_at_once(patient, hasher):
    load_seed(DEMO, patient, hasher)
    patient.catch_up()
    assert not patient.user_by_email(ADA).disabled
    patient.users.disable(ADA)
    patient.catch_up()
    assert patient.user_by_email(ADA).disabled


def test_changes_are_serialised(impatient, directory, other):
    """What one finds absent stays absent until it has inserted it."""
    with directory.database.change() as connection:
        assert connection.execute(select(users)).all() == []
        with pytest.raises(Unavailable, match="QueryCanceled"):
            other.users.add(UserDraft("a@b"), "hash")
        directory.users.insert(connection, UserDraft("a@b"), "hash")
    with pytest.raises(AlreadyExists):
        other.users.add(UserDraft("a@b"), "hash")


def test_a_connection_that_was_lost_while_idle_is_not_used(directory, holder):
    directory.catch_up()
    holder.execute(KILL)
    directory.catch_up()
    assert directory.users.page() == []


def test_a_connection_lost_in_use_is_unavailable(directory, holder):
    def read():
        with directory.database.read() as connection:
            holder.execute(KILL)
            connection.execute(select(users))

    with pytest.raises(Unavailable, match="cannot answer"):
        read()
    assert directory.users.page() == []


@pytest.fixture
def impatient(monkeypatch):
    for name, seconds in {"PATIENCE": 0.1, "GRACE": 0.1}.items():
        monkeypatch.setattr(f"reticket.directory.engines.postgresql_server.{name}", seconds)


def test_a_frozen_server_is_unavailable(impatient, directory, holder):
    directory.catch_up()
    pids = holder.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    ).fetchall()
    assert pids
    for (pid,) in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable, match="timeout"):
            directory.catch_up()
        directory.catch_up()
    finally:
        for (pid,) in pids:
            os.kill(pid, signal.SIGCONT)


def test_no_free_connection_is_unavailable(impatient, directory):
    readers = [directory.database.read() for _ in range(5)]
    for reader in readers:
        reader.__enter__()
    for verb in (directory.catch_up, directory.users.page, lambda: directory.users.disable(ADA)):
        with pytest.raises(Unavailable, match="all connections to PostgreSQL are busy"):
            verb()
    for reader in readers:
        reader.__exit__(None, None, None)
    directory.catch_up()


@pytest.fixture
def short_silence(monkeypatch):
    """Long enough for a slow machine to create the tables."""
    monkeypatch.setattr("reticket.directory.engines.postgresql_server.SILENCE", 2.0)


def test_a_process_frozen_in_a_change_blocks_others_for_a_limited_time(
    impatient, short_silence, directory, other
):
    def frozen():
        with directory.database.change() as connection:
            connection.exec_driver_sql("SELECT 1")
            while not other_changed():
                pass

    def other_changed():
        try:
            other.users.add(UserDraft("a@b"), "hash")
        except Unavailable:
            return False
        return True

    with pytest.raises(Unavailable):
        frozen()
    assert len(other.users.page()) == 1


@pytest.mark.parametrize("name", ["\0", "x\0y", "\ud800"])
def test_a_key_that_cannot_be_stored_as_text_is_unknown(directory, name):
    directory.catch_up()
    assert directory.user(name) is None
    assert directory.user_by_email(f"{name}@b") is None
    assert directory.user_credentials(usual(name)) is None
    assert directory.application(name) is None
    assert directory.application_credentials(name) is None


@pytest.mark.parametrize(
    ("name", "fault"), [("x\0y", "cannot be seen"), ("x" * 256, "cannot be kept")]
)
def test_a_value_that_cannot_be_stored_is_refused(directory, name, fault):
    with pytest.raises(Invalid, match=fault):
        directory.applications.add(ApplicationDraft(name), "hash")
    assert directory.applications.page() == []
    assert directory.version == 1


def test_errors_contain_no_values(directory, holder):
    draft = UserDraft("a@b", "hunter2")
    holder.execute("ALTER TABLE users ADD CHECK (first_name <> 'hunter2')")
    try:
        with pytest.raises(Unavailable) as raised:
            directory.users.add(draft, "hash")
    finally:
        holder.execute("ALTER TABLE users DROP CONSTRAINT users_first_name_check")
    assert str(raised.value) == "the directory cannot answer: CheckViolation (23514)"
    assert "hunter2" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("error", [errors.DiskFull, errors.OutOfMemory, errors.TooManyConnections])
def test_a_server_that_is_short_of_a_resource_is_unavailable(directory, error):
    said = OperationalError("INSERT", {}, error("could not extend file: hunter2"))
    with (
        pytest.raises(Unavailable, match=rf"\({error.sqlstate}\)$") as raised,
        directory.database.read(),
    ):
        raise said
    assert "hunter2" not in str(raised.value)


def test_somebody_who_is_kept_waits_for_an_operator_who_adds_the_same_person(directory, holder):
    """Otherwise both find the name unused, and one of them fails."""
    kept = []
    keep = directory.handed_over.keep_person
    thread = threading.Thread(target=lambda: kept.append(keep(NewPerson(ADA), "theirs")))
    with directory.database.change() as connection:
        directory.users.insert(connection, UserDraft(ADA), "ours")
        thread.start()
        until(lambda: holder.execute(BLOCKED).fetchone() == (1,))
    thread.join()
    assert kept == [False]
    assert directory.user_credentials(usual(ADA)).secret_hash == "ours"
