"""The schema of the file and its versions. Migrations only add: older code keeps working."""

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
        oldest: the oldest schema version whose code runs on the result.
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
        # Rows are stored in the order of their creation, which is nearly the order of their ends.
        # When they were stored by key, each deletion changed a different page.
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
"""In order of version."""

OLDEST = 1 << 16
"""`PRAGMA user_version` holds the version plus `OLDEST` times the oldest version that may run."""


def schema_state_of(connection: sqlite3.Connection, path: Path) -> SchemaState:
    """The schema version of an open file."""
    oldest, found = divmod(connection.execute("PRAGMA user_version").fetchone()[0], OLDEST)
    return SchemaState("sessions", str(path), found, oldest, len(MIGRATIONS))


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Create or upgrade the schema in an exclusive transaction, so one process at a time does it.

    Raises:
        StartupError: the schema is newer than this code supports.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        state = schema_state_of(connection, path)
        state.refuse_newer()
        if state.task is not Task.NOTHING:
            _upgrade(connection, state.found)
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
    """The schema version of a file that is only read. StartupError when it cannot be read."""
    if not path.exists():
        return SchemaState("sessions", str(path), 0, 0, len(MIGRATIONS))
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            return schema_state_of(opened, path)
    except sqlite3.Error as error:
        raise StartupError(f"cannot open {path}: {error}") from None
