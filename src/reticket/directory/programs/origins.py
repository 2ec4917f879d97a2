"""The origins of all clients together, because a preflight names no client."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from sqlalchemy import select

from reticket.directory.engines.database import Database, version_of
from reticket.directory.tables import oauth_clients
from reticket.oauth.origins import origins_of

PAUSE = 20
"""Between two readings there is at least this many times the duration of the first one. Anybody can
send preflights, so they may take a twentieth of a thread.
"""


class Origins:
    """Owns the origins of all enabled clients. They are read again after a change.

    Args:
        database: where the clients are.
        version: the directory's version at the last check for changes.
        seconds: a monotonic clock.
    """

    def __init__(
        self, database: Database, version: Callable[[], int], seconds: Callable[[], float]
    ) -> None:
        self._database = database
        self._version = version
        self._seconds = seconds
        self._lock = Lock()
        self._known: frozenset[str] = frozenset()
        self._known_version = -1
        self._due = seconds()

    def has_origin(self, origin: str) -> bool:
        """Whether an enabled client has registered the origin. Unavailable."""
        with self._lock:
            if self._known_version != self._version() and self._seconds() >= self._due:
                self._read()
            return origin in self._known

    def _read(self) -> None:
        began = self._seconds()
        enabled = select(oauth_clients.c.registration).where(~oauth_clients.c.disabled)
        with self._database.read() as connection:
            version = version_of(connection)
            registrations = connection.execute(enabled).scalars()
            self._known = frozenset().union(*map(origins_of, registrations))
        self._known_version, ended = version, self._seconds()
        self._due = ended + PAUSE * (ended - began)
