"""The port `Ephemeral` on PostgreSQL, in its own tables.

Keys are stored as digests, because they may be long and some of them are secrets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from reticket.core.policy import SECOND
from reticket.core.ports import LEAP, Counted
from reticket.stores.postgresql.connections import CLOCK, Pool

LEAP_MS = LEAP * SECOND
IS_LIVE = f"ends_at > now AND ends_at <= now + lasts + {LEAP_MS}"
"""A counter is live if it has not ended, and not if a clock that ran ahead has written it."""

REQUESTED = "unnest(%(keys)s::bytea[], %(windows)s::bigint[]) AS asked (key, lasts)"
ONCE = f"""
INSERT INTO entries AS present (key, value, ends_at)
VALUES (%(key)s, %(value)s, {CLOCK} + %(lifetime)s)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, ends_at = excluded.ends_at
WHERE present.ends_at <= {CLOCK} OR present.ends_at > excluded.ends_at + {LEAP_MS} RETURNING true
"""  # noqa: S608
PEEK = f"SELECT value FROM entries WHERE key = %(key)s AND ends_at > {CLOCK}"  # noqa: S608
PRESENT = f"SELECT key FROM entries WHERE key = ANY(%(keys)s) AND ends_at > {CLOCK}"  # noqa: S608
POP = f"DELETE FROM entries WHERE key = %(key)s RETURNING value, ends_at > {CLOCK}"  # noqa: S608
ADD = f"""
WITH clock AS MATERIALIZED (SELECT {CLOCK} AS now)
INSERT INTO counters AS present (key, sum, ends_at)
SELECT asked.key, %(add)s, now + asked.lasts
FROM clock, {REQUESTED}
ORDER BY asked.key
ON CONFLICT (key) DO UPDATE SET
    sum = excluded.sum + CASE WHEN present.ends_at > (SELECT now FROM clock)
        AND present.ends_at <= excluded.ends_at + {LEAP_MS} THEN present.sum ELSE 0 END,
    ends_at = CASE WHEN present.ends_at > (SELECT now FROM clock)
        AND present.ends_at <= excluded.ends_at + {LEAP_MS}
        THEN present.ends_at ELSE excluded.ends_at END
RETURNING key, sum, ends_at - (SELECT now FROM clock)
"""  # noqa: S608
GIVE_BACK = f"""
WITH clock AS MATERIALIZED (SELECT {CLOCK} AS now), mine AS MATERIALIZED (
    SELECT key FROM counters WHERE key = ANY(%(keys)s) ORDER BY key FOR UPDATE)
UPDATE counters SET sum = greatest(0, sum + %(add)s) FROM mine, clock, {REQUESTED}
WHERE counters.key = mine.key AND asked.key = mine.key AND {IS_LIVE}
RETURNING counters.key, sum, ends_at - now
"""  # noqa: S608
READ = f"""
WITH clock AS MATERIALIZED (SELECT {CLOCK} AS now)
SELECT counters.key, sum, ends_at - now FROM clock, {REQUESTED} JOIN counters USING (key)
WHERE {IS_LIVE}
"""  # noqa: S608
FORGET = """
WITH mine AS MATERIALIZED (
    SELECT key FROM counters WHERE key = ANY(%(keys)s) ORDER BY key FOR UPDATE)
DELETE FROM counters USING mine WHERE counters.key = mine.key RETURNING true
"""
SWEEP = """
DELETE FROM {table} WHERE key IN (
    SELECT key FROM {table} WHERE ends_at <= %(now)s
    ORDER BY ends_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) RETURNING true
"""
"""The time is a parameter: an index cannot be used with a clock that changes during the query."""

CONNECTIONS = 4


class PostgresqlEphemeral:
    """The port `Ephemeral`.

    Args:
        url: as libpq reads it.
        busy_timeout: seconds to wait for a connection, a lock or a reply.
    """

    def __init__(self, url: str, busy_timeout: float = 5.0) -> None:
        self._pool = Pool(url, busy_timeout, CONNECTIONS)

    def put_if_absent(self, key: str, lifetime: int, value: str = "") -> bool:
        """Insert, or replace an entry that has ended."""
        ends = {"value": value.encode(), "lifetime": lifetime * SECOND}
        return bool(self._rows(ONCE, key, **ends))

    def peek(self, key: str) -> str | None:
        """Read one entry."""
        found = self._rows(PEEK, key)
        return found[0][0].decode() if found else None

    def present(self, keys: Sequence[str]) -> set[str]:
        """Read all keys in one statement."""
        digests = {_digest(key): key for key in keys}
        with self._pool.transaction() as transaction:
            found = transaction.fetch(PRESENT, {"keys": list(digests)})
        return {digests[bytes(row[0])] for row in found}

    def pop(self, key: str) -> str | None:
        """Delete and return what was deleted."""
        found = self._rows(POP, key)
        return found[0][0].decode() if found and found[0][1] else None

    def count(self, key: str, window: int, add: int = 1) -> Counted:
        """Add to one counter."""
        return self.count_each({key: window}, add)[0]

    def count_each(self, windows: Mapping[str, int], add: int = 1) -> list[Counted]:
        """One statement for all counters; rows are locked in order of their keys, so no deadlock
        arises.
        """
        keys = [_digest(key) for key in windows]
        lifetime_ms = [window * SECOND for window in windows.values()]
        requested = {"keys": keys, "windows": lifetime_ms, "add": add}
        with self._pool.transaction() as transaction:
            found = transaction.fetch(ADD if add > 0 else GIVE_BACK if add else READ, requested)
        counted = {bytes(key): Counted(total, left) for key, total, left in found}
        return [counted.get(key, Counted(0, 0)) for key in keys]

    def forget(self, *keys: str) -> None:
        """Delete counters."""
        with self._pool.transaction() as transaction:
            transaction.fetch(FORGET, {"keys": [_digest(key) for key in keys]})

    def sweep(self, limit: int) -> int:
        """Delete by the index on `ends_at`, from both tables. Locked rows are skipped until the
        next call.
        """
        swept = 0
        with self._pool.transaction() as transaction:
            transaction.skip_flush()
            now = transaction.fetch(f"SELECT {CLOCK}")[0][0]
            for table in ("entries", "counters"):
                statement = SWEEP.format(table=table)
                swept += len(transaction.fetch(statement, {"now": now, "limit": limit - swept}))
        return swept

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _rows(self, statement: str, key: str, **parameters: Any) -> list[tuple[Any, ...]]:
        with self._pool.transaction() as transaction:
            return transaction.fetch(statement, {"key": _digest(key), **parameters})


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
