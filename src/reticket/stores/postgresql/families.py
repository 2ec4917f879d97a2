"""The port `Store` on PostgreSQL: a transaction a verb."""

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
from reticket.stores.postgresql.connections import CLOCK, Pool, Turn
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
    EXISTING,
    EXPIRE,
    HOLD,
    HOLD_BATCH,
    HOLD_FREE,
    INSERT,
    INSERT_TRAITS,
    SELECT,
    TAKE_PART,
    UPDATE,
    WALK,
    conditions_of,
    where,
)

BROAD = 60.0
"""Seconds a statement, where a revocation may end very many families."""


class PostgresqlStore:
    """The port `Store`.

    Args:
        url: as libpq reads it.
        busy_timeout: seconds that a connection, a lock or an answer is waited for.
    """

    def __init__(self, url: str, busy_timeout: float = 5.0) -> None:
        self._pool = Pool(url, busy_timeout)
        self._traits = KnownTraits()
        self._purged_to: bytes | None = None

    def check(self) -> None:
        """The server looks after its own pages."""

    def now(self) -> int:
        """The server's clock: milliseconds."""
        with self._pool.turn() as turn:
            now: int = turn.fetch(f"SELECT {CLOCK}")[0][0]
        return now

    def transact(self, batch: Sequence[tuple[bytes, Step[Any]]]) -> Sequence[Any]:
        """One transaction and two round trips for the whole batch; no flush when no row changes.
        HELD for families that another transaction has.
        """
        wanted = {family for family, _ in batch}
        with self._pool.turn() as turn:
            now, free = self._hold(turn, HOLD_FREE, [ids(wanted)])
            found = {row.id: row for row in free}
            taken = _existing(turn, wanted - found.keys())
            rows: dict[bytes, Family | None] = dict(found)
            results: list[Any] = [ROW_LOCKED] * len(batch)
            for index, (family, step) in enumerate(batch):
                if family not in taken:
                    rows[family], results[index] = step(rows.get(family), now)
            changed = [row for key, row in rows.items() if row and row is not found.get(key)]
            _update(turn, changed)
            _choose_durability(turn, changed)
        return results

    def create(self, batch: Sequence[Family]) -> None:
        """One transaction; KeyError for an id that is there already."""
        if not batch:
            return
        with self._pool.turn() as turn:
            _insert_traits(turn, batch)
            if len(turn.fetch(INSERT, columns(map(whole, batch)))) < len(batch):
                raise KeyError("a family with that id is there already")

    def find(self, family: bytes) -> Family | None:
        """The row as it is, from the one partition that can have it."""
        with self._pool.turn() as turn:
            rows = turn.fetch(f"{SELECT} WHERE id = %s::uuid", (family.hex(),))
            found = families(turn, rows, self._traits)
        return found[0] if found else None

    def page(self, selection: Selection, limit: int, after: bytes | None = None) -> Page:
        """By the subject's index where the selection names one, else in order of id."""
        conditions = conditions_of(selection)
        if after is not None:
            conditions["id > %s::uuid"] = after.hex()
        statement = f"{SELECT} WHERE {where(conditions)} ORDER BY id LIMIT {int(limit)}"
        with self._pool.turn() as turn:
            rows = turn.fetch(statement, list(conditions.values()))
            found = families(turn, rows, self._traits)
        return Page(found, found[-1].id if found and len(found) == limit else None)

    def walk(self) -> Iterator[Sequence[Family]]:
        """Page by page."""
        return all_of(self.page, Selection())

    def revoke(self, selection: Selection, cause: str) -> Sequence[Family]:
        """One transaction, as durable as the server can."""
        conditions = conditions_of(selection)
        living = f"{where(conditions)} AND revoked_at IS NULL"
        narrow = selection.family or selection.subject
        with self._pool.turn(None if narrow else BROAD) as turn:
            now, held = self._hold(
                turn, HOLD.format(where=living, unless=""), list(conditions.values())
            )
            ended = [revoked(row, now, cause) for row in held]
            _update(turn, ended)
            turn.outlast_failures()
            turn.run(TAKE_PART)
        return ended

    def absorb(self, batch: Sequence[Family]) -> None:
        """One transaction: what is absent is made, then every copy meets the row that is held."""
        if not batch:
            return
        absent = {family.id: family for family in reversed(batch)}
        with self._pool.turn() as turn:
            _insert_traits(turn, batch)
            turn.run(INSERT, columns(whole(absent[key]) for key in sorted(absent)))
            _, held = self._hold(turn, HOLD_BATCH, [ids(absent)])
            found = {row.id: row for row in held}
            merged = dict(found)
            for family in batch:
                merged[family.id] = merge(merged[family.id], family)
            _update(turn, [row for key, row in merged.items() if row != found[key]])
            turn.outlast_failures()

    def expire(self, before: int, limit: int) -> int:
        """Walks in order of id, which is that of creation, and goes on where it stopped. Rows
        that somebody holds are left for the next walk; months that are over are dropped whole.
        """
        doomed = self._expired(before, limit)
        removed = 0
        if doomed:
            with self._pool.turn() as turn:
                turn.skip_flush()
                removed = len(turn.fetch(EXPIRE, (ids(doomed), before)))
        if self._purged_to is None:
            months.make_ahead(self._pool)
            removed += months.drop_ended(self._pool, before)
        return removed

    def backup(self, path: Path) -> None:
        """A server is copied by its own tools."""
        raise StartupError(
            "families are in PostgreSQL, which is copied by its own tools: use pg_dump, or "
            "pg_basebackup with archived logs"
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _hold(self, turn: Turn, statement: str, parameters: list[Any]) -> tuple[int, list[Family]]:
        """Lock rows in order of id; the time when all of them were held, and they."""
        rows = turn.fetch(statement, parameters)
        held = (row[1:] for row in rows if row[1] is not None)
        return rows[0][0], families(turn, held, self._traits)

    def _expired(self, before: int, limit: int) -> list[bytes]:
        doomed: list[bytes] = []
        while len(doomed) < limit:
            rows = self._walked()
            if not rows:
                self._purged_to = None
                return doomed
            for key, expires_at in rows:
                if len(doomed) == limit:
                    break
                self._purged_to = key
                if expires_at < before:
                    doomed.append(key)
        return doomed

    def _walked(self) -> list[tuple[bytes, int]]:
        after = {} if self._purged_to is None else {"id > %s::uuid": self._purged_to.hex()}
        with self._pool.turn() as turn:
            return turn.fetch(WALK.format(where=where(after)), list(after.values()))


def _existing(turn: Turn, wanted: Set[bytes]) -> Set[bytes]:
    return {row[0] for row in turn.fetch(EXISTING, [ids(wanted)])} if wanted else set()


def _update(turn: Turn, rows: Sequence[Family]) -> None:
    if rows:
        turn.run(UPDATE, columns(map(changing, rows)))


def _insert_traits(turn: Turn, batch: Iterable[Family]) -> None:
    rows = sorted(traits_row(traits) for traits in {traits_of(family) for family in batch})
    turn.run(INSERT_TRAITS, columns(rows))


def _choose_durability(turn: Turn, changed: Sequence[Family]) -> None:
    """A revocation outlives a fail-over; where nothing was written there is nothing to wait for."""
    if not changed:
        turn.skip_flush()
    elif any(row.revoked_at is not None for row in changed):
        turn.outlast_failures()
