"""Measures the load of an event loop, and delays connections whose requests were refused.

A refused request costs as much as a valid one. Under more load than the loop can bear, connections
with refusals are read later, so that others are answered in time. A loop is loaded when it
computes, and when it runs late because others have the interpreter or the processor.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from reticket.core.queues.recent_events import RecentEvents
from reticket.http.connection.request_memory import NetworkShare

SAMPLE_INTERVAL = 0.05
"""Seconds between two samples."""

WEIGHT = 0.2
"""The weight of the newest sample in the mean."""

LIGHT_LOAD = 0.3
"""The share of its time that the loop may compute or run late before refusals are delayed."""

SLOPE = 8.0
"""Seconds of pause for each unit of share above it."""

LONGEST_PAUSE = 1.0
"""Seconds of the longest pause."""

FREE_REFUSALS = 8
"""Recent refusals that one client behind a proxy may have without a pause."""


class Load:
    """Owns the mean share of its time that the loop's thread computes or runs late.

    Args:
        loop: the event loop.
        timer: seconds of a monotonic clock.
        work: seconds of processor time of this thread.
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
        return min(LONGEST_PAUSE, SLOPE * max(0.0, self._mean - LIGHT_LOAD))

    def pause_of(self, network: str) -> float:
        """The same for a refused client behind a proxy; 0 when its refusals are rare."""
        self._refused.note(network)
        return self.pause if self._refused.times(network) > FREE_REFUSALS else 0.0

    def after_refusal(self, call: Callable[[], None]) -> None:
        """Call at once, or after the pause."""
        if pause := self.pause:
            self._loop.call_later(pause, call)
        else:
            call()

    def start(self) -> None:
        """Take samples until `stop`. Call it in the loop's thread."""
        self._begun, self._worked = self._timer(), self._work()
        self._next = self._loop.call_later(SAMPLE_INTERVAL, self._sample)

    def stop(self) -> None:
        """Take no more samples."""
        if self._next:
            self._next.cancel()

    def _sample(self) -> None:
        passed, worked = self._timer() - self._begun, self._work() - self._worked
        share = min(1.0, (worked + passed - SAMPLE_INTERVAL) / passed)
        self._mean += WEIGHT * (share - self._mean)
        self.start()


class Refusals:
    """Owns how many responses of one connection in a row were refusals.

    One refusal is normal, for a missing DPoP nonce or a pending approval, and causes no delay.
    """

    __slots__ = ("_in_a_row", "_load")

    def __init__(self, load: Load) -> None:
        self._load = load
        self._in_a_row = 0

    async def wait_before(self) -> None:
        """Wait before a refusal is written: no delay on a connection of one client."""

    def call_after(self, refused: bool, call: Callable[[], None]) -> None:
        """Call once the next request may be read."""
        self._in_a_row = self._in_a_row + 1 if refused else 0
        if self._in_a_row > 1:
            self._load.after_refusal(call)
        else:
            call()


class RefusalsOfMany(Refusals):
    """The same behind a proxy, where clients share a connection. A client with many refusals waits
    for its response, so that no other client waits behind it.

    Args:
        load: of the event loop.
        account: knows which network the request belongs to.
    """

    __slots__ = ("_account",)

    def __init__(self, load: Load, account: NetworkShare) -> None:
        super().__init__(load)
        self._account = account

    async def wait_before(self) -> None:
        """Wait for the client's pause."""
        if pause := self._load.pause_of(self._account.owner):
            await asyncio.sleep(pause)

    def call_after(self, refused: bool, call: Callable[[], None]) -> None:
        """Call at once: the next request may be another client's."""
        call()
