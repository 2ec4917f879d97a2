"""Families and short-lived entries in this process's memory, for tests and trials."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reticket.core.errors import StartupError, Unavailable
from reticket.core.model import Family, Selection
from reticket.core.paging import all_of
from reticket.core.policy import SECOND
from reticket.core.ports import LEAP, Clock, Counted, Page, Step
from reticket.core.sessions.rotation import merge, revoked

SCHEMES = ("memory",)


def open_store(
    url: str, clock: Clock, busy_timeout: float = 5.0
) -> tuple[MemoryStore, MemoryEphemeral]:
    """Both ports, empty. A `memory:` URL holds no address, and the timeout is unused."""
    return MemoryStore(clock), MemoryEphemeral(clock)


class _Guarded:
    """One lock around every operation; after `close` each raises Unavailable."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise Unavailable("the store is closed")
            yield

    def close(self) -> None:
        """Make every later call raise Unavailable."""
        with self._lock:
            self._closed = True


class MemoryStore(_Guarded):
    """The port `Store`."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._rows: dict[bytes, Family] = {}

    def check(self) -> None:
        """Do nothing: memory holds no file that could be damaged."""

    def now(self) -> int:
        """The injected clock: milliseconds."""
        return self._clock()

    def transact(self, batch: Sequence[tuple[bytes, Step[Any]]]) -> Sequence[Any]:
        """Run every step, then keep all changed rows together."""
        with self._locked():
            now = self._clock()
            changed: dict[bytes, Family] = {}
            results = []
            for key, step in batch:
                row, result = step(changed.get(key, self._rows.get(key)), now)
                if row is not None:
                    changed[key] = row
                results.append(result)
            self._rows.update(changed)
        return results

    def create(self, batch: Sequence[Family]) -> None:
        """Insert all of them. KeyError inserts none."""
        with self._locked():
            fresh = {family.id: family for family in batch}
            if len(fresh) < len(batch) or fresh.keys() & self._rows.keys():
                raise KeyError("a family with that id is there already")
            self._rows.update(fresh)

    def find(self, family: bytes) -> Family | None:
        """The row as it is, revoked or not."""
        with self._locked():
            return self._rows.get(family)

    def page(self, selection: Selection, limit: int, after: bytes | None = None) -> Page:
        """Scan all rows."""
        with self._locked():
            matching = self._matching(selection)
        later = [row for row in matching if after is None or row.id > after]
        rows = later[:limit]
        return Page(rows, rows[-1].id if len(later) > limit else None)

    def walk(self) -> Iterator[Sequence[Family]]:
        """Read page by page."""
        return all_of(self.page, Selection())

    def revoke(self, selection: Selection, cause: str) -> Sequence[Family]:
        """Scan all rows."""
        with self._locked():
            now = self._clock()
            matching = self._matching(selection)
            ended = [revoked(row, now, cause) for row in matching if row.revoked_at is None]
            self._rows.update((row.id, row) for row in ended)
        return ended

    def absorb(self, batch: Sequence[Family]) -> None:
        """Merge row by row."""
        with self._locked():
            for family in batch:
                present = self._rows.get(family.id, family)
                self._rows[family.id] = merge(present, family)

    def expire(self, before: int, limit: int) -> int:
        """Scan all rows."""
        with self._locked():
            dead = [key for key, row in self._rows.items() if row.expires_at < before][:limit]
            for key in dead:
                del self._rows[key]
        return len(dead)

    def backup(self, path: Path) -> None:
        """StartupError: nothing outlives the process."""
        raise StartupError("sessions in memory end with the process: there is nothing to back up")

    def _matching(self, selection: Selection) -> list[Family]:
        return sorted(
            (row for row in self._rows.values() if _matches(row, selection)), key=lambda row: row.id
        )


class MemoryEphemeral(_Guarded):
    """The port `Ephemeral`."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._entries: dict[str, tuple[str, int]] = {}
        self._counters: dict[str, tuple[int, int]] = {}

    def put_if_absent(self, key: str, lifetime: int, value: str = "") -> bool:
        """Insert, or replace an entry that has ended."""
        with self._locked():
            now = self._clock()
            _, ends_at = self._entries.get(key, ("", 0))
            if _is_live(ends_at, now, lifetime):
                return False
            self._entries[key] = value, now + lifetime * SECOND
        return True

    def peek(self, key: str) -> str | None:
        """Read one entry."""
        with self._locked():
            return self._live(key)

    def present(self, keys: Sequence[str]) -> set[str]:
        """Read each entry."""
        with self._locked():
            return {key for key in keys if self._live(key) is not None}

    def pop(self, key: str) -> str | None:
        """Read and remove one entry."""
        with self._locked():
            value = self._live(key)
            self._entries.pop(key, None)
        return value

    def count(self, key: str, window: int, add: int = 1) -> Counted:
        """Add to one counter."""
        return self.count_each({key: window}, add)[0]

    def count_each(self, windows: Mapping[str, int], add: int = 1) -> list[Counted]:
        """Add to each counter; a counter whose window has ended starts again."""
        with self._locked():
            now = self._clock()
            return [self._added(key, window, add, now) for key, window in windows.items()]

    def forget(self, *keys: str) -> None:
        """Remove counters."""
        with self._locked():
            for key in keys:
                self._counters.pop(key, None)

    def sweep(self, limit: int) -> int:
        """Scan entries and counters."""
        with self._locked():
            now = self._clock()
            entries = [key for key, (_, end) in self._entries.items() if end <= now][:limit]
            left = limit - len(entries)
            counters = [key for key, (_, end) in self._counters.items() if end <= now][:left]
            for key in entries:
                del self._entries[key]
            for key in counters:
                del self._counters[key]
        return len(entries) + len(counters)

    def _added(self, key: str, window: int, add: int, now: int) -> Counted:
        total, ends_at = self._counters.get(key, (0, 0))
        if not _is_live(ends_at, now, window):
            total, ends_at = 0, now + window * SECOND if add > 0 else now
        total = max(0, total + add)
        if ends_at > now:
            self._counters[key] = total, ends_at
        return Counted(total, ends_at - now)

    def _live(self, key: str) -> str | None:
        value, ends_at = self._entries.get(key, ("", 0))
        return value if ends_at > self._clock() else None


def _is_live(ends_at: int, now: int, lifetime: int) -> bool:
    return now < ends_at <= now + (lifetime + LEAP) * SECOND


def _matches(row: Family, selection: Selection) -> bool:
    pairs = (
        (selection.family, row.id),
        (selection.subject, row.subject),
        (selection.resource, row.resource),
        (selection.context, row.context),
        (selection.client, row.client),
    )
    live_at = selection.live_at
    is_live = live_at is None or (
        row.revoked_at is None and min(row.expires_at, row.ends_at) > live_at
    )
    return is_live and all(wanted is None or wanted == found for wanted, found in pairs)
