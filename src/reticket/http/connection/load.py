"""How busy an event loop is, and how long a connection that was refused waits for that.

Nonsense costs as much as sense. Where there is more than the loop can do, those who are refused
are read on later, so that those who are not are answered in time. A loop is busy that computes, and
one that comes late because others have the interpreter or the processor.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from reticket.core.queues.recent_events import RecentEvents
from reticket.http.connection.request_memory import NetworkShare

BEAT = 0.05
"""Seconds between two looks."""

WEIGHT = 0.2
"""Of the newest look in the mean."""

EASY = 0.3
"""Share of its time that the loop computes or is late; while it is no more, nobody waits."""

SLOPE = 8.0
"""Seconds of pause for each share above it."""

LONGEST = 1.0
"""Seconds of a pause."""

SELDOM = 8
"""Of the newest refusals of clients behind proxies: so many may be one's without a pause."""


class Load:
    """Owns what share of its time the loop's thread computes or is late, as a mean of the last
    looks.

    Args:
        timer: seconds of a clock that never goes back.
        work: seconds that this thread has computed.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        timer: Callable[[], float] = time.monotonic,
        work: Callable[[], float] = time.thread_time,
    ) -> None:
        self._loop = loop
        self._timer = timer
        self._work = work
        self._mean = 0.0
        self._begun = self._worked = 0.0
        self._refused = RecentEvents()
        self._next: asyncio.TimerHandle | None = None

    @property
    def pause(self) -> float:
        """Seconds for which a connection is not read after a refusal."""
        return min(LONGEST, SLOPE * max(0.0, self._mean - EASY))

    def pause_of(self, network: str) -> float:
        """The same for a client that is refused behind a proxy; none where that is seldom."""
        self._refused.note(network)
        return self.pause if self._refused.times(network) > SELDOM else 0.0

    def after_refusal(self, call: Callable[[], None]) -> None:
        """Call at once, or after the pause."""
        if pause := self.pause:
            self._loop.call_later(pause, call)
        else:
            call()

    def start(self) -> None:
        """Look again and again until `stop`. To be called in the loop's thread."""
        self._begun, self._worked = self._timer(), self._work()
        self._next = self._loop.call_later(BEAT, self._look)

    def stop(self) -> None:
        """Look no more."""
        if self._next:
            self._next.cancel()

    def _look(self) -> None:
        passed, worked = self._timer() - self._begun, self._work() - self._worked
        share = min(1.0, (worked + passed - BEAT) / passed)
        self._mean += WEIGHT * (share - self._mean)
        self.start()


class Refusals:
    """Owns how often one connection was refused in a row. Clients are refused once in the course of
    things, for a nonce that they lack or an approval that has not come; nobody waits for that.
    """

    __slots__ = ("_in_a_row", "_load")

    def __init__(self, load: Load) -> None:
        self._load = load
        self._in_a_row = 0

    async def before(self) -> None:
        """To be awaited before a refusal is written: nobody waits for that."""

    def then(self, refused: bool, call: Callable[[], None]) -> None:
        """Call once the next request may be read."""
        self._in_a_row = self._in_a_row + 1 if refused else 0
        if self._in_a_row > 1:
            self._load.after_refusal(call)
        else:
            call()


class RefusalsOfMany(Refusals):
    """The same behind a proxy, where clients share a connection: who is refused again and again
    waits for the answer, so that nobody else waits behind it.

    Args:
        account: knows whose request it is.
    """

    __slots__ = ("_account",)

    def __init__(self, load: Load, account: NetworkShare) -> None:
        super().__init__(load)
        self._account = account

    async def before(self) -> None:
        """The pause."""
        if pause := self._load.pause_of(self._account.owner):
            await asyncio.sleep(pause)

    def then(self, refused: bool, call: Callable[[], None]) -> None:
        """The next request may be another client's."""
        call()
