"""Performs callers' reads and writes of short-lived entries: networks take turns, and a reached
limit costs no write.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from reticket.core.addresses import network_of
from reticket.core.commands import Increment, Peek, Pop, PutIfAbsent, PutReserved, Release, Reserve
from reticket.core.model import Caller
from reticket.core.policy import SECOND
from reticket.core.ports import Clock, Counted, Ephemeral
from reticket.core.queues.fair_queue import Requester
from reticket.core.queues.fair_worker_pool import FairWorkerPool
from reticket.core.storage.budget import Charge, Owner, OwnerKind, of_address
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral

R = TypeVar("R")

PROVEN = (OwnerKind.CLIENT, OwnerKind.ACCOUNT, OwnerKind.OPERATOR)

MOST_REACHED = 10_000
"""Limits that are remembered as reached; beyond that the least recently used one is dropped."""


class CallerStorage:
    """Performs the commands that any caller can cause. Belongs to one event loop.

    Args:
        ephemeral: the store, for reads.
        shared: the same store with its budget, for writes.
        pool: runs the work; networks take turns.
    """

    def __init__(
        self, ephemeral: Ephemeral, shared: BudgetedEphemeral, pool: FairWorkerPool, clock: Clock
    ) -> None:
        self._ephemeral = ephemeral
        self._shared = shared
        self._pool = pool
        self._reached = ReachedLimits(clock)

    async def run(self, caller: Caller, work: Callable[..., R], *arguments: object) -> R:
        """Run a function when the caller's network has its turn. Unavailable as of
        `FairWorkerPool`.
        """
        return await self._pool.run(requester_of(None, caller), work, *arguments)

    async def put_if_absent(self, command: PutIfAbsent, caller: Caller) -> bool:
        """Whether the entry was stored."""
        entry = command.key, command.lifetime, command.value
        owner = command.owner or of_address(caller.address)
        whose = requester_of(command.owner, caller)
        return await self._pool.run(whose, self._shared.put_if_absent, *entry, owner)

    async def reserve(self, command: Reserve, caller: Caller) -> Charge:
        """Reserve room for a text."""
        wanted = command.key, command.lifetime, command.size, command.owner
        whose = requester_of(command.owner, caller)
        return await self._pool.run(whose, self._shared.reserve, *wanted)

    async def put_reserved(self, command: PutReserved, caller: Caller) -> bool:
        """Whether the text was stored in the reserved room."""
        entry = command.reserved, command.value
        whose = requester_of(command.reserved.owner, caller)
        return await self._pool.run(whose, self._shared.put_reserved, *entry)

    async def release(self, command: Release, caller: Caller) -> None:
        """Release reserved room."""
        whose = requester_of(command.reserved.owner, caller)
        await self._pool.run(whose, self._shared.release, command.reserved)

    async def peek(self, command: Peek, caller: Caller) -> str | None:
        """The stored value, or None."""
        return await self.run(caller, self._ephemeral.peek, command.key)

    async def pop(self, command: Pop, caller: Caller) -> str | None:
        """The stored value, which is then removed, or None."""
        return await self.run(caller, self._ephemeral.pop, command.key)

    async def increment(self, command: Increment, caller: Caller) -> Counted:
        """The counter after the addition. Beyond the command's limit the answer is delayed."""
        counted = self._reached.known(command) or await self._count(command, caller)
        if command.most is not None and counted.total > command.most:
            self._reached.note(command, counted)
            await self._pool.linger()
        return counted

    async def _count(self, command: Increment, caller: Caller) -> Counted:
        counted = command.key, command.window, command.add
        owner = command.owner or of_address(caller.address)
        whose = requester_of(command.owner, caller)
        return await self._pool.run(whose, self._shared.count, *counted, owner)


class ReachedLimits:
    """Remembers which limits are reached, and until when; continues their counts in this
    process.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """The sum, and the time when it is forgotten (milliseconds)."""

    def known(self, command: Increment) -> Counted | None:
        """The counter, if its limit is known to be reached. A subtraction may end that, so it goes
        to the store.
        """
        total, ends_at = self._known.pop(command.key, (0, 0))
        if command.add < 0:
            return None
        left = ends_at - self._clock()
        return Counted(total + command.add, left) if 0 < left <= command.window * SECOND else None

    def note(self, command: Increment, counted: Counted) -> None:
        """Note that a limit is reached."""
        self._known[command.key] = counted.total, self._clock() + counted.left
        if len(self._known) > MOST_REACHED:
            self._known.popitem(last=False)


def requester_of(owner: Owner | None, caller: Caller) -> Requester:
    """The requester for the fair queue; an owner with credentials goes before strangers."""
    network = network_of(caller.address)
    if owner and owner.kind in PROVEN:
        return Requester(network, owner.name, known=True)
    return Requester(network, "", known=False)
