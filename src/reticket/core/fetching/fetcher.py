"""Performs `Fetch`: copies, limits, and threads of its own in which networks take turns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from reticket.core.addresses import network_of
from reticket.core.commands import Fetch, Increment
from reticket.core.fetching.copies import Copies
from reticket.core.fetching.model import (
    Exchange,
    Fetched,
    FetchFault,
    FetchRequest,
    FetchResult,
    Unfetched,
)
from reticket.core.model import Caller
from reticket.core.ports import Clock, Counted
from reticket.core.queues.fair_queue import Requester
from reticket.core.queues.fair_worker_pool import FairWorkerPool
from reticket.core.queues.single_flight import SingleFlight

WINDOW = 60
"""Seconds for which the limits count."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Fetches in a minute, of all processes together.

    Args:
        per_network: that callers of one network may cause.
        per_host: to one host.
    """

    per_network: int = 60
    per_host: int = 120


class Fetcher:
    """Owns the copies of this process. Belongs to one event loop.

    Args:
        exchange: sends one request; it runs in the pool.
        count: counts for a caller, for all processes.
    """

    def __init__(
        self,
        exchange: Exchange,
        pool: FairWorkerPool,
        count: Callable[[Increment, Caller], Awaitable[Counted]],
        limits: FetchLimits,
        clock: Clock,
    ) -> None:
        self._exchange = exchange
        self._pool = pool
        self._count = count
        self._limits = limits
        self._clock = clock
        self._copies = Copies()
        self._in_progress = SingleFlight()

    async def fetch(self, command: Fetch, caller: Caller) -> FetchResult:
        """The answer, or the copy of an earlier one. Unavailable when too much is waiting."""
        if command.request.body is not None:
            return await self._sent(command.request, caller)
        copy = self._usable(command)
        if copy is not None:
            return copy
        return await self._in_progress.follow(command.request.url, self._renewed, command, caller)

    async def _renewed(self, command: Fetch, caller: Caller) -> FetchResult:
        copy = self._usable(command)
        if copy is not None:
            return copy
        result = await self._sent(command.request, caller)
        url, now = command.request.url, self._clock()
        if isinstance(result, Fetched):
            if command.is_kept is None or command.is_kept(result.body):
                self._copies.put(url, result, now, command.version, command.shortest)
            return result
        return self._copies.despite_failure(url, now, command.keep, command.version) or result

    def _usable(self, command: Fetch) -> Fetched | None:
        url, now = command.request.url, self._clock()
        return self._copies.usable(
            url, now, newer=command.newer, keep=command.keep, version=command.version
        )

    async def _sent(self, request: FetchRequest, caller: Caller) -> FetchResult:
        if await self._count_exceeds_limit(request, caller):
            return Unfetched(FetchFault.LIMITED)
        requester = Requester(network_of(caller.address), "", known=False)
        return await self._pool.run(requester, self._exchange, request)

    async def _count_exceeds_limit(self, request: FetchRequest, caller: Caller) -> bool:
        """Count the request, for its network and its host. Whether one of them exceeds its limit.
        Only the host counts for the service's own work, which has no address.
        """
        network = network_of(caller.address)
        if network and await self._count_exceeds(
            f"from:{network}", self._limits.per_network, caller
        ):
            return True
        return await self._count_exceeds(
            f"host:{_host_name(request.url)}", self._limits.per_host, caller
        )

    async def _count_exceeds(self, name: str, most: int, caller: Caller) -> bool:
        counted = await self._count(Increment(f"fetch:{name}", WINDOW, most=most), caller)
        return counted.total > most


def _host_name(url: str) -> str:
    """A short name of the host; of the whole text when it has none."""
    try:
        host = urlsplit(url).hostname or url
    except ValueError:
        host = url
    return sha256(host.rstrip(".").encode("utf-8", "replace")).hexdigest()
