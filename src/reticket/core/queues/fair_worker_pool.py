"""The bridge to threads for work that costs much: a lane on which everybody gets a turn."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from reticket.core.errors import Unavailable
from reticket.core.queues.batch_queue import LONGEST_WAIT
from reticket.core.queues.fair_queue import FairQueue, Requester

R = TypeVar("R")

LATEST_RETRY = 60
"""Seconds: the longest `Retry-After` that a full queue gives."""
MEMORY = 8
"""How many pieces of work the pace of the lane is averaged over."""


@dataclass(slots=True, eq=False)
class Waiting:
    """Work in the queue. `since` is when it came, in seconds of the event loop."""

    future: asyncio.Future[Any]
    work: Callable[[], Any]
    since: float


class FairWorkerPool:
    """A few threads behind a fair queue (`turns`). Belongs to one event loop.

    Args:
        threads: how much is done at once.
        places: how much may wait; who has no place is told Unavailable.
        longest_wait: seconds in the queue after which work is not begun any more.
        linger: seconds after which a caller hears that there is no place.
    """

    def __init__(
        self,
        name: str,
        threads: int,
        places: int,
        longest_wait: float = LONGEST_WAIT,
        linger: float = 0.0,
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._name = name
        self._threads = threads
        self._turns: FairQueue[Waiting] = FairQueue(places)
        self._longest_wait = longest_wait
        self._linger = linger
        self._running = 0
        self._pace = 0.0
        """Seconds that a piece of work takes, of late."""

    async def run(self, whose: Requester, work: Callable[..., R], *arguments: Any) -> R:
        """Run a function when its turn comes. Unavailable when there is no place, or too late.

        A caller that is cancelled gives its place up; work that has begun goes on.
        """
        loop = asyncio.get_running_loop()
        waiting = Waiting(loop.create_future(), lambda: work(*arguments), loop.time())
        if self._running < self._threads:
            self._begin(waiting, loop)
        elif dropped := self._turns.join(whose, waiting):
            loop.call_later(self._linger, self._refuse, dropped, self._full())
        try:
            result: R = await waiting.future
        finally:
            self._turns.leave(whose, waiting)
        return result

    async def linger(self) -> None:
        """What a caller waits who is refused without any work: one that asks again at once must
        not take the processor from those whose work is done.
        """
        await asyncio.sleep(self._linger)

    def close(self) -> None:
        """Work off what has begun, then stop the threads."""
        self._pool.shutdown()

    def _begin(self, waiting: Waiting, loop: asyncio.AbstractEventLoop) -> None:
        try:
            done = self._pool.submit(waiting.work)
        except RuntimeError:
            waiting.future.set_exception(Unavailable(f"the {self._name} lane is closed"))
            return
        self._running += 1
        begun = loop.time()
        done.add_done_callback(
            lambda done: loop.call_soon_threadsafe(self._end, waiting, done, loop, begun)
        )

    def _end(
        self, waiting: Waiting, done: Future[Any], loop: asyncio.AbstractEventLoop, begun: float
    ) -> None:
        self._running -= 1
        self._pace += (loop.time() - begun - self._pace) / MEMORY
        self._begin_next(loop)
        error = done.exception()
        if waiting.future.done():
            return
        if error is None:
            waiting.future.set_result(done.result())
        else:
            waiting.future.set_exception(error)

    def _begin_next(self, loop: asyncio.AbstractEventLoop) -> None:
        while (waiting := self._turns.next()) is not None:
            if loop.time() - waiting.since <= self._longest_wait:
                self._begin(waiting, loop)
                return
            self._refuse(waiting, self._full())

    @staticmethod
    def _refuse(waiting: Waiting, why: Unavailable) -> None:
        if not waiting.future.done():
            waiting.future.set_exception(why)

    def _full(self) -> Unavailable:
        """It says when those that wait now will have been worked off."""
        ahead = (len(self._turns) + self._running) * self._pace / self._threads
        retry = min(LATEST_RETRY, max(1, math.ceil(ahead)))
        return Unavailable(f"too much is waiting for the {self._name} lane", retry)
