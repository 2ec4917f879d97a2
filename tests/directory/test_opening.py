"""Opening a directory on either engine: a new one, an old one, a newer one."""

from __future__ import annotations

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from reticket.core.errors import StartupError
from reticket.directory.seed import DEMO, load_seed
from reticket.directory.tables import metadata


def test_the_schema_built_fresh_is_the_one_built_by_migrations(engine, url, blank_url):
    fresh = create_engine(engine.dialect, creator=lambda: engine.connect(blank_url))
    metadata.create_all(fresh)
    fresh.dispose()
    assert engine.schema(blank_url) == engine.schema(url) != set()


def test_the_migrations_know_every_table_and_column(directory):
    with directory.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_nothing_changes_by_opening_again(url, opened, directory, hasher):
    load_seed(DEMO, directory, hasher, 0)
    directory.catch_up()
    ada = directory.user_by_email("ada@example.com")
    directory.close()
    again = opened(url)
    assert again.version == directory.version
    assert again.user_by_email("ada@example.com") == ada


def test_a_newer_schema(engine, opened, blank_url):
    opened(blank_url).close()
    connection = engine.connect(blank_url)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StartupError) as raised:
        opened(blank_url)
    assert re.fullmatch(
        r"The directory \S+ was written by a newer version of reticket; "
        r"upgrade reticket or restore a backup\.",
        str(raised.value),
    )


def test_a_migration_that_fails_leaves_nothing(engine, opened, blank_url, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("alembic.op.bulk_insert", fail)
    with pytest.raises(ZeroDivisionError):
        opened(blank_url)
    assert engine.schema(blank_url) == set()


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite+x:///y", "postgresql+psycopg://x/y"])
def test_urls_of_no_engine(opened, url):
    with pytest.raises(StartupError) as raised:
        opened(url)
    assert str(raised.value) == (
        "The directory's URL must look like sqlite:///FOLDER/directory.sqlite or "
        "postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
    )
