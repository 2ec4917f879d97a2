"""Opening a directory of any schema version, on either engine."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from reticket.core.errors import StartupError
from reticket.directory import engines
from reticket.directory.engines import schema
from reticket.directory.seed import DEMO, load_seed
from reticket.directory.tables import metadata

KNOWN = len(list((Path(schema.__file__).parent / "migrations" / "versions").glob("v*.py")))
OLDEST = 23
"""The oldest program for the newest schema: older ones do not know that a factor is missing."""


def test_the_schema_built_fresh_is_the_one_built_by_migrations(engine, url, blank_url):
    fresh = create_engine(engine.dialect, creator=lambda: engine.connect(blank_url))
    metadata.create_all(fresh)
    fresh.dispose()
    assert engine.schema(blank_url) == engine.schema(url) != set()


def test_the_migrations_know_every_table_and_column(directory):
    with directory.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_opening_again_changes_nothing(url, opened, directory, hasher):
    load_seed(DEMO, directory, hasher)
    directory.catch_up()
    ada = directory.user_by_email("ada@example.com")
    directory.close()
    again = opened(url)
    assert again.version == directory.version
    assert again.user_by_email("ada@example.com") == ada


def newer(engine, url, oldest):
    """A schema as a later version might leave it."""
    with closing(engine.connect(url)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute(f"UPDATE directory_schema SET oldest = {oldest}")
        connection.execute("ALTER TABLE users ADD COLUMN language varchar(8)")


def test_a_newer_schema_that_needs_newer_code_stops_the_start(engine, opened, blank_url):
    opened(blank_url).close()
    newer(engine, blank_url, 9000)
    for start in (opened, engines.migrate):
        with pytest.raises(StartupError) as raised:
            start(blank_url)
        assert re.fullmatch(
            r"the directory at \S+: schema 9999 was made by a newer version of reticket and needs "
            rf"one that knows 9000, this one knows {KNOWN}; update it, or restore a backup",
            str(raised.value),
        )


def test_old_code_runs_on_a_newer_schema(engine, opened, hasher, blank_url):
    before = opened(blank_url)
    load_seed(DEMO, before, hasher)
    newer(engine, blank_url, KNOWN)
    again = opened(blank_url)
    for each in (before, again):
        each.users.disable("ada@example.com")
        each.users.enable("ada@example.com")
        each.catch_up_now()
        assert not each.user_by_email("ada@example.com").disabled
    engines.migrate(blank_url)
    assert engines.schema_state(blank_url)[2:] == (9999, KNOWN, KNOWN)


@pytest.fixture
def older_url(engine, blank_url):
    """As the first version left it."""
    fresh = create_engine(engine.dialect, creator=lambda: engine.connect(blank_url))
    with fresh.begin() as connection:
        command.upgrade(schema._config(connection), "0001")
    fresh.dispose()
    return blank_url


def test_an_older_file_is_upgraded_by_a_start_and_a_server_by_its_operator(
    engine, opened, older_url
):
    assert engines.schema_state(older_url)[2:] == (1, 1, KNOWN)
    if engine.dialect.startswith("postgresql"):
        with pytest.raises(StartupError, match=r"schema 1 is older .*; run `reticket migrate up`"):
            opened(older_url)
        engines.migrate(older_url)
    assert opened(older_url).users.page() == []
    assert engines.schema_state(older_url)[2:] == (KNOWN, OLDEST, KNOWN)


def test_no_migration_lets_programs_run_again_that_one_before_it_stopped():
    newest_first = [each.module.OLDEST for each in schema._scripts().walk_revisions()]
    assert newest_first == sorted(newest_first, reverse=True)


def test_a_migrated_schema_is_like_a_fresh_one(engine, older_url, url):
    engines.migrate(older_url)
    assert engine.schema(older_url) == engine.schema(url)


def test_reading_creates_nothing(engine, blank_url):
    assert engines.schema_state(blank_url)[2:] == (0, 0, KNOWN)
    if engine.dialect.startswith("sqlite"):
        assert not engine.file_of(blank_url).exists()
    assert engine.schema(blank_url) == set()


def test_a_failed_migration_changes_nothing(engine, opened, blank_url, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("alembic.op.bulk_insert", fail)
    with pytest.raises(ZeroDivisionError):
        opened(blank_url)
    assert engine.schema(blank_url) == set()


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite+x:///y", "postgresql+psycopg://x/y"])
def test_a_url_of_an_unknown_engine_is_refused(opened, url):
    with pytest.raises(StartupError) as raised:
        opened(url)
    assert str(raised.value) == (
        "the directory's URL must look like sqlite:///FOLDER/directory.sqlite or "
        "postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
    )
