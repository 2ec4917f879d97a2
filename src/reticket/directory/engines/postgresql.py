"""PostgreSQL under the directory: the version shows changes, and starts are serialized by a lock.

Only this module and `postgresql_server` know this engine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg.errors import (
    DeadlockDetected,
    InsufficientPrivilege,
    InvalidSchemaName,
    LockNotAvailable,
)
from sqlalchemy import Connection, Table, inspect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

from reticket.core.errors import StartupError, Unavailable
from reticket.core.storage.schema import SchemaState
from reticket.directory.engines import postgresql_server as server
from reticket.directory.engines import schema
from reticket.directory.engines.database import version_of
from reticket.directory.engines.postgresql_copy import copy
from reticket.directory.engines.storage import Row
from reticket.directory.errors import Invalid
from reticket.directory.tables import metadata

STARTING_PATIENCE = 60.0
"""Seconds for each statement of a start: another process may be migrating."""

STARTING = 0x7265_7469_636B_6574
"""The lock that a start holds during its transaction: the project's name in ASCII."""

SHORT_WAIT = "SET LOCAL lock_timeout = '200ms'"
"""A waiting table lock blocks all later ones, so the wait must be short."""

BUSY = LockNotAvailable, DeadlockDetected
"""Errors of a start that another process causes; the start is tried again."""

MANY_PATIENCE = 60.0
"""Seconds for a statement with many rows."""

FORBIDDEN = InsufficientPrivilege, InvalidSchemaName

ATTEMPTS = 100
PAUSE = 0.2
"""Seconds between attempts to lock a table that is in use."""


def open_storage(url: str) -> PostgresqlStorage:
    """Open the database of the URL. StartupError."""
    return PostgresqlStorage(url)


class PostgresqlStorage:
    """Owns connections to a server.

    StartupError, with the address but no credentials, when it cannot be reached, contains another
    program's tables, or was written by a newer version.
    """

    pause = 0.5

    def __init__(self, url: str) -> None:
        options = server.options_of(url)
        _start(options)
        engine = server.engine_on(options, server.PATIENCE)
        self.reader = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self.writer = engine.execution_options(writes=True)
        self._asking = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._closed = False

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Raise the driver's errors as Unavailable; its messages may contain a row."""
        if self._closed:
            raise Unavailable("the directory cannot answer: it is a closed database")
        try:
            yield
        except SQLAlchemyError as error:
            raise Unavailable(f"the directory cannot answer: {_reason(error)}") from None

    def prepare_many(self, connection: Connection) -> None:
        """A statement with many rows takes longer than others."""
        server.be_patient(connection, MANY_PATIENCE)

    def insert_many(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """The server copies the rows: a statement for each would take it ten times as long."""
        try:
            copy(connection, table, rows)
        except psycopg.DataError:
            raise Invalid("A value cannot be kept: it is too long or too large.") from None
        except psycopg.Error as error:
            raise Unavailable(f"the directory cannot answer: {type(error).__name__}") from None

    def mark(self) -> int:
        """The version: one round trip, outside any transaction."""
        with self.answering(), self._asking.connect() as connection:
            return version_of(connection)

    def backup(self, target: Path) -> None:
        """StartupError: PostgreSQL's own tools copy a server."""
        raise StartupError(
            "the directory is in PostgreSQL: back it up with its own tools, pg_dump or "
            "pg_basebackup with archived logs."
        )

    def close(self) -> None:
        """Close the connections; every later call fails."""
        self._closed = True
        self.reader.dispose()


def schema_state(url: str) -> SchemaState:
    """The version of the schema; nothing is created. StartupError."""
    options = server.options_of(url)
    with _starting(options) as (connection, place):
        return schema.schema_state_of(connection, place)


def migrate(url: str) -> None:
    """Create or upgrade the tables while older programs use them. StartupError.

    No client waits long for it: a lock that is not granted at once is released and tried again.
    """
    options = server.options_of(url)
    for _ in range(ATTEMPTS):
        with suppress(_Locked), _starting(options) as (connection, place):
            _take_turns(connection)
            _check(connection, place)
            connection.exec_driver_sql(SHORT_WAIT)
            return schema.migrate(connection, place)
        time.sleep(PAUSE)
    raise StartupError(
        f"cannot upgrade the directory {server.place_of(options)}: a table that must be "
        "changed is locked; look for long transactions and dumps, and run `reticket migrate up` "
        "again."
    )


def _start(options: server.Options) -> None:
    """Create the tables, or check that their version fits. Tables that other processes use are
    upgraded only by the operator.
    """
    with _starting(options) as (connection, place):
        _take_turns(connection)
        _check(connection, place)
        schema.schema_state_of(connection, place).refuse_older()
        schema.migrate(connection, place)


@contextmanager
def _starting(options: server.Options) -> Iterator[tuple[Connection, str]]:
    """A transaction that waits for other processes that start or migrate."""
    place = server.place_of(options)
    engine = server.engine_on(options, STARTING_PATIENCE)
    try:
        with engine.execution_options(writes=True).begin() as connection:
            yield connection, place
    except SQLAlchemyError as error:
        if isinstance(error, DBAPIError) and isinstance(error.orig, BUSY):
            raise _Locked from None
        raise StartupError(
            f"cannot open the directory {place}: {_reason(error)}; {_remedy(error)}."
        ) from None
    finally:
        engine.dispose()


class _Locked(Exception):
    """A table lock was not granted within the transaction's own lock timeout."""


def _take_turns(connection: Connection) -> None:
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (STARTING,))


def _check(connection: Connection, place: str) -> None:
    """Check that no other program has tables under the directory's names."""
    if schema.is_versioned(connection):
        return
    taken = metadata.tables.keys() & set(inspect(connection).get_table_names())
    if taken:
        raise StartupError(
            f"the database {place} has tables that are not of a directory of reticket "
            f"({', '.join(sorted(taken))}); give it a database of its own."
        )


def _remedy(error: SQLAlchemyError) -> str:
    if isinstance(error, DBAPIError) and isinstance(error.orig, FORBIDDEN):
        return "grant its user USAGE and CREATE on the schema"
    return "check that it runs and that host, user, password and database in its URL are right"


def _reason(error: SQLAlchemyError) -> str:
    """One line about an error: the server's condition, or what happened to the connection."""
    if isinstance(error, NoConnection):
        return "all connections to PostgreSQL are busy"
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    if state:
        return f"{type(cause).__name__} ({state})"
    return str(cause).partition("\n")[0].rstrip(".") or type(cause).__name__
