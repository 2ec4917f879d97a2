"""Clients that are told when a session ends: the records, the port that keeps them, and when a
client is told again.

Knows no wire form. Times are milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from reticket.core.model import Selection
from reticket.core.policy import DAY, SECOND

REPLACED = "replaced"
"""The cause of the end of a login session that a later sign-in has replaced."""

UNANSWERED = "unanswered"
"""The cause of the end of a session whose tokens no client has received."""

CLIENT_REMOVED = "client_removed"
"""The cause of the end of the sessions of a client that is removed."""

REUSE = "reuse"
"""The cause of the end of a session whose refresh token was used again."""

UNTOLD = frozenset({REPLACED, UNANSWERED, CLIENT_REMOVED})
"""Causes of ends that no client is told of: nobody has signed out, or nobody can be told."""

LEASE = 30 * SECOND
"""For how long a process has a log-out to itself; much longer than one request takes."""

PAUSES = (5, 15, 45, 135, 405, 1215, 3600)
"""Seconds before each further attempt; the last holds for all later ones."""

MOST_ATTEMPTS = 10
LONGEST = DAY
"""Seconds after the end of the session in which a client is told again."""

MOST_OF_PERSON = 200
"""Clients that are remembered for one person, in all sessions; the oldest go first."""


class LoggedIn(NamedTuple):
    """A client that is told when a session ends.

    Args:
        session: what the client knows the session by: 32 hex digits.
        client: its id.
        subject: the person.
        resource: the token kind of the family.
        family: the newest family of the client in that session: 32 hex digits.
        kept_until: nobody is told of an end after that time.
    """

    session: str
    client: str
    subject: str
    resource: str
    family: str
    kept_until: int


class Remembered(NamedTuple):
    """A client whose session has not ended, as far as the outbox knows; see `LoggedIn`."""

    session: str
    client: str
    family: str


class Logout(NamedTuple):
    """A client that must be told now.

    Args:
        session / client / subject / family: as in `LoggedIn`.
        ended_at: when the session ended.
        attempts: how often the client was told before, without success.
    """

    session: str
    client: str
    subject: str
    family: str
    ended_at: int
    attempts: int


class Logouts(Protocol):
    """The port: an outbox that outlives every process. Any of it may raise `Unavailable`."""

    def remember(self, client: LoggedIn) -> None:
        """Remember a client before its session begins. A log-out of the same session that was not
        sent yet is dropped: the person has signed in again.
        """

    def mark(self, selection: Selection, at: int) -> None:
        """Make due what the selection covers. Its time and its context are ignored."""

    def mark_families(self, families: Sequence[bytes], at: int) -> None:
        """Make due what belongs to these families, and to these sessions."""

    def unmarked(self, after: tuple[str, str], limit: int) -> Sequence[Remembered]:
        """At most `limit` that are not due, in order of session and client, after those two."""

    def claim(self, now: int, most: int) -> Sequence[Logout]:
        """Some that are due, for `LEASE`; of one client there is only one at a time."""

    def postpone(self, logout: Logout, due_at: int | None, attempts: int) -> None:
        """Give a claimed one back. None: it is not due any more."""

    def settle(self, logout: Logout) -> None:
        """Remove a claimed one, unless the person has signed in again meanwhile."""

    def expire(self, before: int, limit: int) -> int:
        """Delete at most `limit` rows that were kept until then and have no log-out due. Returns
        how many.
        """


def next_attempt(logout: Logout, now: int) -> int | None:
    """When the client is told again after one more failure; None when it is given up."""
    pause = PAUSES[min(logout.attempts, len(PAUSES) - 1)]
    at = now + pause * SECOND
    is_last = logout.attempts + 1 >= MOST_ATTEMPTS or at > logout.ended_at + LONGEST * SECOND
    return None if is_last else at
