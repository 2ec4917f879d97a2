"""Equal work that is asked for at the same time: one goes ahead, so that the rest find it done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

R = TypeVar("R")


class SingleFlight:
    """Owns who has gone ahead. Belongs to one event loop."""

    def __init__(self) -> None:
        self._ahead: dict[Hashable, asyncio.Future[None]] = {}

    async def follow(self, name: Hashable, work: Callable[..., Awaitable[R]], *arguments: Any) -> R:
        """What the work returns or raises. Whoever comes while somebody has gone ahead with work
        of that name begins when that is over, however it ended; all of those begin at once.
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
