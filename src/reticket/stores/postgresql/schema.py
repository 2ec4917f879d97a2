"""The schema in PostgreSQL and its versions. Migrations only add, so that old code goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict

from reticket.core.errors import StartupError, Unavailable
from reticket.stores.postgresql import months
from reticket.stores.postgresql.connections import Pool, Turn, connect, reason

OLDEST_SERVER = 140_000

FORBIDDEN = psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidSchemaName

MIGRATING_PATIENCE = 600.0
"""Seconds a statement: a table may be long."""


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
)
"""In order. No index on what a refresh changes, and room on every page: updates in place (HOT)."""

VERSION_TABLE = """
CREATE TABLE IF NOT EXISTS families_version (version integer NOT NULL, oldest integer NOT NULL)
"""

IS_THERE = """
SELECT FROM pg_class WHERE relname = 'families_version' AND pg_table_is_visible(oid)
"""
"""Not `to_regclass`: its cache may not know what another process has just made."""


class Version(NamedTuple):
    """Of a schema: what it is, and the oldest code that runs on it. An empty one is (0, 0)."""

    version: int
    oldest: int


def prepare(url: str, patience: float) -> None:
    """Make the schema where there is none, and check the one that is there.

    Raises:
        StartupError: no such server, or a schema too old or too new; never with the password.
    """
    with _starting(url, patience) as (place, pool):
        with pool.turn() as turn:
            found = _version(turn)
            if found.version == 0:
                _migrate(turn)
            else:
                _check(found, place)
        months.make_ahead(pool)


def migrate(url: str) -> int:
    """Bring the schema up to date while older code uses it; how many steps that took."""
    with _starting(url, MIGRATING_PATIENCE) as (_, pool), pool.turn() as turn:
        return _migrate(turn)


def status(url: str) -> Version:
    """The version of the schema; `len(MIGRATIONS)` is this code's."""
    with _starting(url, MIGRATING_PATIENCE) as (_, pool), pool.turn() as turn:
        return _version(turn)


def _check(found: Version, place: str) -> None:
    if found.version < len(MIGRATIONS):
        raise StartupError(
            f"the families at {place} have schema {found.version} and this version needs "
            f"{len(MIGRATIONS)}: run `reticket migrate up`"
        )
    if found.oldest > len(MIGRATIONS):
        raise StartupError(
            f"the families at {place} were changed by a newer version of reticket: update this one"
        )


def _migrate(turn: Turn) -> int:
    """In a transaction that only one process at a time is in."""
    turn.run("SELECT pg_advisory_xact_lock(%s)", (months.LOCK,))
    waiting = MIGRATIONS[_version(turn).version :]
    for migration in waiting:
        for statement in filter(str.strip, migration.script.split(";")):
            turn.run(statement)
    if waiting:
        turn.run(VERSION_TABLE)
        turn.run("DELETE FROM families_version")
        reached = (len(MIGRATIONS), MIGRATIONS[-1].oldest)
        turn.run("INSERT INTO families_version VALUES (%s, %s)", reached)
    return len(waiting)


def _version(turn: Turn) -> Version:
    if not turn.fetch(IS_THERE):
        return Version(0, 0)
    return Version(*turn.fetch("SELECT version, oldest FROM families_version")[0])


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
        raise StartupError(f"cannot reach PostgreSQL at {place}: {reason(error)}") from None
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
        raise StartupError(
            "the URL of the families cannot be read: it looks like "
            "postgresql://user:password@host:5432/database"
        ) from None
    host, port = parts.get("host", "localhost"), parts.get("port", 5432)
    return f"{host}:{port}/{parts.get('dbname', '')}"
