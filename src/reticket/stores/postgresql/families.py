"""The port `Store` on PostgreSQL: one transaction for each operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import Any

from reticket.core.errors import StartupError
from reticket.core.model import Family, Selection
from reticket.core.paging import all_of
from reticket.core.ports import ROW_LOCKED, Page, Step
from reticket.core.sessions.rotation import merge, revoked
from reticket.stores.postgresql import months
from reticket.stores.postgresql.connections import CLOCK, Pool, Transaction
from reticket.stores.postgresql.rows import (
    KnownTraits,
    changing,
    columns,
    families,
    ids,
    traits_of,
    traits_row,
    whole,
)
from reticket.stores.postgresql.statements import (
    EMIT_LOG_RECORD,
    EXISTING,
    EXPIRE,
    INSERT,
    INSERT_TRAITS,
    LOCK_BATCH,
    LOCK_FREE,
    LOCK_ROWS,
    SELECT,
    UPDATE,
    WALK,
    conditions_of,
    where,
)

BROAD_TIMEOUT = 60.0
"""Seconds for a statement of a revocation that may end very many families."""


class PostgresqlStore:
    """The port `Store`.

    Args:
        url: as libpq reads it.
        busy_timeout: seconds to wait for a connection, a lock or a reply.
    """

    def __init__(self, url: str, busy_timeout: float = 5.0) -> None:
        self._pool = Pool(url, busy_timeout)
        self._traits = KnownTraits()
        self._purge_position: bytes | None = None

    def check(self) -> None:
        """Do nothing: the server checks its own pages."""

    def now(self) -> int:
        """The server's clock: milliseconds."""
        with self._pool.transaction() as transaction:
            now: int = transaction.fetch(f"SELECT {CLOCK}")[0][0]
        return now

    def transact(self, batch: Sequence[tuple[bytes, Step[Any]]]) -> Sequence[Any]:
        """One transaction and two round trips for the whole batch; no flush when no row changes.

        A family that another transaction has locked gets ROW_LOCKED as its result.
        """
        wanted = {family for family, _ in batch}
        with self._pool.transaction() as transaction:
            now, free = self._lock(transaction, LOCK_FREE, [ids(wanted)])
            found = {row.id: row for row in free}
            locked_elsewhere = _existing(transaction, wanted - found.keys())
            rows: dict[bytes, Family | None] = dict(found)
            results: list[Any] = [ROW_LOCKED] * len(batch)
            for index, (family, step) in enumerate(batch):
                if family not in locked_elsewhere:
                    rows[family], results[index] = step(rows.get(family), now)
            changed = [row for key, row in rows.items() if row and row is not found.get(key)]
            _update(transaction, changed)
            _choose_durability(transaction, changed)
        return results

    def create(self, batch: Sequence[Family]) -> None:
        """One transaction. KeyError when an id exists already."""
        if not batch:
            return
        with self._pool.transaction() as transaction:
            _insert_traits(transaction, batch)
            if len(transaction.fetch(INSERT, columns(map(whole, batch)))) < len(batch):
                raise KeyError("a family with that id is there already")

    def find(self, family: bytes) -> Family | None:
        """The row as it is, read from the one partition that can contain it."""
        with self._pool.transaction() as transaction:
            rows = transaction.fetch(f"{SELECT} WHERE id = %s::uuid", (family.hex(),))
            found = families(transaction, rows, self._traits)
        return found[0] if found else None

    def page(self, selection: Selection, limit: int, after: bytes | None = None) -> Page:
        """Use the subject's index where the selection names a subject, else the order of id."""
        conditions = conditions_of(selection)
        if after is not None:
            conditions["id > %s::uuid"] = after.hex()
        statement = f"{SELECT} WHERE {where(conditions)} ORDER BY id LIMIT {int(limit)}"
        with self._pool.transaction() as transaction:
            rows = transaction.fetch(statement, list(conditions.values()))
            found = families(transaction, rows, self._traits)
        return Page(found, found[-1].id if found and len(found) == limit else None)

    def walk(self) -> Iterator[Sequence[Family]]:
        """Read page by page."""
        return all_of(self.page, Selection())

    def revoke(self, selection: Selection, cause: str) -> Sequence[Family]:
        """One transaction, with the server's strongest durability."""
        conditions = conditions_of(selection)
        live = f"{where(conditions)} AND revoked_at IS NULL"
        narrow = selection.family or selection.subject
        with self._pool.transaction(None if narrow else BROAD_TIMEOUT) as transaction:
            now, locked = self._lock(
                transaction, LOCK_ROWS.format(where=live, unless=""), list(conditions.values())
            )
            ended = [revoked(row, now, cause) for row in locked]
            _update(transaction, ended)
            transaction.outlast_failures()
            transaction.run(EMIT_LOG_RECORD)
        return ended

    def absorb(self, batch: Sequence[Family]) -> None:
        """One transaction: missing rows are inserted, then every copy is merged with the locked
        row.
        """
        if not batch:
            return
        absent = {family.id: family for family in reversed(batch)}
        with self._pool.transaction() as transaction:
            _insert_traits(transaction, batch)
            transaction.run(INSERT, columns(whole(absent[key]) for key in sorted(absent)))
            _, locked = self._lock(transaction, LOCK_BATCH, [ids(absent)])
            found = {row.id: row for row in locked}
            merged = dict(found)
            for family in batch:
                merged[family.id] = merge(merged[family.id], family)
            _update(transaction, [row for key, row in merged.items() if row != found[key]])
            transaction.outlast_failures()

    def expire(self, before: int, limit: int) -> int:
        """Delete in order of id, which is the order of creation; continues where the last call
        stopped.

        Locked rows are skipped until the next round. Partitions of ended months are dropped whole.
        """
        expired = self._expired(before, limit)
        removed = 0
        if expired:
            with self._pool.transaction() as transaction:
                transaction.skip_flush()
                removed = len(transaction.fetch(EXPIRE, (ids(expired), before)))
        if self._purge_position is None:
            months.make_ahead(self._pool)
            removed += months.drop_ended(self._pool, before)
        return removed

    def backup(self, path: Path) -> None:
        """StartupError: PostgreSQL's own tools copy a server."""
        raise StartupError(
            "sessions are in PostgreSQL: back them up with its own tools, pg_dump or "
            "pg_basebackup with archived logs"
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _lock(
        self, transaction: Transaction, statement: str, parameters: list[Any]
    ) -> tuple[int, list[Family]]:
        """Lock rows in order of id. Returns the time when all were locked, and the rows."""
        rows = transaction.fetch(statement, parameters)
        locked = (row[1:] for row in rows if row[1] is not None)
        return rows[0][0], families(transaction, locked, self._traits)

    def _expired(self, before: int, limit: int) -> list[bytes]:
        expired: list[bytes] = []
        while len(expired) < limit:
            rows = self._next_page()
            if not rows:
                self._purge_position = None
                return expired
            for key, expires_at in rows:
                if len(expired) == limit:
                    break
                self._purge_position = key
                if expires_at < before:
                    expired.append(key)
        return expired

    def _next_page(self) -> list[tuple[bytes, int]]:
        after = (
            {} if self._purge_position is None else {"id > %s::uuid": self._purge_position.hex()}
        )
        with self._pool.transaction() as transaction:
            return transaction.fetch(WALK.format(where=where(after)), list(after.values()))


def _existing(transaction: Transaction, wanted: Set[bytes]) -> Set[bytes]:
    return {row[0] for row in transaction.fetch(EXISTING, [ids(wanted)])} if wanted else set()


def _update(transaction: Transaction, rows: Sequence[Family]) -> None:
    if rows:
        transaction.run(UPDATE, columns(map(changing, rows)))


def _insert_traits(transaction: Transaction, batch: Iterable[Family]) -> None:
    rows = sorted(traits_row(traits) for traits in {traits_of(family) for family in batch})
    transaction.run(INSERT_TRAITS, columns(rows))


def _choose_durability(transaction: Transaction, changed: Sequence[Family]) -> None:
    """Choose how COMMIT waits: for standbys after a revocation, for nothing when no row changed."""
    if not changed:
        transaction.skip_flush()
    elif any(row.revoked_at is not None for row in changed):
        transaction.outlast_failures()
