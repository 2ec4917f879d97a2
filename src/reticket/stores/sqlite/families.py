"""The port `Store` on SQLite: one readable statement for each operation."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec.json import decode as json_decode

from reticket.core.model import Family, Selection
from reticket.core.paging import all_of
from reticket.core.ports import Clock, Page, Step
from reticket.core.sessions.rotation import merge, revoked
from reticket.stores.sqlite.file import File, Sweeper, padded, placeholders

COLUMNS = (
    "id, resource, subject, client, context, scope, policy, ends_at, expires_at, generation, "
    "parent, floor, open_from, rotated_at, previous_sign_in, device, revoked_at, revoked_cause, "
    "terms"
)
INSERT = f"INSERT INTO families ({COLUMNS}) VALUES (?{', ?' * 18})"  # noqa: S608
SELECT = f"SELECT {COLUMNS} FROM families"  # noqa: S608
SELECT_BATCH = f"""
SELECT json_group_array(json_array(
    hex(id), resource, typeof(subject), hex(subject), {COLUMNS.partition("subject, ")[2]}
)) FROM families WHERE id IN
"""  # noqa: S608
UPDATE_BATCH = """
UPDATE families SET
    context = new.column2, expires_at = new.column3, generation = new.column4,
    parent = new.column5, floor = new.column6, open_from = new.column7,
    rotated_at = new.column8, revoked_at = new.column9, revoked_cause = new.column10
FROM (VALUES {rows}) AS new WHERE id = new.column1
"""
"""One statement for a whole batch. The driver releases the interpreter at each statement, and
getting it back from a busy event loop costs more than the statement itself.
"""
SCAN = """
WITH near AS (SELECT id, expires_at FROM families WHERE id > ? ORDER BY id LIMIT 4096)
SELECT (SELECT max(id) FROM near),
    (SELECT json_group_array(hex(id)) FROM near WHERE expires_at < ?)
"""
EXPIRE = "DELETE FROM families WHERE expires_at < ? AND id IN ({placeholders})"

LONGEST_UPDATE = 256
_HEX = re.compile("[0-9a-f]{32}")


class SqliteStore:
    """The port `Store`.

    Args:
        path: the file; created with mode 0600 when it does not exist.
        busy_timeout: seconds to wait for a locked file.
    """

    def __init__(self, path: Path, clock: Clock, busy_timeout: float = 5.0) -> None:
        self._clock = clock
        self._writer = File(path, busy_timeout)
        self._reader = File(path, busy_timeout)
        self._sweeper = Sweeper(path, busy_timeout)
        self._purge_position = b""

    def check(self) -> None:
        """Verify every page of the file; under a second for a million families.

        Raises:
            StartupError: a page is damaged.
        """
        self._reader.check()

    def now(self) -> int:
        """The injected clock: milliseconds."""
        return self._clock()

    def transact(self, batch: Sequence[tuple[bytes, Step[Any]]]) -> Sequence[Any]:
        """One transaction and one fsync for the whole batch; no fsync when no row changes."""
        with self._writer.writing() as file:
            now = self._clock()
            rows = _rows(file, list(dict(batch)))
            changed, results = {}, []
            for family, step in batch:
                row = rows.get(family)
                after, result = step(row, now)
                if after is not None and after is not row:
                    rows[family] = changed[family] = after
                results.append(result)
            _update(file, list(changed.values()))
        return results

    def create(self, batch: Sequence[Family]) -> None:
        """One transaction. KeyError when an id exists already."""
        with self._writer.writing() as file:
            try:
                file.connection.executemany(INSERT, [_packed(file, each) for each in batch])
            except sqlite3.IntegrityError:
                raise KeyError("a family with that id is there already") from None

    def find(self, family: bytes) -> Family | None:
        """The row as it is, revoked or not."""
        with self._reader.reading() as file:
            return _rows(file, [family]).get(family)

    def page(self, selection: Selection, limit: int, after: bytes | None = None) -> Page:
        """Use the subject's index where the selection names a subject, else the order of id."""
        with self._reader.reading() as file:
            conditions = {**_conditions(file, selection), "id > ?": after or b""}
            rows = _select(file, conditions, f"ORDER BY id LIMIT {int(limit)}")
        return Page(rows, rows[-1].id if rows and len(rows) == limit else None)

    def walk(self) -> Iterator[Sequence[Family]]:
        """Read page by page."""
        return all_of(self.page, Selection())

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
        """Merge row by row in one transaction."""
        with self._writer.writing() as file:
            for family in batch:
                present = _rows(file, [family.id]).get(family.id)
                if present is None:
                    file.connection.execute(INSERT, _packed(file, family))
                else:
                    _update(file, [merge(present, family)])

    def expire(self, before: int, limit: int) -> int:
        """Delete in order of id, which is the order of creation; continues where the last call
        stopped.
        """
        expired = self._expired(before, limit)
        if not expired:
            return 0
        keys = padded(expired)
        statement = EXPIRE.format(placeholders=placeholders(keys))
        return self._sweeper.delete(statement, (before, *keys))

    def backup(self, path: Path) -> None:
        """Copy the whole file while it is in use; the copy has mode 0600."""
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with self._reader.reading() as file, closing(sqlite3.connect(path)) as copy:
            file.connection.backup(copy)

    def close(self) -> None:
        """Close the connections."""
        for each in (self._writer, self._reader, self._sweeper):
            each.close()

    def _expired(self, before: int, limit: int) -> list[bytes]:
        """Ids of expired rows. The reader is released after each scan: scanning millions takes
        seconds.
        """
        expired: list[bytes] = []
        while len(expired) < limit:
            with self._reader.reading() as file:
                last, found = file.connection.execute(
                    SCAN, (self._purge_position, before)
                ).fetchone()
            if last is None:
                self._purge_position = b""
                return expired
            self._purge_position = last
            expired += sorted(map(bytes.fromhex, json_decode(found)))
        self._purge_position = expired[limit - 1] if len(expired) > limit else self._purge_position
        return expired[:limit]


def _rows(file: File, keys: Sequence[bytes]) -> dict[bytes, Family]:
    placeholders = ",".join("?" * len(keys))
    found = file.connection.execute(f"{SELECT_BATCH} ({placeholders})", keys).fetchone()[0]
    rows = {}
    for key, resource, kind, subject, *rest in json_decode(found):
        # JSON cannot hold bytes: they are sent as hexadecimal digits.
        raw, family = bytes.fromhex(subject), bytes.fromhex(key)
        holder = raw if kind == "blob" else raw.decode()
        rows[family] = _family(file, [family, resource, holder, *rest])
    return rows


def _select(file: File, conditions: dict[str, Any], rest: str) -> list[Family]:
    where = " AND ".join(conditions)
    statement = f"{SELECT} WHERE {where} {rest}"
    found = file.connection.execute(statement, tuple(conditions.values()))
    return [_family(file, row) for row in found]


def _conditions(file: File, selection: Selection) -> dict[str, Any]:
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


def _update(file: File, rows: Sequence[Family]) -> None:
    word = file.id_of
    for start in range(0, len(rows), LONGEST_UPDATE):
        batch = rows[start : start + LONGEST_UPDATE]
        placeholders = ",".join(["(?,?,?,?,?,?,?,?,?,?)"] * len(batch))
        values: list[Any] = []
        for row in batch:
            values += (
                row.id, word[row.context], row.expires_at, row.generation, row.parent, row.floor,
                row.open_from, row.rotated_at, row.revoked_at, word[row.revoked_cause],
            )  # fmt: skip
        file.connection.execute(UPDATE_BATCH.format(rows=placeholders), values)


def _packed(file: File, row: Family) -> tuple[Any, ...]:
    word = file.id_of
    return (
        row.id, word[row.resource], _pack_subject(row.subject), word[row.client],
        word[row.context], word[row.scope], word[row.policy], row.ends_at, row.expires_at,
        row.generation, row.parent, row.floor, row.open_from, row.rotated_at,
        row.previous_sign_in, word[row.device], row.revoked_at, word[row.revoked_cause],
        row.terms,
    )  # fmt: skip


def _family(file: File, row: Any) -> Family:
    word = file.word_of
    subject = row[2]
    numbers: tuple[int, int, int, int, int, int, int, int] = row[7:15]
    return Family(
        row[0], word[row[1]] or "", subject.hex() if type(subject) is bytes else subject,
        word[row[3]], word[row[4]], word[row[5]], word[row[6]] or "", *numbers,
        word[row[15]], row[16], word[row[17]], row[18],
    )  # fmt: skip


def _pack_subject(subject: str) -> str | bytes:
    """A subject of 32 lower-case hex digits is stored as 16 bytes, any other as text."""
    if len(subject) == 32 and _HEX.fullmatch(subject):
        return bytes.fromhex(subject)
    return subject
