"""The clients that are told when sessions end, in a dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reticket.core.logouts import LEASE, LoggedIn, Logout, Remembered
from reticket.core.model import Selection


@dataclass
class Entry:
    client: LoggedIn
    ended_at: int | None = None
    due_at: int | None = None
    claimed_until: int = 0
    attempts: int = 0


@dataclass
class Outbox:
    """The port `Logouts`; `fails` is raised by what marks."""

    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    fails: Exception | None = None

    def remember(self, client: LoggedIn) -> None:
        self.entries[client.session, client.client] = Entry(client)

    def mark(self, selection: Selection, at: int) -> None:
        self._mark(lambda each: _is_selected(each, selection), at)

    def mark_families(self, families: Sequence[bytes], at: int) -> None:
        ids = {family.hex() for family in families}
        self._mark(lambda each: bool({each.family, each.session} & ids), at)

    def _mark(self, is_meant: Any, at: int) -> None:
        if self.fails:
            raise self.fails
        for entry in self.entries.values():
            if entry.due_at is None and is_meant(entry.client):
                entry.ended_at = entry.due_at = at
                entry.attempts = 0

    def unmarked(self, after: tuple[str, str], limit: int) -> list[Remembered]:
        waiting = sorted(key for key, each in self.entries.items() if each.due_at is None)
        later = [key for key in waiting if key > after][:limit]
        return [Remembered(*key, self.entries[key].client.family) for key in later]

    def claim(self, now: int, most: int) -> list[Logout]:
        claimed: dict[str, Logout] = {}
        busy = {each.client.client for each in self.entries.values() if each.claimed_until > now}
        for entry in sorted(self.entries.values(), key=lambda each: each.due_at or 0):
            client = entry.client
            is_due = entry.due_at is not None and entry.due_at <= now
            if is_due and client.client not in busy | claimed.keys() and len(claimed) < most:
                entry.claimed_until = now + LEASE
                claimed[client.client] = Logout(
                    client.session, client.client, client.subject, client.family,
                    entry.ended_at or 0, entry.attempts,
                )  # fmt: skip
        return list(claimed.values())

    def postpone(self, logout: Logout, due_at: int | None, attempts: int) -> None:
        entry = self.entries[logout.session, logout.client]
        entry.due_at, entry.attempts, entry.claimed_until = due_at, attempts, 0

    def settle(self, logout: Logout) -> None:
        entry = self.entries.get((logout.session, logout.client))
        if entry and entry.client.family == logout.family:
            del self.entries[logout.session, logout.client]

    def expire(self, before: int, limit: int) -> int:
        return 0

    def due(self) -> list[tuple[str, str]]:
        """Session and client of those that must be told."""
        return [key for key, entry in self.entries.items() if entry.due_at is not None]


def _is_selected(client: LoggedIn, selection: Selection) -> bool:
    family = selection.family.hex() if selection.family else None
    return (
        family in (None, client.family, client.session)
        and selection.subject in (None, client.subject)
        and selection.client in (None, client.client)
        and (selection.resource in (None, client.resource) or family == client.session)
    )
