"""The port `Ephemeral` on SQLite, in tables of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from reticket.core.policy import SECOND
from reticket.core.ports import Clock
from reticket.stores.sqlite.file import File


class SqliteEphemeral:
    """The port `Ephemeral`, on the same file."""

    def __init__(self, path: Path, clock: Clock, busy_timeout: float = 5.0) -> None:
        self._clock = clock
        self._file = File(path, busy_timeout)
        self._reader = File(path, busy_timeout)

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
        holders = ",".join("?" * len(keys))
        statement = (
            "SELECT json_group_array(key) FROM entries "  # noqa: S608
            f"WHERE ends_at > ? AND key IN ({holders})"
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

    def count(self, key: str, window: int, add: int = 1) -> int:
        """An insert or an addition."""
        now = self._clock()
        if add == 0:
            return self._sum(key, now)
        statement = (
            "INSERT INTO counters VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET "
            "sum = iif(ends_at > ?4, sum, 0) + ?2, ends_at = iif(ends_at > ?4, ends_at, ?3) "
            "RETURNING sum"
        )
        with self._file.writing() as file:
            ends_at = now + window * SECOND
            found = file.connection.execute(statement, (key, add, ends_at, now)).fetchone()
        total: int = found[0]
        return total

    def forget(self, key: str) -> None:
        """A delete."""
        with self._file.writing() as file:
            file.connection.execute("DELETE FROM counters WHERE key = ?", (key,))

    def sweep(self, limit: int) -> int:
        """A delete from both tables."""
        swept = 0
        with self._file.writing() as file:
            for table in ("entries", "counters"):
                statement = (
                    f"DELETE FROM {table} WHERE key IN "  # noqa: S608
                    f"(SELECT key FROM {table} WHERE ends_at <= ? LIMIT ?)"
                )
                gone = file.connection.execute(statement, (self._clock(), limit - swept))
                swept += gone.rowcount
        return swept

    def close(self) -> None:
        """Close both connections."""
        self._file.close()
        self._reader.close()

    def _sum(self, key: str, now: int) -> int:
        statement = "SELECT sum FROM counters WHERE key = ? AND ends_at > ?"
        with self._reader.reading() as file:
            found = file.connection.execute(statement, (key, now)).fetchone()
        return found[0] if found else 0
