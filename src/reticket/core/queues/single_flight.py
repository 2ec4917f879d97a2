"""Runs equal work once when it is requested several times at once, so that the others find
it done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

R = TypeVar("R")


class SingleFlight:
    """Owns which work is in progress. Belongs to one event loop."""

    def __init__(self) -> None:
        self._ahead: dict[Hashable, asyncio.Future[None]] = {}

    async def follow(self, name: Hashable, work: Callable[..., Awaitable[R]], *arguments: Any) -> R:
        """The result or error of the work. A call that comes while work of that name is in progress
        begins after it, however it ended; all waiting calls then begin at once.
        """
        ahead = self._ahead.get(name)
        if ahead is not None:
            await asyncio.wait([ahead])
            return await work(*arguments)
        back = self._ahead[name] = asyncio.get_running_loop().create_future()
        try:
            return await work(*arguments)
        finally:
            del self._ahead[name]
            back.set_result(None)
