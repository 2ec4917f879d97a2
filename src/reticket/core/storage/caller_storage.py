"""What callers look up and have kept: networks take turns, and a reached limit costs no write."""

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
from reticket.core.storage.budget import BudgetedEphemeral, Charge, Owner, OwnerKind, of_address

R = TypeVar("R")

PROVEN = (OwnerKind.CLIENT, OwnerKind.ACCOUNT, OwnerKind.OPERATOR)

MOST_SHUT = 10_000
"""Limits that are remembered as reached; of more, the one that was asked for longest ago goes."""


class CallerStorage:
    """Performs the commands that anybody can cause. Belongs to one event loop.

    Args:
        ephemeral: what is looked at.
        shared: the same store, by budget.
        lane: where all of it waits, by the network of the caller.
    """

    def __init__(
        self, ephemeral: Ephemeral, shared: BudgetedEphemeral, lane: FairWorkerPool, clock: Clock
    ) -> None:
        self._ephemeral = ephemeral
        self._shared = shared
        self._lane = lane
        self._reached = ReachedLimits(clock)

    async def run(self, caller: Caller, work: Callable[..., R], *arguments: object) -> R:
        """Run a function when the caller's network has its turn. Unavailable as of
        `FairWorkerPool`.
        """
        return await self._lane.run(_whose(None, caller), work, *arguments)

    async def put_if_absent(self, command: PutIfAbsent, caller: Caller) -> bool:
        """Whether it was kept."""
        kept = command.key, command.lifetime, command.value
        owner = command.owner or of_address(caller.address)
        whose = _whose(command.owner, caller)
        return await self._lane.run(whose, self._shared.once, *kept, owner)

    async def reserve(self, command: Reserve, caller: Caller) -> Charge:
        """Room for a text."""
        wanted = command.key, command.lifetime, command.size, command.owner
        whose = _whose(command.owner, caller)
        return await self._lane.run(whose, self._shared.reserve, *wanted)

    async def put_reserved(self, command: PutReserved, caller: Caller) -> bool:
        """Whether the text was kept in it."""
        kept = command.reserved, command.value
        whose = _whose(command.reserved.owner, caller)
        return await self._lane.run(whose, self._shared.keep_reserved, *kept)

    async def release(self, command: Release, caller: Caller) -> None:
        """There will be no text in it."""
        whose = _whose(command.reserved.owner, caller)
        await self._lane.run(whose, self._shared.release, command.reserved)

    async def peek(self, command: Peek, caller: Caller) -> str | None:
        """What was kept."""
        return await self.run(caller, self._ephemeral.peek, command.key)

    async def pop(self, command: Pop, caller: Caller) -> str | None:
        """The same; it is forgotten."""
        return await self.run(caller, self._ephemeral.take, command.key)

    async def increment(self, command: Increment, caller: Caller) -> Counted:
        """What the counter says; beyond the command's limit the answer lingers."""
        counted = self._reached.again(command) or await self._count(command, caller)
        if command.most is not None and counted.total > command.most:
            self._reached.note(command, counted)
            await self._lane.linger()
        return counted

    async def _count(self, command: Increment, caller: Caller) -> Counted:
        counted = command.key, command.window, command.add
        owner = command.owner or of_address(caller.address)
        whose = _whose(command.owner, caller)
        return await self._lane.run(whose, self._shared.count, *counted, owner)


class ReachedLimits:
    """Remembers which limits are reached, and for how long; counts on in the process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """The sum, and when (milliseconds) it is forgotten."""

    def again(self, command: Increment) -> Counted | None:
        """What the counter would say, if its limit is known to be reached. What is given back may
        open it, and the store says whether.
        """
        total, ends_at = self._known.pop(command.key, (0, 0))
        if command.add < 0:
            return None
        left = ends_at - self._clock()
        return Counted(total + command.add, left) if 0 < left <= command.window * SECOND else None

    def note(self, command: Increment, counted: Counted) -> None:
        """Its limit is reached."""
        self._known[command.key] = counted.total, self._clock() + counted.left
        if len(self._known) > MOST_SHUT:
            self._known.popitem(last=False)


def _whose(owner: Owner | None, caller: Caller) -> Requester:
    """An owner that has shown credentials goes ahead of strangers."""
    network = network_of(caller.address)
    if owner and owner.kind in PROVEN:
        return Requester(network, owner.name, known=True)
    return Requester(network, "", known=False)
