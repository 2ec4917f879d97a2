"""Worker threads for expensive work, behind a fair queue."""

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
"""Seconds: the longest `Retry-After` of a full queue."""
MEMORY = 8
"""Pieces of work over which the duration of work is averaged."""


@dataclass(slots=True, eq=False)
class Waiting:
    """Work in the queue. `since` is the time of its arrival, in seconds of the event loop."""

    future: asyncio.Future[Any]
    work: Callable[[], Any]
    since: float


class FairWorkerPool:
    """A few threads behind a fair queue (`fair_queue`). Belongs to one event loop.

    Args:
        name: of the threads, for messages.
        threads: how much is done at once.
        places: how much may wait; beyond that callers get Unavailable.
        longest_wait: seconds in the queue after which work is not begun.
        linger: seconds before a caller learns that there is no place.
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
        self._mean_duration = 0.0
        """Recent mean duration of a piece of work, in seconds."""

    async def run(self, requester: Requester, work: Callable[..., R], *arguments: Any) -> R:
        """Run a function when its turn comes. Unavailable when there is no place, or after too
        long.

        A cancelled caller gives up its place; work that has begun continues.
        """
        loop = asyncio.get_running_loop()
        waiting = Waiting(loop.create_future(), lambda: work(*arguments), loop.time())
        if self._running < self._threads:
            self._begin(waiting, loop)
        elif dropped := self._turns.join(requester, waiting):
            loop.call_later(self._linger, self._refuse, dropped, self._full())
        try:
            result: R = await waiting.future
        finally:
            self._turns.leave(requester, waiting)
        return result

    async def linger(self) -> None:
        """Delay a caller that is refused without any work, so that its immediate retries do not
        take the processor from others.
        """
        await asyncio.sleep(self._linger)

    def close(self) -> None:
        """Finish the work that has begun, then stop the threads."""
        self._pool.shutdown()

    def _begin(self, waiting: Waiting, loop: asyncio.AbstractEventLoop) -> None:
        try:
            done = self._pool.submit(waiting.work)
        except RuntimeError:
            waiting.future.set_exception(Unavailable(f"the {self._name} threads are closed"))
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
        self._mean_duration += (loop.time() - begun - self._mean_duration) / MEMORY
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
        """The error of a full queue; `retry_after` estimates when the waiting work will be done."""
        ahead = (len(self._turns) + self._running) * self._mean_duration / self._threads
        retry = min(LATEST_RETRY, max(1, math.ceil(ahead)))
        return Unavailable(f"too much work is waiting for the {self._name} threads", retry)
