"""Families and ephemera in one SQLite file: WAL, `synchronous=FULL`, one writer.

One statement a verb, in the open. Knows the file and its faults; no dialect, no other engine.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from reticket.core.errors import StartupError, Unavailable
from reticket.core.model import Family, Selection
from reticket.core.policy import SECOND
from reticket.core.ports import Clock, Page, Step
from reticket.core.rotation import merge, revoked

MIGRATIONS = (
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
    ) WITHOUT ROWID;
    """,
)
"""In order; `PRAGMA user_version` counts those that a file has seen."""

COLUMNS = (
    "id, resource, subject, client, context, scope, policy, ends_at, expires_at, generation, "
    "parent, floor, open_from, rotated_at, previous_sign_in, device, revoked_at, revoked_cause"
)
INSERT = f"INSERT INTO families ({COLUMNS}) VALUES (?{', ?' * 17})"  # noqa: S608
SELECT = f"SELECT {COLUMNS} FROM families"  # noqa: S608
UPDATE = (
    "UPDATE families SET context = ?, expires_at = ?, generation = ?, parent = ?, floor = ?, "
    "open_from = ?, rotated_at = ?, revoked_at = ?, revoked_cause = ? WHERE id = ?"
)
SCAN = "SELECT id, expires_at FROM families WHERE id > ? ORDER BY id LIMIT 4096"
EXPIRE = "DELETE FROM families WHERE id = ? AND expires_at < ?"

WORDS_KEPT = 100_000
SCHEME = "sqlite"
_HEX = re.compile("[0-9a-f]{32}")


def open_store(
    url: str, clock: Clock, busy_timeout: float = 5.0
) -> tuple[SqliteStore, SqliteEphemeral]:
    """Both ports on the file of a `sqlite:///` URL. StartupError names the file and its fault."""
    path = Path(url.removeprefix("sqlite:///"))
    return SqliteStore(path, clock, busy_timeout), SqliteEphemeral(path, clock, busy_timeout)


class SqliteStore:
    """The port `Store`.

    Args:
        path: made with mode 0600 when it is not there.
        busy_timeout: seconds that a locked file is waited for.
    """

    def __init__(self, path: Path, clock: Clock, busy_timeout: float = 5.0) -> None:
        self._clock = clock
        self._writer = _File(path, busy_timeout)
        self._reader = _File(path, busy_timeout)
        self._purged_to = b""

    def now(self) -> int:
        """The injected clock: milliseconds."""
        return self._clock()

    def transact(self, batch: Sequence[tuple[bytes, Step[Any]]]) -> Sequence[Any]:
        """One transaction and one fsync for the whole batch; none when no row changes."""
        with self._writer.writing() as file:
            now = self._clock()
            found = _rows(file, {family for family, _ in batch})
            rows: dict[bytes, Family | None] = dict(found)
            results = []
            for family, step in batch:
                rows[family], result = step(rows.get(family), now)
                results.append(result)
            _update(file, (row for key, row in rows.items() if row and row is not found.get(key)))
        return results

    def create(self, batch: Sequence[Family]) -> None:
        """One transaction; KeyError for an id that is there already."""
        with self._writer.writing() as file:
            try:
                file.connection.executemany(INSERT, [_packed(file, each) for each in batch])
            except sqlite3.IntegrityError:
                raise KeyError("a family with that id is there already") from None

    def find(self, family: bytes) -> Family | None:
        """The row as it is."""
        with self._reader.reading() as file:
            return _rows(file, {family}).get(family)

    def page(self, selection: Selection, limit: int, after: bytes | None = None) -> Page:
        """By the subject's index where the selection names one, else in order of id."""
        with self._reader.reading() as file:
            conditions = {**_conditions(file, selection), "id > ?": after or b""}
            rows = _select(file, conditions, f"ORDER BY id LIMIT {int(limit)}")
        return Page(rows, rows[-1].id if rows and len(rows) == limit else None)

    def revoke(self, selection: Selection, cause: str) -> Sequence[Family]:
        """One transaction."""
        with self._writer.writing() as file:
            now = self._clock()
            conditions = {**_conditions(file, selection), "revoked_at IS ?": None}
            rows = _select(file, conditions, "ORDER BY id")
            ended = [revoked(row, now, cause) for row in rows]
            _update(file, ended)
        return ended

    def absorb(self, batch: Sequence[Family]) -> None:
        """Row by row in one transaction."""
        with self._writer.writing() as file:
            for family in batch:
                present = _rows(file, {family.id}).get(family.id)
                if present is None:
                    file.connection.execute(INSERT, _packed(file, family))
                else:
                    _update(file, [merge(present, family)])

    def expire(self, before: int, limit: int) -> int:
        """Walks in order of id, which is that of creation, and goes on where it stopped."""
        with self._reader.reading() as file:
            doomed = self._expired(file.connection, before, limit)
        if not doomed:
            return 0
        with self._writer.writing() as file:
            return file.connection.executemany(EXPIRE, [(key, before) for key in doomed]).rowcount

    def backup(self, path: Path) -> None:
        """Copy the whole file while it is in use; the copy has mode 0600."""
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with self._reader.reading() as file, closing(sqlite3.connect(path)) as copy:
            file.connection.backup(copy)

    def close(self) -> None:
        """Close both connections."""
        self._writer.close()
        self._reader.close()

    def _expired(self, connection: sqlite3.Connection, before: int, limit: int) -> list[bytes]:
        doomed: list[bytes] = []
        while len(doomed) < limit:
            rows = connection.execute(SCAN, (self._purged_to,)).fetchall()
            if not rows:
                self._purged_to = b""
                return doomed
            for key, expires_at in rows:
                if len(doomed) == limit:
                    break
                self._purged_to = key
                if expires_at < before:
                    doomed.append(key)
        return doomed


def _rows(file: _File, keys: set[bytes]) -> dict[bytes, Family]:
    holders = ",".join("?" * len(keys))
    found = file.connection.execute(f"{SELECT} WHERE id IN ({holders})", tuple(keys))
    return {row[0]: _family(file, row) for row in found}


def _select(file: _File, conditions: dict[str, Any], rest: str) -> list[Family]:
    where = " AND ".join(conditions)
    statement = f"{SELECT} WHERE {where} {rest}"
    found = file.connection.execute(statement, tuple(conditions.values()))
    return [_family(file, row) for row in found]


def _conditions(file: _File, selection: Selection) -> dict[str, Any]:
    conditions: dict[str, Any] = {}
    if selection.family is not None:
        conditions["id = ?"] = selection.family
    if selection.subject is not None:
        conditions["subject = ?"] = _pack_subject(selection.subject)
    for column in ("resource", "context", "client"):
        word = getattr(selection, column)
        if word is not None:
            conditions[f"{column} = ?"] = file.id_of.known(word)
    if selection.live_at is not None:
        conditions["revoked_at IS NULL AND min(expires_at, ends_at) > ?"] = selection.live_at
    return conditions


def _update(file: _File, rows: Iterable[Family]) -> None:
    word = file.id_of
    changes = [
        (
            word[row.context], row.expires_at, row.generation, row.parent, row.floor,
            row.open_from, row.rotated_at, row.revoked_at, word[row.revoked_cause], row.id,
        )
        for row in rows
    ]  # fmt: skip
    file.connection.executemany(UPDATE, changes)


def _packed(file: _File, row: Family) -> tuple[Any, ...]:
    word = file.id_of
    return (
        row.id, word[row.resource], _pack_subject(row.subject), word[row.client],
        word[row.context], word[row.scope], word[row.policy], row.ends_at, row.expires_at,
        row.generation, row.parent, row.floor, row.open_from, row.rotated_at,
        row.previous_sign_in, word[row.device], row.revoked_at, word[row.revoked_cause],
    )  # fmt: skip


def _family(file: _File, row: Any) -> Family:
    word = file.word_of
    subject = row[2]
    numbers: tuple[int, int, int, int, int, int, int, int] = row[7:15]
    return Family(
        row[0], word[row[1]] or "", subject.hex() if type(subject) is bytes else subject,
        word[row[3]], word[row[4]], word[row[5]], word[row[6]] or "", *numbers,
        word[row[15]], row[16], word[row[17]],
    )  # fmt: skip


def _pack_subject(subject: str) -> str | bytes:
    """32 lower-case hex digits take 16 bytes; any other text stays as it is."""
    if len(subject) == 32 and _HEX.fullmatch(subject):
        return bytes.fromhex(subject)
    return subject


class _WordOf(dict[int | None, str | None]):
    """Repeated texts by their number."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__({None: None})
        self._connection = connection

    def __missing__(self, number: int) -> str:
        found = self._connection.execute("SELECT word FROM words WHERE id = ?", (number,))
        word: str = found.fetchone()[0]
        if len(self) < WORDS_KEPT:
            self[number] = word
        return word


class _IdOf(dict[str | None, int | None]):
    """Numbers of repeated texts; a new text gets one in the transaction at hand."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__({None: None})
        self._connection = connection

    def known(self, word: str) -> int:
        """The number, or one that nothing has."""
        found = self._connection.execute("SELECT id FROM words WHERE word = ?", (word,)).fetchone()
        return found[0] if found else -1

    def forget(self) -> None:
        """What a transaction that was rolled back may have added."""
        self.clear()
        self[None] = None

    def __missing__(self, word: str) -> int:
        insert = "INSERT INTO words (word) VALUES (?) ON CONFLICT DO NOTHING"
        self._connection.execute(insert, (word,))
        number = self.known(word)
        if len(self) < WORDS_KEPT:
            self[word] = number
        return number


class _File:
    """A connection with its lock, and the mapping of its errors."""

    def __init__(self, path: Path, busy_timeout: float) -> None:
        self._lock = threading.Lock()
        self.connection = _open(path, busy_timeout)
        self.word_of = _WordOf(self.connection)
        self.id_of = _IdOf(self.connection)

    @contextmanager
    def reading(self) -> Iterator[_File]:
        """The connection for this thread alone."""
        with self._lock, _mapped():
            yield self

    @contextmanager
    def writing(self) -> Iterator[_File]:
        """The same in a transaction: all of it is kept, or nothing."""
        with self._lock, _mapped():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self
                self.connection.execute("COMMIT")
            except BaseException:
                self.id_of.forget()
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Wait for whoever has it, then close."""
        with self._lock:
            self.connection.close()


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Unavailable(f"the families' file cannot answer: {error}") from error


def _open(path: Path, busy_timeout: float) -> sqlite3.Connection:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            path, timeout=busy_timeout, isolation_level=None, check_same_thread=False,
            cached_statements=512,
        )  # fmt: skip
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        _migrate(connection, path)
    except OSError as error:
        raise StartupError(f"cannot open {path}: {error.strerror}") from None
    except sqlite3.OperationalError as error:
        raise StartupError(f"cannot open {path}: {error}") from None
    except sqlite3.DatabaseError:
        raise StartupError(
            f"{path} is damaged or is no database; restore it from a backup"
        ) from None
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN IMMEDIATE")
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        connection.execute("ROLLBACK")
        raise StartupError(f"{path} was written by a newer version of reticket; update this one")
    for script in MIGRATIONS[version:]:
        for statement in filter(str.strip, script.split(";")):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.execute("COMMIT")


class SqliteEphemeral:
    """The port `Ephemeral`, on the same file."""

    def __init__(self, path: Path, clock: Clock, busy_timeout: float = 5.0) -> None:
        self._clock = clock
        self._file = _File(path, busy_timeout)

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
        with self._file.reading() as file:
            found = file.connection.execute(statement, (key, self._clock())).fetchone()
        return found[0] if found else None

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
        """Close the connection."""
        self._file.close()

    def _sum(self, key: str, now: int) -> int:
        statement = "SELECT sum FROM counters WHERE key = ? AND ends_at > ?"
        with self._file.reading() as file:
            found = file.connection.execute(statement, (key, now)).fetchone()
        return found[0] if found else 0
