"""The schema in PostgreSQL and its versions. Migrations only add, so that old code goes on."""

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
from reticket.stores.postgresql.connections import Locked, Pool, Turn, connect, reason

OLDEST_SERVER = 140_000

FORBIDDEN = psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidSchemaName

PATIENCE = 5.0
"""Seconds for a connection and an answer, where no setting says so."""

MIGRATING_PATIENCE = 600.0
"""Seconds a statement of a migration: a table may be long."""

ATTEMPTS = 100
PAUSE = 0.2
"""Seconds between attempts to lock a table that others read and write."""


class Migration(NamedTuple):
    """A step from one version to the next.

    Args:
        script: statements, separated by semicolons.
        oldest: the oldest version whose code runs on the result. It only rises when something
            goes that all code in use has long ceased to need.
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
"""In order. No index on what a refresh changes, and room on every page: updates in place (HOT)."""

VERSION_TABLE = """
CREATE TABLE IF NOT EXISTS families_version (version integer NOT NULL, oldest integer NOT NULL)
"""

IS_THERE = """
SELECT FROM pg_class WHERE relname = 'families_version' AND pg_table_is_visible(oid)
"""
"""Not `to_regclass`: its cache may not know what another process has just made."""


def prepare(url: str, patience: float) -> None:
    """Make the schema where there is none, and check the one that is there.

    Raises:
        StartupError: no such server, or a schema too old or too new; never with the password.
    """
    with _starting(url, patience) as (place, pool):
        with pool.turn() as turn:
            found = _standing(turn, place)
            found.refuse_newer()
            found.refuse_older()
            if found.task is Task.MAKE:
                _upgrade(turn, place)
        months.make_ahead(pool)


def migrate(url: str) -> None:
    """Bring the schema up to date while older code uses it; a newer one stays as it is.

    Nobody waits long for it: what cannot have its lock at once makes room and tries again.
    """
    with _starting(url, PATIENCE) as (place, pool):
        for _ in range(ATTEMPTS):
            with suppress(Locked), pool.turn(MIGRATING_PATIENCE) as turn:
                return _upgrade(turn, place)
            time.sleep(PAUSE)
    raise StartupError(
        f"the families at {place}: others keep a table that must be changed; look for long "
        "transactions and dumps, and run `reticket migrate up` again"
    )


def standing(url: str) -> SchemaState:
    """How the schema there stands; nothing is made."""
    with _starting(url, PATIENCE) as (place, pool), pool.turn() as turn:
        return _standing(turn, place)


def _upgrade(turn: Turn, place: str) -> None:
    """In a transaction that only one process at a time is in."""
    turn.run("SELECT pg_advisory_xact_lock(%s)", (months.LOCK,))
    found = _standing(turn, place)
    found.refuse_newer()
    if found.task is Task.NOTHING:
        return
    turn.run(months.SHORT_WAIT)
    for migration in MIGRATIONS[found.found :]:
        for statement in filter(str.strip, migration.script.split(";")):
            turn.run(statement)
    turn.run(VERSION_TABLE)
    turn.run("DELETE FROM families_version")
    reached = (len(MIGRATIONS), MIGRATIONS[-1].oldest)
    turn.run("INSERT INTO families_version VALUES (%s, %s)", reached)


def _standing(turn: Turn, place: str) -> SchemaState:
    version, oldest = 0, 0
    if turn.fetch(IS_THERE):
        version, oldest = turn.fetch("SELECT version, oldest FROM families_version")[0]
    return SchemaState("families", place, version, oldest, len(MIGRATIONS))


@contextmanager
def _starting(url: str, patience: float) -> Iterator[tuple[str, Pool]]:
    place = _place(url)
    _reach(url, place, patience)
    pool = Pool(url, patience)
    try:
        yield place, pool
    except Unavailable as failure:
        may_not = isinstance(failure.__cause__, FORBIDDEN)
        remedy = ": grant its user USAGE and CREATE on the schema" if may_not else ""
        raise StartupError(f"cannot use the families at {place}: {failure}{remedy}") from None
    finally:
        pool.close()


def _reach(url: str, place: str, patience: float) -> None:
    try:
        connection = connect(url, patience)
    except psycopg.Error as error:
        raise StartupError(
            f"cannot reach PostgreSQL at {place}: {reason(error)}; see that it runs and that host, "
            "user, password and database in its URL are right"
        ) from None
    found = connection.info.server_version
    connection.close()
    if found < OLDEST_SERVER:
        raise StartupError(
            f"PostgreSQL at {place} is version {found // 10_000}: reticket needs "
            f"{OLDEST_SERVER // 10_000} or later"
        )


def _place(url: str) -> str:
    """Where a URL leads, without who goes there. The driver's own complaint repeats the URL."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        raise _unreadable() from None
    if _has_split_a_password(parts):
        raise _unreadable()
    host, port = parts.get("host", "localhost"), parts.get("port", 5432)
    return f"{host}:{port}/{parts.get('dbname', '')}"


def _has_split_a_password(parts: Mapping[str, Any]) -> bool:
    """With `@` or `/` in it unescaped, its rest would be a name or a port, and be told."""
    names = f"{parts.get('host')}{parts.get('dbname')}"
    ports = str(parts.get("port", 5432)).split(",")
    return "@" in names or not all(port.isdecimal() for port in ports)


def _unreadable() -> StartupError:
    return StartupError(
        "the URL of the families cannot be read: it looks like "
        "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with the special characters of a password "
        "written as %XX"
    )
