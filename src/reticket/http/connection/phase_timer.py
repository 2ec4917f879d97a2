"""Limits how long a connection may stay in a phase, by one check a second.

A timer for each request would cost more. Each phase keeps its connections in the order in which
they entered it, so a check stops at the first one that has time left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import Enum
from itertools import islice
from typing import Protocol

CHECK_INTERVAL = 1.0
"""Seconds between two checks; a connection may stay that much longer."""

TIMED_OUT_AT_ONCE, SHORT_INTERVAL = 6, 0.005
"""Connections of a phase that are timed out in one check, and seconds until the next check when
more remain. Thousands of connections that time out together must not delay everybody else.
"""

LINGER = 2.0
"""Seconds for a client to close after a refusal; closing first could destroy the response."""


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
        """The connection stayed in the phase for too long, and has left it."""
        ...

    @property
    def held(self) -> int:
        """Connections of its network."""
        ...

    def evict(self, phase: Phase) -> None:
        """Close it for another connection; its count is released on return."""
        ...


class PhaseTimer:
    """Owns which connection is in which phase, and since when (seconds of the loop).

    Args:
        loop: the event loop.
        timeouts: seconds by phase.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, timeouts: Mapping[Phase, float]) -> None:
        self._loop = loop
        self._timeouts = timeouts
        self._since: dict[Phase, dict[Watched, float]] = {phase: {} for phase in Phase}
        self._next: asyncio.TimerHandle | None = None

    def enter(self, phase: Phase, connection: Watched) -> None:
        """The connection enters this phase."""
        self._since[phase][connection] = self._loop.time()

    def leave(self, phase: Phase, connection: Watched) -> None:
        """The connection leaves this phase."""
        self._since[phase].pop(connection, None)

    def count(self, phase: Phase) -> int:
        """Connections in the phase."""
        return len(self._since[phase])

    def longest(self, phase: Phase, most: int, after: int = 0) -> list[tuple[Watched, float]]:
        """Connections in the order in which they entered the phase, after the first `after`, with
        their times.
        """
        return list(islice(self._since[phase].items(), after, after + most))

    def start(self) -> None:
        """Check once a second until `stop`."""
        self._next = self._loop.call_later(CHECK_INTERVAL, self._check)

    def stop(self) -> None:
        """Check no more."""
        if self._next:
            self._next.cancel()

    def _check(self) -> None:
        more = self.check(self._loop.time())
        self._next = self._loop.call_later(SHORT_INTERVAL if more else CHECK_INTERVAL, self._check)

    def check(self, now: float) -> bool:
        """Time out connections that stayed too long, a few of each phase. Returns whether more may
        remain.
        """
        timed_out = [
            self._time_out(phase, now - timeout) for phase, timeout in self._timeouts.items()
        ]
        return TIMED_OUT_AT_ONCE in timed_out

    def _time_out(self, phase: Phase, until: float) -> int:
        """Time out connections that entered the phase by then. Returns how many."""
        late = [each for each, since in self.longest(phase, TIMED_OUT_AT_ONCE) if since <= until]
        for connection in late:
            self.leave(phase, connection)
            connection.too_late(phase)
        return len(late)
