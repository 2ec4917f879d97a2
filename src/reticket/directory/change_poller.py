"""When to look for what others have changed, so that requests neither wait for it nor miss it.

Owns the last mark and the pause after it. Knows no record.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from reticket.core.errors import Unavailable
from reticket.directory.engines.database import Database

RECENT = 0.5
"""Seconds for which what was read at the last look is good enough where nobody may wait."""


class ChangePoller:
    """Owns the last look. Threads that come while one looks wait for it and share its result.

    Args:
        database: where to look, and how long to pause before the next look.
        renew: called when something may have changed; when it fails, it is called again.
        seconds: never goes back.
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
        self._looked = seconds()
        self._due = self._looked + database.pause
        self._mark = database.mark()

    def glance(self) -> None:
        """Look, unless somebody did within the pause; a look that failed is not repeated in it, and
        not for as long as it took: where nobody answers, half of all callers wait for nothing.
        """
        with self._lock:
            if self._seconds() >= self._due or self._database.changes != self._changes:
                self._look()
            elif self._fault is not None:
                raise Unavailable(self._fault)

    def look(self) -> None:
        """Miss nothing that was committed before this call."""
        with self._lock:
            self._look()

    def is_recent(self) -> bool:
        """Whether the last look went well, half a second ago at most, and nothing has been changed
        here since. Waits for nobody.
        """
        fresh = self._seconds() < self._looked + RECENT
        return fresh and self._fault is None and self._database.changes == self._changes

    def _look(self) -> None:
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
        self._fault, self._looked, self._due = None, began, began + self._database.pause
        self._changes = changes
