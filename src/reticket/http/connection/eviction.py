"""Chooses the connection that is closed for a new one when the limit is reached.

A connection for whose client the service waits may be closed; one with a complete request never is.
Networks with many connections lose theirs first, so that few strangers cannot shut others out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from secrets import randbelow

from reticket.http.connection.phase_timer import Phase, PhaseTimer, Watched

CANDIDATES = 16
"""Connections of each phase among which one is chosen: those that have waited longest, or as many
further down the order.
"""

MOST_SKIPPED = 2048
"""Connections that are skipped at most to look further down the order."""

IDLE = frozenset({Phase.FRESH, Phase.IDLE})
"""Phases in which no byte of a request has been received."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A connection that waits for its client.

    Args:
        connection / phase: the connection and its phase.
        since: when it entered the phase, in seconds of the loop.
        held: connections of its network.
    """

    connection: Watched
    phase: Phase
    since: float
    held: int

    @property
    def is_idle(self) -> bool:
        """Whether closing it loses nothing."""
        return self.phase in IDLE

    @property
    def rank(self) -> tuple[int, bool, float]:
        """The sort key; the highest is closed first."""
        return self.held, self.is_idle, -self.since


def evict(watch: PhaseTimer, newcomer: int, draw: Callable[[int], int] = randbelow) -> bool:
    """Close one connection, unless every candidate has a better claim than the new one. Returns
    whether one was closed.

    When all that have waited longest have a better claim, it looks once more, further down. So a
    few connections of others do not protect a crowd.

    Args:
        watch: knows the waiting connections.
        newcomer: connections that the new one's network has already.
        draw: a random number below its argument.
    """
    found = _first(watch, newcomer, lambda waiting: 0) or _first(watch, newcomer, draw)
    if found is None:
        return False
    found.connection.evict(found.phase)
    return True


def _first(watch: PhaseTimer, newcomer: int, skipped: Callable[[int], int]) -> Candidate | None:
    """The candidate of some connections in each phase that is closed first, if that is fair."""
    found = max(_candidates(watch, skipped), key=lambda each: each.rank, default=None)
    return found if found and _is_fair(found, newcomer) else None


def _candidates(watch: PhaseTimer, skipped: Callable[[int], int]) -> list[Candidate]:
    return [
        Candidate(connection, phase, since, connection.held)
        for phase in Phase
        for connection, since in watch.longest(phase, CANDIDATES, skipped(_depth(watch, phase)))
    ]


def _depth(watch: PhaseTimer, phase: Phase) -> int:
    return min(max(watch.count(phase) - CANDIDATES, 0), MOST_SKIPPED) + 1


def _is_fair(found: Candidate, newcomer: int) -> bool:
    """Whether the new connection's network has fewer, or as many while the candidate is idle."""
    return found.held > newcomer or (found.held == newcomer and found.is_idle)
