"""Maintenance: applies intents, and removes ended rows and entries.

Synchronous and idempotent: after a crash between any two lines the next run completes the work.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from reticket.core.adoption.ports import NothingUnadopted, Unadopted
from reticket.core.errors import Unavailable
from reticket.core.logouts import REUSE, UNTOLD
from reticket.core.model import Family, Selection
from reticket.core.ports import AuditLog, Directory, Ephemeral, Intent, Store
from reticket.core.sessions import audit_events
from reticket.core.storage.pace import Pace

USER_BLOCKED = "user_disabled"
"""The cause of the intents of a person who was blocked."""

PAGE = 500
"""Families that are read at once."""


class Upkeep:
    """Owns revocations that no request causes, and the removal of what has ended.

    Args:
        outliving: the token kinds whose families outlive the block of their person.
        unadopted: ends families that have no row yet.
    """

    def __init__(
        self,
        store: Store,
        ephemeral: Ephemeral,
        directory: Directory,
        audit: AuditLog,
        pace: Pace | None = None,
        outliving: Container[str] = (),
        unadopted: Unadopted | None = None,
    ) -> None:
        self._store = store
        self._ephemeral = ephemeral
        self._directory = directory
        self._audit = audit
        self._pace = pace or Pace()
        self._outliving = outliving
        self._unadopted = unadopted or NothingUnadopted()

    def revoke(self, selection: Selection, cause: str) -> Sequence[Family]:
        """Revoke every live family that matches. Returns the rows that this call revoked.

        The selection is written into the audit stream as well. An engine may revoke families that
        it does not return. A call whose reply was lost has revoked families that the next call does
        not return.

        Clients are told of the end. They are marked before, so that a crash loses none of them, and
        again afterwards: a session may have begun meanwhile.

        Raises:
            Unavailable: a store failed. When the directory did, the families have ended, but their
                clients may not be told. The next call with the same selection makes up for it.
        """
        at = self._store.now()
        unnoted = self._note_unadopted(selection, cause, at)
        unmarked = self._mark(selection, (), cause, at) or unnoted
        ended = self._store.revoke(selection, cause)
        events = [audit_events.revocation(at, selection, cause)]
        events += [audit_events.revoked(at, family) for family in ended]
        self._audit.record(events, durable=True)
        unmarked = self._mark(selection, ended, cause, at) or unmarked
        if unmarked is not None:
            raise unmarked
        return ended

    def _note_unadopted(self, selection: Selection, cause: str, at: int) -> Unavailable | None:
        try:
            self._unadopted.end(selection, cause, at)
        except Unavailable as failure:
            return failure
        return None

    def _mark(
        self, selection: Selection, ended: Sequence[Family], cause: str, at: int
    ) -> Unavailable | None:
        """Mark the clients that are told; returns the failure."""
        if cause in UNTOLD:
            return None
        is_whole = selection.context is None and selection.live_at is None
        try:
            if is_whole:
                self._directory.logouts.mark(selection, at)
            self._directory.logouts.mark_families([family.id for family in ended], at)
        except Unavailable as failure:
            return failure
        return None

    def mark_missed(self) -> int:
        """Mark the clients of sessions that a reuse has ended, where a crash or a failing directory
        came between the end and its mark. Returns how many.
        """
        outbox, missed, after = self._directory.logouts, 0, ("", "")
        while page := outbox.unmarked(after, PAGE):
            families = [bytes.fromhex(each.family) for each in page]
            ended = [family for family in families if self._was_reused(family)]
            outbox.mark_families(ended, self._store.now())
            missed, after = missed + len(ended), page[-1][:2]
        return missed

    def _was_reused(self, family: bytes) -> bool:
        row = self._store.find(family)
        return row is not None and row.revoked_cause == REUSE

    def apply_intents(self) -> int:
        """Revoke what changes in the directory require. Returns how many intents were settled.

        An intent that fails does not stop the others; Unavailable is raised after all were tried.
        """
        self._directory.catch_up_now()
        waiting = self._directory.intents()
        failures = [failure for intent in waiting if (failure := self._apply(intent))]
        if failures:
            raise failures[0]
        return len(waiting)

    def _apply(self, intent: Intent) -> Unavailable | None:
        try:
            for selection in self._selections(intent):
                self.revoke(selection, intent.cause)
            self._directory.settle(intent)
        except Unavailable as failure:
            return failure
        return None

    def _selections(self, intent: Intent) -> Iterable[Selection]:
        """What an intent ends. Of a blocked person that is every kind but those that outlive it."""
        if intent.cause != USER_BLOCKED or not self._outliving:
            return [intent.selection]
        kinds = sorted(self._kinds_of(intent.selection))
        return [replace(intent.selection, resource=kind) for kind in kinds]

    def _kinds_of(self, selection: Selection) -> set[str]:
        """The kinds of all living families that match, and of those that have no row yet, but
        those that outlive a block.
        """
        kinds = {kind for kind in self._unadopted.kinds() if kind not in self._outliving}
        after: bytes | None = None
        living = replace(selection, live_at=self._store.now())
        while True:
            page = self._store.page(living, PAGE, after)
            kinds |= {row.resource for row in page.families if row.resource not in self._outliving}
            if (after := page.cursor) is None:
                return kinds

    def purge(self) -> int:
        """Delete families whose last token had expired when it began, and old entries. Returns how
        many families.
        """
        before = self._store.now()
        removed = self._pace.repeat(lambda most: self._store.expire(before, most))
        self.sweep()
        return removed

    def sweep(self) -> int:
        """Delete short-lived entries that have ended. Returns how many."""
        return self._pace.repeat(self._ephemeral.sweep)
