"""The port `Ephemeral` on SQLite, in its own tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from reticket.core.policy import SECOND
from reticket.core.ports import LEAP, Clock, Counted
from reticket.stores.sqlite.file import File, Sweeper, padded, placeholders

IS_LIVE = "ends_at > :now AND ends_at <= :latest"
ONCE = f"""
INSERT INTO entries VALUES (:key, :value, :ends_at) ON CONFLICT (key) DO UPDATE SET
    value = excluded.value, ends_at = excluded.ends_at WHERE NOT ({IS_LIVE})
"""  # noqa: S608
ADD = f"""
INSERT INTO counters VALUES (:key, :add, :ends_at) ON CONFLICT (key) DO UPDATE SET
    sum = iif({IS_LIVE}, sum, 0) + :add, ends_at = iif({IS_LIVE}, ends_at, :ends_at)
RETURNING sum, ends_at - :now
"""  # noqa: S608
GIVE_BACK = f"""
UPDATE counters SET sum = max(0, sum + :add) WHERE key = :key AND {IS_LIVE}
RETURNING sum, ends_at - :now
"""  # noqa: S608
READ = f"SELECT sum, ends_at - :now FROM counters WHERE key = :key AND {IS_LIVE}"  # noqa: S608
FIND_ENDED = """
SELECT json_group_array(number) FROM (
    SELECT rowid AS number FROM {table} WHERE ends_at <= ? ORDER BY ends_at LIMIT ?
)
"""
DELETE_ENDED = "DELETE FROM {table} WHERE ends_at <= ? AND rowid IN ({placeholders})"
"""Delete by row number, in one statement. Entries of one time have neighbouring row numbers, while
their keys are scattered. The driver releases the interpreter at each statement and waits to get it
back. Several statements would wait several times, holding the lock of the file.
"""


class SqliteEphemeral:
    """The port `Ephemeral`, on the same file as the families."""

    def __init__(self, path: Path, clock: Clock, busy_timeout: float = 5.0) -> None:
        self._clock = clock
        self._file = File(path, busy_timeout)
        self._reader = File(path, busy_timeout)
        self._sweeper = Sweeper(path, busy_timeout)

    def put_if_absent(self, key: str, lifetime: int, value: str = "") -> bool:
        """Insert, or replace an entry that has ended."""
        parameters = {"key": key, "value": value, **_times(self._clock(), lifetime)}
        with self._file.writing() as file:
            return file.connection.execute(ONCE, parameters).rowcount == 1

    def peek(self, key: str) -> str | None:
        """Read one entry."""
        statement = "SELECT value FROM entries WHERE key = ? AND ends_at > ?"
        with self._reader.reading() as file:
            found = file.connection.execute(statement, (key, self._clock())).fetchone()
        return found[0] if found else None

    def present(self, keys: Sequence[str]) -> set[str]:
        """Read all keys as one JSON row: each fetched row waits for the interpreter."""
        statement = (
            "SELECT json_group_array(key) FROM entries "  # noqa: S608
            f"WHERE ends_at > ? AND key IN ({placeholders(keys)})"
        )
        with self._reader.reading() as file:
            found = file.connection.execute(statement, (self._clock(), *keys)).fetchone()
        return set(json.loads(found[0]))

    def pop(self, key: str) -> str | None:
        """Delete and return what was deleted."""
        statement = "DELETE FROM entries WHERE key = ? RETURNING value, ends_at"
        with self._file.writing() as file:
            found = file.connection.execute(statement, (key,)).fetchone()
        return found[0] if found and found[1] > self._clock() else None

    def count(self, key: str, window: int, add: int = 1) -> Counted:
        """Add to one counter."""
        return self.count_each({key: window}, add)[0]

    def count_each(self, windows: Mapping[str, int], add: int = 1) -> list[Counted]:
        """Add to all counters in one transaction; with `add=0`, only read."""
        now = self._clock()
        with self._file.writing() if add else self._reader.reading() as file:
            return [
                _counted(file.connection, {"key": key, "add": add, **_times(now, window)})
                for key, window in windows.items()
            ]

    def forget(self, *keys: str) -> None:
        """Delete counters in one transaction."""
        with self._file.writing() as file:
            deleted = [(key,) for key in keys]
            file.connection.executemany("DELETE FROM counters WHERE key = ?", deleted)

    def sweep(self, limit: int) -> int:
        """Find ended rows by the index on `ends_at` outside a transaction, then delete them by
        number.
        """
        now, swept = self._clock(), 0
        for table in ("entries", "counters"):
            with self._reader.reading() as file:
                query = FIND_ENDED.format(table=table), (now, limit - swept)
                ended = json.loads(file.connection.execute(*query).fetchone()[0])
            swept += self._deleted(table, ended, now) if ended else 0
        return swept

    def close(self) -> None:
        """Close the connections."""
        for each in (self._file, self._reader, self._sweeper):
            each.close()

    def _deleted(self, table: str, ended: Sequence[int], now: int) -> int:
        numbers = padded(ended)
        statement = DELETE_ENDED.format(table=table, placeholders=placeholders(numbers))
        return self._sweeper.delete(statement, (now, *numbers))


def _times(now: int, lifetime: int) -> dict[str, int]:
    """Now, the end of what begins now, and the latest end that a correct clock can have written."""
    ends_at = now + lifetime * SECOND
    return {"now": now, "ends_at": ends_at, "latest": ends_at + LEAP * SECOND}


def _counted(connection: Connection, parameters: Mapping[str, Any]) -> Counted:
    add = parameters["add"]
    found = connection.execute(
        ADD if add > 0 else GIVE_BACK if add else READ, parameters
    ).fetchone()
    return Counted(*found) if found else Counted(0, 0)
