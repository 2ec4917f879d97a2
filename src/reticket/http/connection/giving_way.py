"""Which connection gives way to a newcomer when all places are taken.

A connection for whose client the service waits may have to. A request that is whole never does.
Networks with many connections lose theirs first, so that few strangers shut nobody out.
"""

from __future__ import annotations

from dataclasses import dataclass

from reticket.http.connection.watch import Phase, Watch, Watched

LOOKED_AT = 16
"""Connections of each phase among which one is chosen: those that have been in it for longest."""

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


def make_room(watch: Watch, newcomer: int) -> bool:
    """Close a connection, unless each that could be has more right to stay; whether one was.

    Args:
        watch: knows those that wait.
        newcomer: connections that its network has already.
    """
    found = max(_candidates(watch), key=lambda each: each.rank, default=None)
    if found is None or not _is_fair(found, newcomer):
        return False
    found.connection.give_way(found.phase)
    return True


def _candidates(watch: Watch) -> list[Candidate]:
    return [
        Candidate(connection, phase, since, connection.held)
        for phase in Phase
        for connection, since in watch.longest(phase, LOOKED_AT)
    ]


def _is_fair(found: Candidate, newcomer: int) -> bool:
    """A network with fewer connections goes first; among equals an idle one makes room."""
    return found.held > newcomer or (found.held == newcomer and found.is_idle)
