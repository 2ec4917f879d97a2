"""Runs what dialects do without a request: looks for work every second, and does some of it at the
same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field

from reticket.core.commands import Asking
from reticket.core.errors import Unavailable
from reticket.core.model import Caller
from reticket.core.service import Performers
from reticket.http.edge import carried_out
from reticket.http.incidents import Incidents
from reticket.wire import Errand

PAUSE = 1.0
"""Seconds between two looks, unless a piece of work ends before."""

NOBODY = Caller(address="", correlation_id="")


@dataclass(frozen=True, slots=True)
class ErrandRunner:
    """Owns the pieces of one errand that are in progress. Belongs to one event loop."""

    errand: Errand
    performers: Performers
    incidents: Incidents
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Work until cancelled; what is in progress then is finished first."""
        try:
            while True:
                await self._begin()
                await self._pause()
        finally:
            if self._running:
                await asyncio.wait(self._running)

    async def _begin(self) -> None:
        free = self.errand.at_once - len(self._running)
        if free:
            for piece in await self._found(free):
                task = asyncio.create_task(self._done(piece))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def _pause(self) -> None:
        """Wait for a while, or until there is room for more."""
        nap = asyncio.create_task(asyncio.sleep(PAUSE))
        await asyncio.wait({nap, *self._running}, return_when=asyncio.FIRST_COMPLETED)
        nap.cancel()

    async def _found(self, most: int) -> Sequence[Asking[None]]:
        found: list[Asking[None]] = []
        await self._tried(self._look(found, most))
        return found

    async def _look(self, found: list[Asking[None]], most: int) -> None:
        found += await carried_out(self.errand.find(most), self.performers, NOBODY)

    async def _done(self, piece: Asking[None]) -> None:
        await self._tried(carried_out(piece, self.performers, NOBODY))

    async def _tried(self, work: Awaitable[None]) -> None:
        """A failure does not end the errand."""
        try:
            await work
        except Unavailable as failure:
            self.incidents.upkeep_waits(str(failure))
        except Exception as error:  # one piece must not stop the others
            self.incidents.failed("upkeep_failed", error)
