"""The partitions of families, one for each month of creation (UTC): made ahead, dropped at the end.

A month that nobody made is no fault: its families go to the partition for all else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from reticket.core.policy import SECOND
from reticket.stores.postgresql.connections import CLOCK, Locked, Pool, Turn

AHEAD = 3

LOCK = 7_310_590_426_117_033_842
"""Of a transaction, for whoever changes the schema."""

NAMES = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'families'::regclass"
ELSEWHERE = "SELECT EXISTS (SELECT FROM families_else WHERE id >= %s::uuid AND id < %s::uuid)"
MAKE = "CREATE TABLE {} (LIKE families INCLUDING CONSTRAINTS) WITH (fillfactor = 90)"
ATTACH = "ALTER TABLE families ATTACH PARTITION {} FOR VALUES FROM ('{}') TO ('{}')"
LIVING = "SELECT EXISTS (SELECT FROM {} WHERE greatest(ends_at, expires_at) >= %s)"
REMAINDER = """
SELECT count(*), count(*) FILTER (WHERE greatest(ends_at, expires_at) >= %s) FROM {}
"""
PATIENCE = 60.0
"""Seconds a statement: whether anybody lives in a month takes a look at all of it."""

SHORT_WAIT = "SET LOCAL lock_timeout = '200ms'"
"""Behind whoever waits for a table, everybody waits."""

NOW = f"SELECT {CLOCK}"

_NAME = re.compile(r"families_(\d{4})_(\d\d)$")


class Month(NamedTuple):
    """A calendar month, UTC."""

    year: int
    month: int

    @property
    def name(self) -> str:
        """Its partition."""
        return f"families_{self.year:04}_{self.month:02}"

    @property
    def begins_at(self) -> int:
        """Milliseconds."""
        return round(datetime(self.year, self.month, 1, tzinfo=UTC).timestamp()) * SECOND

    @property
    def following(self) -> Month:
        """The next one."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)


def month_of(at: int) -> Month:
    """The month of a time in milliseconds."""
    day = datetime.fromtimestamp(at / SECOND, UTC)
    return Month(day.year, day.month)


def make_ahead(pool: Pool) -> None:
    """The present month and some to come, unless they are there.

    A dump keeps the tables that it reads as they are, for hours maybe; then the next call does it.
    """
    with suppress(Locked), pool.turn() as turn:
        if _missing(turn):
            turn.run("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            turn.run(SHORT_WAIT)
            for month in _missing(turn):
                _make(turn, month)


def drop_ended(pool: Pool, before: int) -> int:
    """Drop the months of which every family is past its absolute end, unless somebody reads them.

    Returns:
        how many families went with them.
    """
    with pool.turn(PATIENCE) as turn:
        past = min(before, turn.fetch(NOW)[0][0])
        over = [name for name, month in _made(turn) if month.following.begins_at <= past]
        ended = [name for name in over if not turn.fetch(LIVING.format(name), (before,))[0][0]]
    return sum(_drop(pool, name, before) for name in ended)


def _made(turn: Turn) -> Iterator[tuple[str, Month]]:
    for (name,) in turn.fetch(NAMES):
        found = _NAME.search(name)
        if found:
            yield name, Month(int(found[1]), int(found[2]))


def _missing(turn: Turn) -> list[Month]:
    month = month_of(turn.fetch(NOW)[0][0])
    wanted = [month]
    for _ in range(AHEAD):
        wanted.append(wanted[-1].following)
    made = {each for _, each in _made(turn)}
    return [each for each in wanted if each not in made]


def _make(turn: Turn, month: Month) -> None:
    """Attached, not made in place: that would lock everybody out of all months."""
    bounds = first_id(month), first_id(month.following)
    if turn.fetch(ELSEWHERE, bounds)[0][0]:
        return
    turn.run(MAKE.format(month.name))
    turn.run(ATTACH.format(month.name, *bounds))


def _drop(pool: Pool, name: str, before: int) -> int:
    with suppress(Locked), pool.turn() as turn:
        turn.run(SHORT_WAIT)
        turn.run(f"LOCK TABLE {name} IN SHARE MODE")
        families, living = turn.fetch(REMAINDER.format(name), (before,))[0]
        if not living:
            turn.run(f"DROP TABLE {name}")
            return int(families)
    return 0


def first_id(month: Month) -> str:
    """The least UUIDv7 of a month."""
    return str(UUID(int=month.begins_at << 80))
