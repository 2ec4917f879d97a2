"""The port `Ephemeral` on SQLite, in tables of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from reticket.core.policy import SECOND
from reticket.core.ports import LEAP, Clock, Counted
from reticket.stores.sqlite.file import File, Sweeper, holders, padded

LIVES = "ends_at > :now AND ends_at <= :latest"
ONCE = f"""
INSERT INTO entries VALUES (:key, :value, :ends_at) ON CONFLICT (key) DO UPDATE SET
    value = excluded.value, ends_at = excluded.ends_at WHERE NOT ({LIVES})
"""  # noqa: S608
ADD = f"""
INSERT INTO counters VALUES (:key, :add, :ends_at) ON CONFLICT (key) DO UPDATE SET
    sum = iif({LIVES}, sum, 0) + :add, ends_at = iif({LIVES}, ends_at, :ends_at)
RETURNING sum, ends_at - :now
"""  # noqa: S608
GIVE_BACK = f"""
UPDATE counters SET sum = max(0, sum + :add) WHERE key = :key AND {LIVES}
RETURNING sum, ends_at - :now
"""  # noqa: S608
LOOK = f"SELECT sum, ends_at - :now FROM counters WHERE key = :key AND {LIVES}"  # noqa: S608
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
        said = {"key": key, "value": value, **_times(self._clock(), lifetime)}
        with self._file.writing() as file:
            return file.connection.execute(ONCE, said).rowcount == 1

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
                _counted(file.connection, {"key": key, "add": add, **_times(now, window)})
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


def _times(now: int, lifetime: int) -> dict[str, int]:
    """When something ends that begins now, and the latest end of what may have begun by now."""
    ends_at = now + lifetime * SECOND
    return {"now": now, "ends_at": ends_at, "latest": ends_at + LEAP * SECOND}


def _counted(connection: Connection, said: Mapping[str, Any]) -> Counted:
    add = said["add"]
    found = connection.execute(ADD if add > 0 else GIVE_BACK if add else LOOK, said).fetchone()
    return Counted(*found) if found else Counted(0, 0)
