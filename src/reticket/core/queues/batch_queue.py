"""Between the event loop and code that blocks: worker pools and batch queues.

A worker pool runs jobs in order on its threads. A batch queue gathers items that arrive together,
or while its pool is busy, into one batch: one commit serves all of them. A lone item does not wait
for others, and no item waits for a row that another process has locked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeAlias, TypeVar

from reticket.core.errors import Unavailable
from reticket.core.ports import ROW_LOCKED, RowLocked

I = TypeVar("I")  # noqa: E741 - an item
O = TypeVar("O")  # noqa: E741 - what becomes of it

LONGEST_BATCH = 256
LONGEST_QUEUE = 20_000
LONGEST_WAIT = 5.0
"""Seconds in the queue after which an item fails: successive batches may all wait for the same
lock.
"""
QUIET_ROUNDS = 3
"""Rounds of the event loop without a new item after which a batch leaves (ADR 0006). Two threads
that want the interpreter at once lose much time by switching. An empty round takes microseconds.
"""
LONGEST_GATHERING = 0.005
"""Seconds after which a batch leaves even while new items keep coming."""
PAUSE = 0.005
"""Seconds before locked items are tried again, when nothing else is waiting."""


class WorkerPool:
    """One thread. Work runs in the order in which it was submitted; `close` finishes what was
    accepted.

    Args:
        name: of the thread, for messages.
        longest_wait: seconds in the queue after which work is not begun. When the store does not
            answer, the last item would otherwise wait for all the others.
    """

    def __init__(
        self,
        name: str,
        threads: int = 1,
        longest_queue: int = LONGEST_QUEUE,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._name = name
        self._room = longest_queue
        self._longest_wait = longest_wait

    async def run(self, work: Callable[..., O], *arguments: Any) -> O:
        """Run a function on the thread. Unavailable when too much is waiting, or for too long."""
        if self._room <= 0:
            raise Unavailable(f"too much work is waiting for the {self._name} thread")
        loop = asyncio.get_running_loop()
        until = loop.time() + self._longest_wait

        def in_time() -> O:
            if loop.time() > until:
                raise Unavailable(f"work has waited for the {self._name} thread for too long")
            return work(*arguments)

        self._room -= 1
        try:
            return await asyncio.wrap_future(self.submit(in_time))
        finally:
            self._room += 1

    def submit(self, work: Callable[..., O], *arguments: Any) -> Future[O]:
        """Run a function on the pool, and do not wait. Unavailable once it is closed."""
        try:
            return self._pool.submit(work, *arguments)
        except RuntimeError:
            raise Unavailable(f"the {self._name} thread is closed") from None

    def close(self) -> None:
        """Finish what was accepted, then stop the thread."""
        self._pool.shutdown()


Waiting: TypeAlias = tuple[I, "asyncio.Future[O]", float]
"""An item, the future of its result, and when it was queued (seconds of the loop)."""


class BatchQueue(Generic[I, O]):
    """Batches items for a function that takes many at once.

    Args:
        pool: where the function runs.
        work: items in, one result or error for each in order. ROW_LOCKED puts the item into a later
            batch. When the function raises, every item of the batch gets that error.
        longest_wait: seconds in the queue after which an item is Unavailable.
    """

    def __init__(
        self,
        pool: WorkerPool,
        work: Callable[[Sequence[I]], Sequence[O | BaseException | RowLocked]],
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        self._pool = pool
        self._work = work
        self._longest_wait = longest_wait
        self._waiting: list[Waiting[I, O]] = []
        self._busy = False

    def put(self, item: I) -> asyncio.Future[O]:
        """Queue an item; the future gets its result. Call it on the event loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[O] = loop.create_future()
        if len(self._waiting) >= LONGEST_QUEUE:
            future.set_exception(Unavailable("too many requests are waiting for the store"))
            return future
        self._waiting.append((item, future, loop.time()))
        if not self._busy:
            self._busy = True
            self._gather(loop)
        return future

    def _gather(self, loop: asyncio.AbstractEventLoop) -> None:
        until, present = loop.time() + LONGEST_GATHERING, len(self._waiting)
        loop.call_soon(self._await_quiet, loop, until, present, QUIET_ROUNDS - 1)

    def _await_quiet(
        self, loop: asyncio.AbstractEventLoop, until: float, known: int, rounds: int
    ) -> None:
        """Let the batch leave once no item has joined it for that many rounds, or once it
        is full.
        """
        present = len(self._waiting)
        left = rounds if present == known else QUIET_ROUNDS
        if not left or present >= LONGEST_BATCH or loop.time() >= until:
            self._dispatch(loop)
        else:
            loop.call_soon(self._await_quiet, loop, until, present, left - 1)

    def _dispatch(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting[:LONGEST_BATCH], self._waiting[LONGEST_BATCH:]
        try:
            self._pool.submit(self._process, loop, batch)
        except Unavailable as closed:
            self._deliver(loop, batch, [closed] * len(batch))

    def _begin_next(self, loop: asyncio.AbstractEventLoop, locked: list[Waiting[I, O]]) -> None:
        """Begin the next batch; after a pause when it consists only of locked items."""
        fresh = bool(self._waiting)
        self._waiting += locked
        self._busy = bool(self._waiting)
        if fresh:
            self._gather(loop)
        elif locked:
            loop.call_later(PAUSE, self._dispatch, loop)

    def _process(self, loop: asyncio.AbstractEventLoop, batch: list[Waiting[I, O]]) -> None:
        items, _, queued = zip(*batch, strict=True)
        since = loop.time() - self._longest_wait
        results: Sequence[O | BaseException | RowLocked]
        try:
            results = self._work(items) if min(queued) >= since else self._in_time(batch, since)
            if len(results) != len(batch):
                raise ValueError(f"{len(batch)} items have {len(results)} results")
        except BaseException as error:  # given to every item of the batch
            results = [error] * len(batch)
        loop.call_soon_threadsafe(self._deliver, loop, batch, results)

    def _in_time(
        self, batch: list[Waiting[I, O]], since: float
    ) -> Sequence[O | BaseException | RowLocked]:
        """The result of each; an item that was queued before `since` is Unavailable."""
        too_late = Unavailable("the store has kept a batch waiting for too long")
        results: list[O | BaseException | RowLocked] = [too_late] * len(batch)
        kept = [at for at, (_, _, queued) in enumerate(batch) if queued >= since]
        if kept:
            done = self._work([batch[at][0] for at in kept])
            for at, result in zip(kept, done, strict=True):
                results[at] = result
        return results

    def _deliver(
        self,
        loop: asyncio.AbstractEventLoop,
        batch: list[Waiting[I, O]],
        results: Sequence[O | BaseException | RowLocked],
    ) -> None:
        locked = []
        try:
            for waiting, result in zip(batch, results, strict=True):
                future = waiting[1]
                if result is ROW_LOCKED:
                    locked.append(waiting)
                elif future.done():
                    continue
                elif isinstance(result, BaseException):
                    future.set_exception(result)
                else:
                    future.set_result(result)
        finally:  # a StopIteration cannot be set, and must not stop the queue
            self._begin_next(loop, locked)
