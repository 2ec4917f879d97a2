"""Ends requests that take too long.

One look a second over all of them: a timer for each would cost more than many a request.
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
        patience: seconds, counted in whole looks.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._looking = False

    async def keep(self, work: Awaitable[R]) -> R:
        """What the work returns. Unavailable when it takes too long, whatever becomes of it; call
        once at a time in a task.
        """
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("deadlines are kept in tasks")
        loop = task.get_loop()
        self._since[task] = loop.time()
        if not self._looking:
            self._look_later(loop)
        try:
            return await work
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            task.uncancel()
            raise Unavailable("a request was not answered in time") from None
        finally:
            del self._since[task]
            self._late.discard(task)

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = True
        loop.call_later(LOOK, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        until = loop.time() - self._patience
        late = {task for task, since in self._since.items() if since <= until} - self._late
        self._late |= late
        for task in late:
            task.cancel()
        self._looking = bool(self._since)
        if self._looking:
            self._look_later(loop)
