"""The schema of the file and its versions. Migrations only add, so that old code goes on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from reticket.core.errors import StartupError
from reticket.core.storage.schema import SchemaState, Task


class Migration(NamedTuple):
    """A step from one version to the next.

    Args:
        script: statements, separated by semicolons.
        oldest: the oldest version whose code runs on the result.
    """

    script: str
    oldest: int


MIGRATIONS = (
    Migration(
        """
        CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);
        CREATE TABLE families (
            id BLOB PRIMARY KEY, resource INTEGER NOT NULL, subject NOT NULL, client INTEGER,
            context INTEGER, scope INTEGER, policy INTEGER NOT NULL, ends_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL, generation INTEGER NOT NULL, parent INTEGER NOT NULL,
            floor INTEGER NOT NULL, open_from INTEGER NOT NULL, rotated_at INTEGER NOT NULL,
            previous_sign_in INTEGER, device INTEGER, revoked_at INTEGER, revoked_cause INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX families_by_subject ON families (subject);
        CREATE TABLE entries (
            key TEXT PRIMARY KEY, value TEXT NOT NULL, ends_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE counters (
            key TEXT PRIMARY KEY, sum INTEGER NOT NULL, ends_at INTEGER NOT NULL
        ) WITHOUT ROWID
        """,
        oldest=1,
    ),
    Migration("ALTER TABLE families ADD COLUMN terms TEXT", oldest=1),
    Migration(
        """
        CREATE INDEX entries_by_end ON entries (ends_at);
        CREATE INDEX counters_by_end ON counters (ends_at)
        """,
        oldest=1,
    ),
    Migration(
        # in the order in which they come, which is nearly that in which they end: sorted by key
        # each deletion changed pages that no other one did
        """
        CREATE TABLE ordered_entries (
            key TEXT PRIMARY KEY, value TEXT NOT NULL, ends_at INTEGER NOT NULL
        );
        INSERT INTO ordered_entries SELECT key, value, ends_at FROM entries;
        DROP TABLE entries;
        ALTER TABLE ordered_entries RENAME TO entries;
        CREATE INDEX entries_by_end ON entries (ends_at);
        CREATE TABLE ordered_counters (
            key TEXT PRIMARY KEY, sum INTEGER NOT NULL, ends_at INTEGER NOT NULL
        );
        INSERT INTO ordered_counters SELECT key, sum, ends_at FROM counters;
        DROP TABLE counters;
        ALTER TABLE ordered_counters RENAME TO counters;
        CREATE INDEX counters_by_end ON counters (ends_at)
        """,
        oldest=1,
    ),
)
"""In order."""

OLDEST = 1 << 16
"""`PRAGMA user_version` is the version, and so many times the oldest that runs on it."""


def schema_state_of(connection: sqlite3.Connection, path: Path) -> SchemaState:
    """How the schema of an open file stands."""
    oldest, found = divmod(connection.execute("PRAGMA user_version").fetchone()[0], OLDEST)
    return SchemaState("families", str(path), found, oldest, len(MIGRATIONS))


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make or upgrade the schema, in a transaction that one process at a time is in.

    Raises:
        StartupError: this version cannot run on it.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        standing = schema_state_of(connection, path)
        standing.refuse_newer()
        if standing.task is not Task.NOTHING:
            _upgrade(connection, standing.found)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _upgrade(connection: sqlite3.Connection, found: int) -> None:
    for migration in MIGRATIONS[found:]:
        for statement in filter(str.strip, migration.script.split(";")):
            connection.execute(statement)
    reached = MIGRATIONS[-1].oldest * OLDEST + len(MIGRATIONS)
    connection.execute(f"PRAGMA user_version = {reached}")


def schema_state_at(path: Path) -> SchemaState:
    """How the schema of a file stands, which is neither made nor changed. StartupError."""
    if not path.exists():
        return SchemaState("families", str(path), 0, 0, len(MIGRATIONS))
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            return schema_state_of(opened, path)
    except sqlite3.Error as error:
        raise StartupError(f"cannot open {path}: {error}") from None
