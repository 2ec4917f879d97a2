"""What must happen without anybody asking: intents applied, ended rows and old entries removed.

Synchronous and idempotent: a crash between any two lines is mended by the next run.
"""

from __future__ import annotations

from collections.abc import Sequence

from reticket.core.errors import Unavailable
from reticket.core.model import Family, Selection
from reticket.core.ports import AuditLog, Directory, Ephemeral, Intent, Store
from reticket.core.sessions import audit_events
from reticket.core.storage.pace import Pace


class Upkeep:
    """Owns revocations from outside a request, and the removal of what has ended."""

    def __init__(
        self,
        store: Store,
        ephemeral: Ephemeral,
        directory: Directory,
        audit: AuditLog,
        pace: Pace | None = None,
    ) -> None:
        self._store = store
        self._ephemeral = ephemeral
        self._directory = directory
        self._audit = audit
        self._pace = pace or Pace()

    def revoke(self, selection: Selection, cause: str) -> Sequence[Family]:
        """End every live family that fits; the rows that this call ended.

        The stream is told what was selected as well: an engine may end what it does not find, and
        a call whose answer was lost has ended what the next one does not return.
        """
        at = self._store.now()
        ended = self._store.revoke(selection, cause)
        events = [audit_events.revocation(at, selection, cause)]
        events += [audit_events.revoked(at, family) for family in ended]
        self._audit.record(events, durable=True)
        return ended

    def apply_intents(self) -> int:
        """End what changes in the directory demand; how many intents were settled. One that cannot
        be applied hinders no other: Unavailable once all were tried.
        """
        self._directory.catch_up_now()
        waiting = self._directory.intents()
        failures = [failure for intent in waiting if (failure := self._apply(intent))]
        if failures:
            raise failures[0]
        return len(waiting)

    def _apply(self, intent: Intent) -> Unavailable | None:
        try:
            self.revoke(intent.selection, intent.cause)
            self._directory.settle(intent)
        except Unavailable as failure:
            return failure
        return None

    def purge(self) -> int:
        """Delete families whose last token had died when it began, and old entries; how many
        families.
        """
        before = self._store.now()
        removed = self._pace.repeat(lambda most: self._store.expire(before, most))
        self.sweep()
        return removed

    def sweep(self) -> int:
        """Delete entries that lived for seconds and are over; how many."""
        return self._pace.repeat(self._ephemeral.sweep)
