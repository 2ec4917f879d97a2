"""Directories on both engines, each in a file or a database of its own."""

from __future__ import annotations

import hashlib
import itertools
import random
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from tests.directory.demo_rows import DemoRows
from tests.stores.postgresql.data_folder import packaged

from reticket import dialects
from reticket.core.policy import SECOND
from reticket.crypto.hashes.stored_form import stored_form
from reticket.directory.directory import Directory, open_directory
from reticket.directory.tables import metadata

NOW = 1_700_000_000_000
DEMO_SEED = 1_000
"""Of ids that no other directory draws."""

SERVER_SETTINGS = """
fsync = off
full_page_writes = off
autovacuum = off
log_min_messages = fatal
"""

EMPTY = "; ".join(
    [
        *(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)),
        "INSERT INTO directory_version VALUES (1, 1)",
        "ALTER SEQUENCE intents_id_seq RESTART",
    ]
)

CATALOGS = (
    """
    SELECT table_name, column_name,
        row_number() OVER (PARTITION BY table_name ORDER BY ordinal_position),
        data_type, character_maximum_length, is_nullable, column_default
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    """,
    """
    SELECT indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    """,
    """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'alembic%'
    """,
)


class FakeHasher:
    """Hashes in no time, and counts."""

    def __init__(self) -> None:
        self.hashed: list[str] = []

    def hash(self, secret: str) -> str:
        self.hashed.append(secret)
        return f"fake${secret[::-1]}"

    def verify(self, secret_hash: str, secret: str) -> bool:
        return secret_hash == f"fake${secret[::-1]}"

    def is_old(self, secret_hash: str) -> bool:
        return False

    def counts_whole(self, secret_hash: str, secret: str) -> bool:
        return True

    def absent(self) -> str:
        return "fake$"

    def stored_form(
        self, password_hash: str | Mapping[str, object], hash_format: str | None
    ) -> str:
        return stored_form(password_hash, hash_format, lambda name: None)


class FakeSealer:
    """Opens only for the purpose that something was sealed for."""

    def seal(self, plain: bytes, purpose: bytes) -> bytes:
        return purpose + b"|" + bytes(byte ^ 0x5A for byte in plain)

    def open(self, sealed: bytes, purpose: bytes) -> bytes:
        written_for, _, masked = sealed.partition(b"|")
        if written_for != purpose:
            raise ValueError("sealed for something else")
        return bytes(byte ^ 0x5A for byte in masked)

    def digest(self, text: bytes, purpose: bytes) -> bytes:
        return hashlib.sha256(purpose + b"|" + text).digest()[:16]


PROFILES = dialects.profiles(dialects.with_defaults())


def open_one(url: str, seed: int = 0, now: int = NOW) -> Directory:
    """A directory for which an hour passes whenever it asks for the time: no look is too soon."""
    hours = itertools.count(step=3600)
    return open_directory(
        url,
        FakeSealer(),
        lambda: now,
        random.Random(seed).randbytes,
        lambda: next(hours),
        profiles=PROFILES,
    )


class SqliteFiles:
    """Makes directories in files.

    Attributes:
        lock: keeps others from writing until the transaction ends.
        locked: what those hear.
    """

    dialect = "sqlite://"
    lock = "BEGIN IMMEDIATE"
    locked = "database is locked"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._template = self.blank()
        open_one(self._template).close()

    def blank(self) -> str:
        """The URL of an empty place."""
        return f"sqlite:///{self._folder}/{next(self._numbers)}.sqlite"

    def empty(self) -> str:
        """The URL of what migrations leave: running them for every test would take long."""
        url = self.blank()
        shutil.copy(self.file_of(self._template), self.file_of(url))
        return url

    def file_of(self, url: str) -> Path:
        return Path(url.removeprefix("sqlite:///"))

    def connect(self, url: str) -> sqlite3.Connection:
        return sqlite3.connect(self.file_of(url), isolation_level=None)

    def schema(self, url: str) -> set[object]:
        """What the engine keeps of it, without white space and without the migrations' own."""
        with closing(self.connect(url)) as connection:
            rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
            return {
                (name, re.sub(r"\s+", "", sql)) for name, sql in rows if name != "alembic_version"
            }

    def hide_tables(self, connection: sqlite3.Connection) -> None:
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        for (name,) in connection.execute(names).fetchall():
            connection.execute(f"DROP TABLE {name}")

    def show_tables(self, connection: sqlite3.Connection) -> None:
        """No need: the file is not used again."""

    def remove(self, url: str) -> None:
        """Forget what `empty` made."""
        for file in self._folder.glob(f"{self.file_of(url).name}*"):
            file.unlink()

    def drop(self, url: str) -> None:
        """Forget what `blank` made."""
        self.remove(url)


class PostgresqlDatabases:
    """Makes directories in databases of one server: see `SqliteFiles`.

    Args:
        address: a URL with a place for the name of a database.
    """

    dialect = "postgresql+psycopg://"
    lock = f"BEGIN; LOCK TABLE {', '.join(metadata.tables)} IN EXCLUSIVE MODE"
    locked = r"QueryCanceled \(57014\)"

    def __init__(self, address: str) -> None:
        self._address = address
        self._numbers = itertools.count()
        self._admin = self.connect(address.format("postgres"))
        self._emptied: list[str] = []

    def blank(self) -> str:
        """To copy files takes a quarter of the time of writing them through the log."""
        name = f"directory_{next(self._numbers)}"
        self._admin.execute(f"CREATE DATABASE {name} STRATEGY FILE_COPY")
        return self._address.format(name)

    def empty(self) -> str:
        """One that a test has left is emptied: to copy a database would take long as well."""
        if self._emptied:
            return self._emptied.pop()
        url = self.blank()
        open_one(url).close()
        return url

    def connect(self, url: str) -> psycopg.Connection:
        return psycopg.connect(url, autocommit=True)

    def schema(self, url: str) -> set[object]:
        with self.connect(url) as connection:
            return {row for catalog in CATALOGS for row in connection.execute(catalog)}

    def hide_tables(self, connection: psycopg.Connection) -> None:
        connection.execute("ALTER SCHEMA public RENAME TO elsewhere")

    def show_tables(self, connection: psycopg.Connection) -> None:
        connection.execute("ALTER SCHEMA elsewhere RENAME TO public")

    def remove(self, url: str) -> None:
        with self.connect(url) as connection:
            connection.execute(EMPTY)
        self._emptied.append(url)

    def drop(self, url: str) -> None:
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self._admin.close()


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("directories"))


@pytest.fixture(scope="session")
def postgresql_databases(server: str) -> Iterator[PostgresqlDatabases]:
    databases = PostgresqlDatabases(server)
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server; for root, as the user that its package makes for that."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        running = packaged(Path(folder) / "data")
        with (running.pgdata / "postgresql.conf").open("a") as settings:
            settings.write(SERVER_SETTINGS)
        access = running.pgdata / "pg_hba.conf"
        access.write_text(f"local all guarded scram-sha-256\n{access.read_text()}")
        running.start()
        yield running.get_uri("{}")
        running.cleanup()


@pytest.fixture(
    scope="session",
    params=["sqlite_files", "postgresql_databases"],
    ids=lambda name: name.partition("_")[0],
)
def engine(request: pytest.FixtureRequest) -> SqliteFiles | PostgresqlDatabases:
    """Every test with this fixture runs on both engines."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def sealer() -> FakeSealer:
    return FakeSealer()


@pytest.fixture
def hasher() -> FakeHasher:
    return FakeHasher()


@pytest.fixture
def url(engine: SqliteFiles | PostgresqlDatabases) -> Iterator[str]:
    """Of an empty directory."""
    url = engine.empty()
    yield url
    engine.remove(url)


@pytest.fixture
def blank_url(engine: SqliteFiles | PostgresqlDatabases) -> Iterator[str]:
    """The URL of a place without a directory."""
    url = engine.blank()
    yield url
    engine.drop(url)


@pytest.fixture
def opened() -> Iterator[Callable[[str], Directory]]:
    """Opens directories and closes them at the end."""
    directories: list[Directory] = []

    def open_next(url: str) -> Directory:
        directories.append(open_one(url, len(directories)))
        return directories[-1]

    yield open_next
    for directory in directories:
        directory.close()


@pytest.fixture
def directory(url: str, opened: Callable[[str], Directory]) -> Directory:
    return opened(url)


@pytest.fixture
def later(url: str, directory: Directory) -> Iterator[Directory]:
    """The same one, a second later."""
    opened = open_one(url, 1, NOW + SECOND)
    yield opened
    opened.close()


@pytest.fixture
def other(url: str, directory: Directory, opened: Callable[[str], Directory]) -> Directory:
    """The same one as another process has it."""
    return opened(url)


@pytest.fixture
def holder(url: str, engine: SqliteFiles | PostgresqlDatabases) -> Iterator[object]:
    """Another connection, in autocommit mode."""
    connection = engine.connect(url)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def untouched(sqlite_files: SqliteFiles) -> Iterator[Directory]:
    """A shared directory for tests that change nothing."""
    directory = open_one(sqlite_files.empty())
    yield directory
    directory.close()


@pytest.fixture(scope="session")
def demo_rows(sqlite_files: SqliteFiles) -> DemoRows:
    with closing(open_one(sqlite_files.empty(), seed=DEMO_SEED)) as directory:
        return DemoRows(directory, FakeHasher())


@pytest.fixture
def seed_file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = tmp_path / "people.yaml"
        file.write_text(text)
        return file

    return write
