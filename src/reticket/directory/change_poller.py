"""Decides when to check for other processes' changes, so that requests neither wait for it nor miss
any.

Owns the last mark and the pause after it. Knows no records.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from reticket.core.errors import Unavailable
from reticket.directory.engines.database import Database

RECENT = 0.5
"""Seconds for which the state of the last check is used where a caller must not wait."""


class ChangePoller:
    """Owns the last check. Threads that arrive during a check wait for it and share its result.

    Args:
        database: where to check, and how long to pause before the next check.
        renew: called when something may have changed; after a failure it is called again.
        seconds: a monotonic clock.
    """

    def __init__(
        self, database: Database, renew: Callable[[], None], seconds: Callable[[], float]
    ) -> None:
        self._database = database
        self._renew = renew
        self._seconds = seconds
        self._lock = Lock()
        self._fault: str | None = None
        self._changes = database.changes
        self._checked_at = seconds()
        self._due = self._checked_at + database.pause
        self._mark = database.mark()

    def check_if_due(self) -> None:
        """Check, unless there was a check within the pause.

        A failed check is not repeated within the pause, nor for as long as it took. So when the
        database does not answer, half of all callers do not wait.
        """
        with self._lock:
            if self._seconds() >= self._due or self._database.changes != self._changes:
                self._check()
            elif self._fault is not None:
                raise Unavailable(self._fault)

    def check(self) -> None:
        """Check now: no change that was committed before this call is missed."""
        with self._lock:
            self._check()

    def is_recent(self) -> bool:
        """Whether the last check succeeded, at most half a second ago, and this process has changed
        nothing since. Never blocks.
        """
        fresh = self._seconds() < self._checked_at + RECENT
        return fresh and self._fault is None and self._database.changes == self._changes

    def _check(self) -> None:
        began, changes = self._seconds(), self._database.changes
        try:
            mark = self._database.mark()
            if mark != self._mark:
                self._renew()
                self._mark = mark
        except Unavailable as fault:
            ended = self._seconds()
            self._fault, self._due = str(fault), ended + max(self._database.pause, ended - began)
            raise
        self._fault, self._checked_at, self._due = None, began, began + self._database.pause
        self._changes = changes
