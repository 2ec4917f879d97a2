"""SQLite under the directory: its file, its pragmas, and how a change by others is noticed.

The only file here that knows this engine. Knows no table but what SQLite itself keeps.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from reticket.core.errors import StartupError, Unavailable
from reticket.core.storage.schema import SchemaState
from reticket.directory.engines import schema

BUSY_MS = 2_000
"""How long a writer waits for another one before the directory counts as unavailable."""


def open_storage(url: str) -> SqliteStorage:
    """Open what the URL names. StartupError."""
    return SqliteStorage(url)


class SqliteStorage:
    """Owns a file, private to its owner, and a connection that only asks whether anybody else has
    committed: microseconds.

    StartupError, naming the file, when it cannot be opened, is damaged, is no directory, or was
    written by a newer version.
    """

    pause = 0.05
    """A look hands the interpreter to another thread, and a batch gets it back late."""

    def __init__(self, url: str) -> None:
        file = _file_of(url)
        self.reader = _open(file)
        self.writer = self.reader.execution_options(writes=True)
        with self.answering():
            self._watch = sqlite3.connect(
                file, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
            )

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Turn whatever the driver raises into Unavailable, in its own words."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            words = error.orig if isinstance(error, DBAPIError) else error
            raise Unavailable(f"the directory cannot answer: {words}") from error

    def mark(self) -> int:
        """Differs from the one before when another connection has committed since."""
        try:
            return int(self._watch.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error as error:
            raise Unavailable(f"the directory cannot answer: {error}") from error

    def backup(self, target: Path) -> None:
        """Copy everything into a new file, private to its owner, while in use."""
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with self.answering(), closing(sqlite3.connect(target)) as copy:
            self._watch.backup(copy)

    def close(self) -> None:
        """Close the connections; `mark` fails from then on."""
        self._watch.close()
        self.reader.dispose()


def schema_state(url: str) -> SchemaState:
    """How the schema of the file stands; no file is made. StartupError."""
    file = _file_of(url)
    if not file.exists():
        return schema.absent(str(file))
    with _starting(file), _opened(file) as engine, engine.begin() as connection:
        return schema.schema_state_of(connection, str(file))


def migrate(url: str) -> None:
    """Make or upgrade the schema, as opening does."""
    _open(_file_of(url)).dispose()


def _file_of(url: str) -> Path:
    """The file in a URL like `sqlite:///data/directory.sqlite`, to the letter."""
    scheme, _, name = url.partition(":///")
    if scheme != "sqlite" or name in ("", ":memory:"):
        raise StartupError("The directory's URL must look like sqlite:///FOLDER/directory.sqlite.")
    return Path(name)


def _open(file: Path) -> Engine:
    with _starting(file):
        _make_private(file)
        engine = _engine(file)
        try:
            with engine.execution_options(writes=True).begin() as connection:
                _check(connection, file)
                schema.migrate(connection, str(file))
        except BaseException:
            engine.dispose()
            raise
    return engine


@contextmanager
def _opened(file: Path) -> Iterator[Engine]:
    engine = _engine(file)
    try:
        yield engine
    finally:
        engine.dispose()


def _make_private(file: Path) -> None:
    """Make an empty file with mode 0600 unless there is one.

    One that is there must not be opened here: closing it would drop every lock that this process
    holds on it (SQLite, How To Corrupt, §2.2).
    """
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


@contextmanager
def _starting(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StartupError(f"Cannot open the directory {file}: {error.strerror}.") from error
    except DBAPIError as error:
        if type(error.orig) is sqlite3.DatabaseError:
            raise _damaged(file) from error
        raise StartupError(f"Cannot open the directory {file}: {error.orig}.") from error


def _damaged(file: Path) -> StartupError:
    return StartupError(
        f"The directory {file} is damaged or is no database; restore it from a backup."
    )


def _check(connection: Connection, file: Path) -> None:
    verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if verdict != "ok":
        raise _damaged(file)
    if not schema.is_versioned(connection) and inspect(connection).get_table_names():
        raise StartupError(f"The file {file} is a database, but not a directory of reticket.")


def _engine(file: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(file)), hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver would begin too late, and not for reading
    for pragma in (
        f"busy_timeout = {BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
