"""Ends requests that take too long.

One check a second over all of them costs less than a timer for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from reticket.core.errors import Unavailable

CHECK_INTERVAL = 1.0
"""Seconds between two checks."""

R = TypeVar("R")


class Deadlines:
    """Owns which requests are in progress, and since when (seconds of the loop).

    Args:
        timeout: seconds; a request may take up to one check longer.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._since: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._checking_loop: asyncio.AbstractEventLoop | None = None

    async def keep(self, work: Awaitable[R]) -> R:
        """The result of the work. A task may have one deadline at a time.

        Raises:
            Unavailable: the work took too long and was cancelled.
        """
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("deadlines are kept in tasks")
        loop = task.get_loop()
        self._since[task] = loop.time()
        if self._checking_loop is not loop:
            self._checking_loop = loop
            loop.call_later(CHECK_INTERVAL, self._check, loop)
        cancelled = task.cancelling()
        try:
            return await work
        except asyncio.CancelledError:
            if not self._was_late(task) or task.cancelling() > cancelled:
                raise
            raise Unavailable("a request was not answered in time") from None
        finally:
            if self._late:
                self._was_late(task)
            del self._since[task]

    def _was_late(self, task: asyncio.Task[Any]) -> bool:
        """Whether this object has cancelled the task; the mark is then removed."""
        late = task in self._late
        if late:
            self._late.remove(task)
            task.uncancel()
        return late

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        until = loop.time() - self._timeout
        late = {task for task, since in self._since.items() if since <= until} - self._late
        self._late |= late
        for task in late:
            task.cancel()
        self._checking_loop = loop if self._since else None
        if self._since:
            loop.call_later(CHECK_INTERVAL, self._check, loop)
