"""Which connection gives way to a newcomer when all places are taken.

A connection for whose client the service waits may have to. A request that is whole never does.
Networks with many connections lose theirs first, so that few strangers shut nobody out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from secrets import randbelow

from reticket.http.connection.phase_timer import Phase, PhaseTimer, Watched

LOOKED_AT = 16
"""Connections of each phase among which one is chosen: those that have been in it for longest, or
as many in a row further in.
"""

DEEPEST = 2048
"""Connections that are passed over at most to look further in."""

IDLE = frozenset({Phase.FRESH, Phase.IDLE})
"""Phases in which nothing of a request has come."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A connection that waits for its client.

    Args:
        since: when it entered the phase, in seconds of the loop.
        held: connections of its network.
    """

    connection: Watched
    phase: Phase
    since: float
    held: int

    @property
    def is_idle(self) -> bool:
        """Whether nothing is lost with it."""
        return self.phase in IDLE

    @property
    def rank(self) -> tuple[int, bool, float]:
        """The highest gives way first."""
        return self.held, self.is_idle, -self.since


def make_room(watch: PhaseTimer, newcomer: int, draw: Callable[[int], int] = randbelow) -> bool:
    """Close a connection, unless each that could be has more right to stay; whether one was.

    Where all that have waited for longest have more right, it looks once more, further in: a crowd
    must not be safe behind a few connections of others.

    Args:
        watch: knows those that wait.
        newcomer: connections that its network has already.
        draw: a number below that one, by chance.
    """
    found = _first(watch, newcomer, lambda waiting: 0) or _first(watch, newcomer, draw)
    if found is None:
        return False
    found.connection.give_way(found.phase)
    return True


def _first(watch: PhaseTimer, newcomer: int, begin: Callable[[int], int]) -> Candidate | None:
    """Of some in each phase the one that gives way first, if that is fair."""
    found = max(_candidates(watch, begin), key=lambda each: each.rank, default=None)
    return found if found and _is_fair(found, newcomer) else None


def _candidates(watch: PhaseTimer, begin: Callable[[int], int]) -> list[Candidate]:
    return [
        Candidate(connection, phase, since, connection.held)
        for phase in Phase
        for connection, since in watch.longest(phase, LOOKED_AT, begin(_depth(watch, phase)))
    ]


def _depth(watch: PhaseTimer, phase: Phase) -> int:
    return min(max(watch.count(phase) - LOOKED_AT, 0), DEEPEST) + 1


def _is_fair(found: Candidate, newcomer: int) -> bool:
    """A network with fewer connections goes first; among equals an idle one makes room."""
    return found.held > newcomer or (found.held == newcomer and found.is_idle)
