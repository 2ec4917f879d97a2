"""How long a connection may stay in a phase: one look a second over those that are due.

A timer for each request costs more. Each phase has its connections in the order in which they
entered it, so a look stops at the first one that has time left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import Enum
from itertools import islice
from typing import Protocol

LOOK = 1.0
"""Seconds between two looks; a connection may stay as much longer."""

AT_ONCE, SOON = 12, 0.01
"""Connections of a phase that are told in one look, and seconds until the next one where that were
not all: what thousands that came together cost must not be a pause for everybody else.
"""

LINGER = 2.0
"""Seconds in which a client may close after a refusal; to close first could destroy the answer."""


class Phase(Enum):
    """What a connection waits for."""

    OPENING = "the client to finish the handshake of TLS"
    FRESH = "the first byte"
    IDLE = "another request"
    HEAD = "the rest of a head"
    BODY = "the rest of a body"
    DRAIN = "the rest of a body that nobody wants"
    LINGER = "the client to close"
    UNREAD = "the client to read"
    CLOSING = "the client to take the end"

    # An Enum's own hash is a Python function; members are compared by identity.
    __hash__ = object.__hash__


class Watched(Protocol):
    """A connection."""

    def too_late(self, phase: Phase) -> None:
        """It stayed in the phase for too long and has left it."""
        ...

    @property
    def held(self) -> int:
        """How many connections its network has."""
        ...

    def give_way(self, phase: Phase) -> None:
        """Its place is wanted by another; it is free on return."""
        ...


class PhaseTimer:
    """Owns which connection is in which phase, and since when (seconds of the loop).

    Args:
        patience: seconds by phase.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, patience: Mapping[Phase, float]) -> None:
        self._loop = loop
        self._patience = patience
        self._since: dict[Phase, dict[Watched, float]] = {phase: {} for phase in Phase}
        self._next: asyncio.TimerHandle | None = None

    def enter(self, phase: Phase, connection: Watched) -> None:
        """From now on it is in this phase."""
        self._since[phase][connection] = self._loop.time()

    def leave(self, phase: Phase, connection: Watched) -> None:
        """It is no longer."""
        self._since[phase].pop(connection, None)

    def count(self, phase: Phase) -> int:
        """How many are in the phase."""
        return len(self._since[phase])

    def longest(self, phase: Phase, most: int, after: int = 0) -> list[tuple[Watched, float]]:
        """Those that have been in the phase for longest but for so many, and since when."""
        return list(islice(self._since[phase].items(), after, after + most))

    def start(self) -> None:
        """Look once a second until `stop`."""
        self._next = self._loop.call_later(LOOK, self._look)

    def stop(self) -> None:
        """Look no more."""
        if self._next:
            self._next.cancel()

    def _look(self) -> None:
        more = self.look(self._loop.time())
        self._next = self._loop.call_later(SOON if more else LOOK, self._look)

    def look(self, now: float) -> bool:
        """Tell those that are too late, a few of each phase; whether there may be more of them."""
        told = [self._tell(phase, now - patience) for phase, patience in self._patience.items()]
        return AT_ONCE in told

    def _tell(self, phase: Phase, until: float) -> int:
        """How many were told that have been in a phase since then."""
        late = [each for each, since in self.longest(phase, AT_ONCE) if since <= until]
        for connection in late:
            self.leave(phase, connection)
            connection.too_late(phase)
        return len(late)
