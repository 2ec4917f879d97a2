"""The use of a stored grant: one session begins, whatever fails before the client has its answer.

The grant is removed after the session has begun, and only the request that removes it answers
(ADR 0008).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reticket.core.commands import (
    Asking,
    EndSessions,
    FindSession,
    Peek,
    Pop,
    PutIfAbsent,
    RandomBytes,
)
from reticket.core.errors import Unavailable
from reticket.core.identifiers import next_family_id
from reticket.core.logouts import UNANSWERED
from reticket.core.model import Selection
from reticket.core.storage.budget import COVERED

CLAIM_LIFETIME = 30
"""Seconds after which an interrupted request no longer blocks the next one.

A request takes less, unless its process stands still or `busy_timeout` is long.
"""


@dataclass(frozen=True, slots=True)
class GrantUse:
    """Owns the claim that one request has on a grant.

    Args:
        key: of the stored grant.
        first: the id of the session that the first attempt begins: 16 bytes.
        sessions: selects the kind, and maybe the client, of its sessions.
    """

    key: str
    first: bytes
    sessions: Selection

    def claim(self) -> Asking[str]:
        """Claim the grant for this request. Returns the id of the claim.

        Raises:
            Unavailable: another request has claimed it.
        """
        claim = (yield from RandomBytes(16)).hex()
        if not (yield from PutIfAbsent(self._claim_key, claim, CLAIM_LIFETIME, COVERED)):
            raise Unavailable("another request uses the same grant")
        return claim

    def end_unanswered(self) -> Asking[bytes]:
        """End the sessions of attempts that got no answer. Returns the id of the next session."""
        return (yield from end_sessions(self.first, self.sessions, UNANSWERED))

    def give_up(self, family: bytes) -> EndSessions:
        """End the session that this request has begun."""
        return _end(family, self.sessions, UNANSWERED)

    def spend(self, claim: str) -> Asking[bool]:
        """Remove the grant; returns whether this request has removed it.

        A store may fail after it has removed the grant. While the claim belongs to this request, no
        other request can have removed it.
        """
        try:
            return (yield from Pop(self.key)) is not None
        except Unavailable:
            if (yield from Peek(self.key)) is None and (yield from self._holds(claim)):
                return True
            raise

    def release(self, claim: str) -> Asking[None]:
        """Let the client repeat the request.

        A request whose claim has expired ends no session: another one may have succeeded meanwhile.
        """
        if (yield from self._holds(claim)):
            yield from self.end_unanswered()
            yield from Pop(self._claim_key)

    @property
    def _claim_key(self) -> str:
        return f"{self.key}:claimed"

    def _holds(self, claim: str) -> Asking[bool]:
        return (yield from Peek(self._claim_key)) == claim


def end_sessions(first: bytes, sessions: Selection, cause: str) -> Asking[bytes]:
    """End all living sessions that attempts with a grant have begun.

    Args:
        first: the id of the first one.
        sessions: as in `GrantUse`.
        cause: of their end.

    Returns the id of the session that the next attempt begins.
    """
    family = first
    while (row := (yield from FindSession(family))[0]) is not None:
        if row.revoked_at is None:
            yield from _end(family, sessions, cause)
        family = next_family_id(family)
    return family


def _end(family: bytes, sessions: Selection, cause: str) -> EndSessions:
    return EndSessions(replace(sessions, family=family), cause)
