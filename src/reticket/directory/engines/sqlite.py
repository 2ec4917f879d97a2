"""SQLite under the directory: its file, its pragmas, and how changes of others are noticed.

Only this module knows this engine. It knows no tables except SQLite's own.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, insert, inspect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from reticket.core.errors import StartupError, Unavailable
from reticket.core.storage.schema import SchemaState
from reticket.directory.engines import schema
from reticket.directory.engines.storage import Row

BUSY_MS = 2_000
"""Milliseconds that a writer waits for another one before it is Unavailable."""

MANY_CACHE = 16 * 1024
"""KiB of pages in memory while many rows are written."""
MANY_LOGGED = 32 * 1024
"""Pages of 4 KiB in the log before a checkpoint, while many rows are written."""


def open_storage(url: str) -> SqliteStorage:
    """Open the file of the URL. StartupError."""
    return SqliteStorage(url)


class SqliteStorage:
    """Owns a private file, and a connection that only checks whether another one has committed,
    which takes microseconds.

    StartupError, with the file's name, when it cannot be opened, is damaged, is no directory, or
    was written by a newer version.
    """

    pause = 0.05
    """Seconds. A check may switch threads, and a batch then waits for the interpreter."""

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
        """Raise the driver's errors as Unavailable, with the driver's message."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            words = error.orig if isinstance(error, DBAPIError) else error
            raise Unavailable(f"the directory cannot answer: {words}") from error

    def prepare_many(self, connection: Connection) -> None:
        """Rows with random keys change pages all over the indexes. With a larger cache each page is
        read once, and with rarer checkpoints it is written into the file less often.
        """
        connection.exec_driver_sql(f"PRAGMA cache_size = -{MANY_CACHE}")
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {MANY_LOGGED}")

    def insert_many(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """The driver runs one statement for each row, and prepares it once."""
        connection.execute(insert(table), rows)

    def mark(self) -> int:
        """Differs from the last value when another connection has committed since."""
        try:
            return int(self._watch.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error as error:
            raise Unavailable(f"the directory cannot answer: {error}") from error

    def backup(self, target: Path) -> None:
        """Copy everything into a new private file while in use."""
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with self.answering(), closing(sqlite3.connect(target)) as copy:
            self._watch.backup(copy)

    def close(self) -> None:
        """Close the connections; `mark` fails afterwards."""
        self._watch.close()
        self.reader.dispose()


def schema_state(url: str) -> SchemaState:
    """The version of the file's schema; no file is created. StartupError."""
    file = _file_of(url)
    if not file.exists():
        return schema.absent(str(file))
    with _starting(file), _opened(file) as engine, engine.begin() as connection:
        return schema.schema_state_of(connection, str(file))


def migrate(url: str) -> None:
    """Create or upgrade the schema, as `open_storage` does."""
    _open(_file_of(url)).dispose()


def _file_of(url: str) -> Path:
    """The path in a URL such as `sqlite:///data/directory.sqlite`, taken literally."""
    scheme, _, name = url.partition(":///")
    if scheme != "sqlite" or name in ("", ":memory:"):
        raise StartupError("the directory's URL must look like sqlite:///FOLDER/directory.sqlite.")
    return Path(name)


def _open(file: Path) -> Engine:
    """An engine on the file, whose schema is the newest.

    Migrations run without foreign keys (SQLite, ALTER TABLE, section 7). Else a table that is made
    anew would take the rows with it that refer to it.
    """
    with _starting(file):
        _make_private(file)
        with (
            _opened(file, references=False) as engine,
            engine.execution_options(writes=True).begin() as connection,
        ):
            _check(connection, file)
            schema.migrate(connection, str(file))
    return _engine(file)


@contextmanager
def _opened(file: Path, *, references: bool = True) -> Iterator[Engine]:
    engine = _engine(file, references=references)
    try:
        yield engine
    finally:
        engine.dispose()


def _make_private(file: Path) -> None:
    """Create an empty file with mode 0600 unless it exists.

    An existing file must not be opened here. Closing it would drop every lock that this process
    holds on it (SQLite, How To Corrupt An SQLite Database File, section 2.2).
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
        raise StartupError(f"cannot open the directory {file}: {error.strerror}.") from error
    except DBAPIError as error:
        if type(error.orig) is sqlite3.DatabaseError:
            raise _damaged(file) from error
        raise StartupError(f"cannot open the directory {file}: {error.orig}.") from error


def _damaged(file: Path) -> StartupError:
    return StartupError(
        f"the directory {file} is damaged or is no database; restore it from a backup."
    )


def _check(connection: Connection, file: Path) -> None:
    verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if verdict != "ok":
        raise _damaged(file)
    if not schema.is_versioned(connection) and inspect(connection).get_table_names():
        raise StartupError(f"the file {file} is a database, but not a directory of reticket.")


def _engine(file: Path, *, references: bool = True) -> Engine:
    """An engine on the file; `references` says whether it enforces foreign keys."""
    engine = create_engine(URL.create("sqlite", database=str(file)), hide_parameters=True)
    event.listen(engine, "connect", _prepare if references else _prepare_to_migrate)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver begins too late, and not before reads
    for pragma in (
        f"busy_timeout = {BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_to_migrate(connection: sqlite3.Connection, _: object) -> None:
    _prepare(connection, _)
    connection.execute("PRAGMA foreign_keys = OFF")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
