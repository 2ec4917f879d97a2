"""Partitions of families, one for each month of creation (UTC), created ahead and dropped when
ended.

A missing month is no fault: its families go to the default partition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from reticket.core.policy import SECOND
from reticket.stores.postgresql.connections import CLOCK, Locked, Pool, Transaction

AHEAD = 3

LOCK = 7_310_590_426_117_033_842
"""Key of the transaction-level advisory lock for schema changes."""

NAMES = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'families'::regclass"
IN_DEFAULT_PARTITION = (
    "SELECT EXISTS (SELECT FROM families_else WHERE id >= %s::uuid AND id < %s::uuid)"
)
MAKE = "CREATE TABLE {} (LIKE families INCLUDING CONSTRAINTS) WITH (fillfactor = 90)"
ATTACH = "ALTER TABLE families ATTACH PARTITION {} FOR VALUES FROM ('{}') TO ('{}')"
HAS_LIVE = "SELECT EXISTS (SELECT FROM {} WHERE greatest(ends_at, expires_at) >= %s)"
COUNT_FAMILIES = """
SELECT count(*), count(*) FILTER (WHERE greatest(ends_at, expires_at) >= %s) FROM {}
"""
SCAN_TIMEOUT = 60.0
"""Seconds for a statement: finding a live family may read a whole month."""

SHORT_WAIT = "SET LOCAL lock_timeout = '200ms'"
"""A waiting table lock blocks all later ones, so the wait must be short."""

NOW = f"SELECT {CLOCK}"

_NAME = re.compile(r"families_(\d{4})_(\d\d)$")


class Month(NamedTuple):
    """A calendar month, UTC."""

    year: int
    month: int

    @property
    def name(self) -> str:
        """The name of its partition."""
        return f"families_{self.year:04}_{self.month:02}"

    @property
    def begins_at(self) -> int:
        """The first millisecond of a month since 1970-01-01T00:00:00Z."""
        return round(datetime(self.year, self.month, 1, tzinfo=UTC).timestamp()) * SECOND

    @property
    def following(self) -> Month:
        """The next month."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)


def month_of(at: int) -> Month:
    """The month of a time in milliseconds."""
    day = datetime.fromtimestamp(at / SECOND, UTC)
    return Month(day.year, day.month)


def make_ahead(pool: Pool) -> None:
    """Create the partitions of the current month and the next `AHEAD` months, unless they exist.

    A dump may lock the tables for hours; the next call tries again.
    """
    with suppress(Locked), pool.transaction() as transaction:
        if _missing(transaction):
            transaction.run("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            transaction.run(SHORT_WAIT)
            for month in _missing(transaction):
                _make(transaction, month)


def drop_ended(pool: Pool, before: int) -> int:
    """Drop the months in which every family is past its absolute end, unless a table is in use.

    Returns:
        the number of families dropped with them.
    """
    with pool.transaction(SCAN_TIMEOUT) as transaction:
        now = min(before, transaction.fetch(NOW)[0][0])
        past_months = [
            name for name, month in _existing(transaction) if month.following.begins_at <= now
        ]
        ended = [
            name
            for name in past_months
            if not transaction.fetch(HAS_LIVE.format(name), (before,))[0][0]
        ]
    return sum(_drop(pool, name, before) for name in ended)


def _existing(transaction: Transaction) -> Iterator[tuple[str, Month]]:
    for (name,) in transaction.fetch(NAMES):
        found = _NAME.search(name)
        if found:
            yield name, Month(int(found[1]), int(found[2]))


def _missing(transaction: Transaction) -> list[Month]:
    month = month_of(transaction.fetch(NOW)[0][0])
    wanted = [month]
    for _ in range(AHEAD):
        wanted.append(wanted[-1].following)
    existing = {each for _, each in _existing(transaction)}
    return [each for each in wanted if each not in existing]


def _make(transaction: Transaction, month: Month) -> None:
    """Create the table, then attach it. Creating it as a partition would lock all months."""
    bounds = first_id(month), first_id(month.following)
    if transaction.fetch(IN_DEFAULT_PARTITION, bounds)[0][0]:
        return
    transaction.run(MAKE.format(month.name))
    transaction.run(ATTACH.format(month.name, *bounds))


def _drop(pool: Pool, name: str, before: int) -> int:
    with suppress(Locked), pool.transaction() as transaction:
        transaction.run(SHORT_WAIT)
        transaction.run(f"LOCK TABLE {name} IN SHARE MODE")
        families, live = transaction.fetch(COUNT_FAMILIES.format(name), (before,))[0]
        if not live:
            transaction.run(f"DROP TABLE {name}")
            return int(families)
    return 0


def first_id(month: Month) -> str:
    """The least UUIDv7 of a month."""
    return str(UUID(int=month.begins_at << 80))
