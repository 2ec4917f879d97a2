"""The schema in PostgreSQL and its versions. Migrations only add: older code keeps working."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict

from reticket.core.errors import StartupError, Unavailable
from reticket.core.storage.schema import SchemaState, Task
from reticket.stores.postgresql import months
from reticket.stores.postgresql.connections import Locked, Pool, Transaction, connect, reason

OLDEST_SERVER = 140_000

FORBIDDEN = psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidSchemaName

TIMEOUT = 5.0
"""Seconds for a connection and a reply, where no setting applies."""

MIGRATION_TIMEOUT = 600.0
"""Seconds for a statement of a migration: a table may be large."""

ATTEMPTS = 100
PAUSE = 0.2
"""Seconds between attempts to lock a table that is in use."""


class Migration(NamedTuple):
    """A step from one version to the next.

    Args:
        script: statements, separated by semicolons.
        oldest: the oldest schema version whose code runs on the result. It rises only when
            something is removed that no code in use still needs.
    """

    script: str
    oldest: int


MIGRATIONS = (
    Migration(
        """
        CREATE TABLE traits (
            id uuid PRIMARY KEY, resource bytea NOT NULL, client bytea, scope bytea,
            policy bytea NOT NULL, device bytea
        );
        CREATE TABLE families (
            id uuid NOT NULL, traits uuid NOT NULL, ends_at bigint NOT NULL,
            expires_at bigint NOT NULL, generation bigint NOT NULL, parent bigint NOT NULL,
            floor bigint NOT NULL, open_from bigint NOT NULL, rotated_at bigint NOT NULL,
            previous_sign_in bigint, revoked_at bigint, subject bytea NOT NULL, context bytea,
            revoked_cause bytea, PRIMARY KEY (id)
        ) PARTITION BY RANGE (id);
        CREATE INDEX families_by_subject ON families USING hash (subject);
        CREATE TABLE families_else PARTITION OF families DEFAULT WITH (fillfactor = 90);
        CREATE TABLE entries (
            key bytea PRIMARY KEY, value bytea NOT NULL, ends_at bigint NOT NULL
        );
        CREATE TABLE counters (
            key bytea PRIMARY KEY, sum bigint NOT NULL, ends_at bigint NOT NULL
        ) WITH (fillfactor = 90)
        """,
        oldest=1,
    ),
    Migration("ALTER TABLE families ADD COLUMN terms bytea", oldest=1),
    Migration(
        """
        CREATE INDEX entries_by_end ON entries (ends_at);
        CREATE INDEX counters_by_end ON counters (ends_at)
        """,
        oldest=1,
    ),
)
"""In order of version. Columns that a refresh changes have no index, and pages have free space, so
that PostgreSQL updates rows in place (HOT).
"""

VERSION_TABLE = """
CREATE TABLE IF NOT EXISTS families_version (version integer NOT NULL, oldest integer NOT NULL)
"""

VERSION_TABLE_EXISTS = """
SELECT FROM pg_class WHERE relname = 'families_version' AND pg_table_is_visible(oid)
"""
"""Not `to_regclass`: its cache may miss a table that another process has just created."""


def prepare(url: str, timeout: float) -> None:
    """Create the schema where there is none, and check the version of an existing one.

    Raises:
        StartupError: no such server, or a schema too old or too new. The text never contains the
            password.
    """
    with _starting(url, timeout) as (place, pool):
        with pool.transaction() as transaction:
            found = _schema_state(transaction, place)
            found.refuse_newer()
            found.refuse_older()
            if found.task is Task.MAKE:
                _upgrade(transaction, place)
        months.make_ahead(pool)


def migrate(url: str) -> None:
    """Upgrade the schema while older code uses it; a newer one stays as it is.

    No client waits long for it: a lock that is not granted at once is released and tried again.
    """
    with _starting(url, TIMEOUT) as (place, pool):
        for _ in range(ATTEMPTS):
            with suppress(Locked), pool.transaction(MIGRATION_TIMEOUT) as transaction:
                return _upgrade(transaction, place)
            time.sleep(PAUSE)
    raise StartupError(
        f"the sessions at {place}: a table that must be changed is locked; look for long "
        "transactions and dumps, and run `reticket migrate up` again"
    )


def schema_state(url: str) -> SchemaState:
    """The schema version of a database; nothing is created."""
    with _starting(url, TIMEOUT) as (place, pool), pool.transaction() as transaction:
        return _schema_state(transaction, place)


def _upgrade(transaction: Transaction, place: str) -> None:
    """Upgrade under an advisory lock, so one process at a time does it."""
    transaction.run("SELECT pg_advisory_xact_lock(%s)", (months.LOCK,))
    found = _schema_state(transaction, place)
    found.refuse_newer()
    if found.task is Task.NOTHING:
        return
    transaction.run(months.SHORT_WAIT)
    for migration in MIGRATIONS[found.found :]:
        for statement in filter(str.strip, migration.script.split(";")):
            transaction.run(statement)
    transaction.run(VERSION_TABLE)
    transaction.run("DELETE FROM families_version")
    reached = (len(MIGRATIONS), MIGRATIONS[-1].oldest)
    transaction.run("INSERT INTO families_version VALUES (%s, %s)", reached)


def _schema_state(transaction: Transaction, place: str) -> SchemaState:
    version, oldest = 0, 0
    if transaction.fetch(VERSION_TABLE_EXISTS):
        version, oldest = transaction.fetch("SELECT version, oldest FROM families_version")[0]
    return SchemaState("sessions", place, version, oldest, len(MIGRATIONS))


@contextmanager
def _starting(url: str, timeout: float) -> Iterator[tuple[str, Pool]]:
    place = _place(url)
    _reach(url, place, timeout)
    pool = Pool(url, timeout)
    try:
        yield place, pool
    except Unavailable as failure:
        is_forbidden = isinstance(failure.__cause__, FORBIDDEN)
        remedy = ": grant its user USAGE and CREATE on the schema" if is_forbidden else ""
        raise StartupError(f"cannot use the sessions at {place}: {failure}{remedy}") from None
    finally:
        pool.close()


def _reach(url: str, place: str, timeout: float) -> None:
    try:
        connection = connect(url, timeout)
    except psycopg.Error as error:
        raise StartupError(
            f"cannot reach PostgreSQL at {place}: {reason(error)}; check that it runs and that "
            "host, user, password and database in its URL are right"
        ) from None
    found = connection.info.server_version
    connection.close()
    if found < OLDEST_SERVER:
        raise StartupError(
            f"PostgreSQL at {place} is version {found // 10_000}: reticket needs "
            f"{OLDEST_SERVER // 10_000} or later"
        )


def _place(url: str) -> str:
    """The server's address in a URL, without user and password. psycopg's own message repeats the
    URL.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        raise _unreadable() from None
    if _has_split_a_password(parts):
        raise _unreadable()
    host, port = parts.get("host", "localhost"), parts.get("port", 5432)
    return f"{host}:{port}/{parts.get('dbname', '')}"


def _has_split_a_password(parts: Mapping[str, Any]) -> bool:
    """Whether an unescaped `@` or `/` split the password; its rest would be shown as a name."""
    names = f"{parts.get('host')}{parts.get('dbname')}"
    ports = str(parts.get("port", 5432)).split(",")
    return "@" in names or not all(port.isdecimal() for port in ports)


def _unreadable() -> StartupError:
    return StartupError(
        "the URL of the sessions cannot be read: it looks like "
        "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with the special characters of a password "
        "written as %XX"
    )
