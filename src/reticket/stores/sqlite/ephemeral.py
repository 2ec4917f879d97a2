"""The port `Ephemeral` on SQLite, in tables of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from sqlite3 import Connection

from reticket.core.policy import SECOND
from reticket.core.ports import Clock, Counted
from reticket.stores.sqlite.file import File, Sweeper, holders, padded

ADD = """
INSERT INTO counters VALUES (:key, :add, :ends_at) ON CONFLICT (key) DO UPDATE SET
    sum = iif(ends_at > :now, sum, 0) + :add, ends_at = iif(ends_at > :now, ends_at, :ends_at)
RETURNING sum, ends_at - :now
"""
GIVE_BACK = """
UPDATE counters SET sum = max(0, sum + :add) WHERE key = :key AND ends_at > :now
RETURNING sum, ends_at - :now
"""
LOOK = "SELECT sum, ends_at - :now FROM counters WHERE key = :key AND ends_at > :now"
OVER = """
SELECT json_group_array(number) FROM (
    SELECT rowid AS number FROM {table} WHERE ends_at <= ? ORDER BY ends_at LIMIT ?
)
"""
DELETE_OVER = "DELETE FROM {table} WHERE ends_at <= ? AND rowid IN ({holders})"
"""By the number of a row: rows that came together lie together, and their keys lie anywhere. Each
in one step: the driver lets go of the interpreter at every one, and would wait for it anew, with
the lock of the file in its hands.
"""


class SqliteEphemeral:
    """The port `Ephemeral`, on the same file."""

    def __init__(self, path: Path, clock: Clock, busy_timeout: float = 5.0) -> None:
        self._clock = clock
        self._file = File(path, busy_timeout)
        self._reader = File(path, busy_timeout)
        self._sweeper = Sweeper(path, busy_timeout)

    def once(self, key: str, lifetime: int, value: str = "") -> bool:
        """An insert that takes the place of what is over."""
        now = self._clock()
        with self._file.writing() as file:
            statement = (
                "INSERT INTO entries VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
                "value = excluded.value, ends_at = excluded.ends_at WHERE ends_at <= ?"
            )
            ends_at = now + lifetime * SECOND
            return file.connection.execute(statement, (key, value, ends_at, now)).rowcount == 1

    def peek(self, key: str) -> str | None:
        """A look."""
        statement = "SELECT value FROM entries WHERE key = ? AND ends_at > ?"
        with self._reader.reading() as file:
            found = file.connection.execute(statement, (key, self._clock())).fetchone()
        return found[0] if found else None

    def present(self, keys: Sequence[str]) -> set[str]:
        """One row for all: each that is fetched would wait for the interpreter anew."""
        statement = (
            "SELECT json_group_array(key) FROM entries "  # noqa: S608
            f"WHERE ends_at > ? AND key IN ({holders(keys)})"
        )
        with self._reader.reading() as file:
            found = file.connection.execute(statement, (self._clock(), *keys)).fetchone()
        return set(json.loads(found[0]))

    def take(self, key: str) -> str | None:
        """A delete that returns what it deleted."""
        statement = "DELETE FROM entries WHERE key = ? RETURNING value, ends_at"
        with self._file.writing() as file:
            found = file.connection.execute(statement, (key,)).fetchone()
        return found[0] if found and found[1] > self._clock() else None

    def count(self, key: str, window: int, add: int = 1) -> Counted:
        """The same for one."""
        return self.count_each({key: window}, add)[0]

    def count_each(self, windows: Mapping[str, int], add: int = 1) -> list[Counted]:
        """Inserts or additions in one transaction, or looks."""
        now = self._clock()
        with self._file.writing() if add else self._reader.reading() as file:
            return [
                _counted(file.connection, key, now, now + window * SECOND, add)
                for key, window in windows.items()
            ]

    def forget(self, *keys: str) -> None:
        """Deletes in one transaction."""
        with self._file.writing() as file:
            deleted = [(key,) for key in keys]
            file.connection.executemany("DELETE FROM counters WHERE key = ?", deleted)

    def sweep(self, limit: int) -> int:
        """By the index of the ends, outside a transaction; then a short one deletes by number."""
        now, swept = self._clock(), 0
        for table in ("entries", "counters"):
            with self._reader.reading() as file:
                wanted = OVER.format(table=table), (now, limit - swept)
                over = json.loads(file.connection.execute(*wanted).fetchone()[0])
            swept += self._deleted(table, over, now) if over else 0
        return swept

    def close(self) -> None:
        """Close the connections."""
        for each in (self._file, self._reader, self._sweeper):
            each.close()

    def _deleted(self, table: str, over: Sequence[int], now: int) -> int:
        numbers = padded(over)
        statement = DELETE_OVER.format(table=table, holders=holders(numbers))
        with self._sweeper.writing() as file:
            return file.connection.execute(statement, (now, *numbers)).rowcount


def _counted(connection: Connection, key: str, now: int, ends_at: int, add: int) -> Counted:
    said = {"key": key, "now": now, "ends_at": ends_at, "add": add}
    found = connection.execute(ADD if add > 0 else GIVE_BACK if add else LOOK, said).fetchone()
    return Counted(*found) if found else Counted(0, 0)
