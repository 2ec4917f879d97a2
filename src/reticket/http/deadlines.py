"""Ends requests that take too long.

One look a second over all of them costs less than a timer for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from reticket.core.errors import Unavailable

LOOK = 1.0
"""Seconds between two looks."""

R = TypeVar("R")


class Deadlines:
    """Owns who is being waited for, and since when (seconds of the loop).

    Args:
        patience: seconds; a request may take up to a look longer.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._looking: asyncio.AbstractEventLoop | None = None

    async def keep(self, work: Awaitable[R]) -> R:
        """What the work returns. Unavailable when it takes too long, whatever becomes of it; call
        once at a time in a task.
        """
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("deadlines are kept in tasks")
        loop = task.get_loop()
        self._since[task] = loop.time()
        if self._looking is not loop:
            self._look_later(loop)
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
        """Whether we have cancelled it; from now on we have not."""
        late = task in self._late
        if late:
            self._late.remove(task)
            task.uncancel()
        return late

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = loop
        loop.call_later(LOOK, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        until = loop.time() - self._patience
        late = {task for task, since in self._since.items() if since <= until} - self._late
        self._late |= late
        for task in late:
            task.cancel()
        self._looking = None
        if self._since:
            self._look_later(loop)
