"""Puts the service over an opened house together: what performs commands, for requests or at the
shell. Knows no wire and no setting of a listener.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Generator
from contextlib import closing
from typing import Any, TypeVar

import msgspec

from reticket.core.access.attempts import Attempts
from reticket.core.access.guards import Limit, Limits
from reticket.core.access.known_programs import KnownPrograms
from reticket.core.access.programs import ProgramDesk
from reticket.core.access.second_factor import FactorDesk
from reticket.core.access.secret_check import SecretCheck
from reticket.core.access.sign_in import SignInDesk
from reticket.core.access.standing import Standings
from reticket.core.commands import Command
from reticket.core.model import Caller
from reticket.core.ports import Ephemeral, Event
from reticket.core.queues.conveyor import LONGEST_WAIT, Lane
from reticket.core.queues.fair_lane import FairLane
from reticket.core.service import Lanes, Service, Stock
from reticket.core.sessions.engine import Engine
from reticket.core.storage.budget import Budget, Budgeted
from reticket.core.tokens.mint import Mint
from reticket.crypto.modest import ModestHasher
from reticket.crypto.otp import TimeBasedCodes
from reticket.crypto.verified import VerifiedSecrets
from reticket.http.edge import carried_out
from reticket.runtime.house import House
from reticket.settings import Settings

NOBODY = Caller(address="", correlation_id="")
"""Who asks when a command of the shell does."""

LINGER = 1.0
"""Seconds that a sign-in waits for its 429 or its 503 of a full queue: a connection that is refused
at once and asks again at once takes more of the processor than a hash does.
"""

VISITORS = 2048
"""Places in the queue of what callers look up and have kept: a few seconds of a slow disk."""

R = TypeVar("R")


def perform(house: House, operation: Generator[Command, Any, R]) -> R:
    """Perform the commands of an operation here, and return what it returns."""

    async def performed() -> R:
        with closing(lanes_of(house.settings)) as lanes:
            service = service_of(house, lanes)
            try:
                return await carried_out(operation, service, NOBODY)
            finally:
                await service.settled()

    return asyncio.run(performed())


def lanes_of(settings: Settings) -> Lanes:
    """The threads that it performs them on; close them when done."""
    hashing = settings.hashing
    longest = settings.busy_timeout + LONGEST_WAIT  # as long as a request may take
    return Lanes(
        store=Lane("store"),
        directory=Lane("directory", threads=2),
        visitors=FairLane("visitors", 2, VISITORS, linger=LINGER),
        passwords=FairLane("password", hashing.threads, hashing.queue, longest, LINGER),
    )


def service_of(house: House, lanes: Lanes) -> Service:
    """What performs the commands of requests."""
    mint = Mint(house.ring, msgspec.json.encode, msgspec.json.decode)
    resources = [resource for dialect in house.dialects for resource in dialect.resources]
    engine = Engine(
        resources={resource.name: resource for resource in resources},
        policies=house.policies,
        store=house.store,
        directory=house.directory,
        mint=mint,
        audit=house.audit,
        lane=lanes.store,
        clock=house.clock,
        entropy=os.urandom,
    )
    hasher = ModestHasher(house.hasher, house.settings.hashing.threads)
    secrets = SecretCheck(house.directory, hasher, VerifiedSecrets(os.urandom))
    shared = _shared(house.ephemeral, house.settings)

    def tell(event: Event) -> None:
        house.audit.record([event])

    attempts, limits = Attempts(shared, tell, house.clock), _limits(house.settings)
    standings = Standings(house.directory, attempts, limits, house.clock)
    desk = SignInDesk(house.directory, secrets, attempts, standings)
    factors = FactorDesk(
        directory=house.directory,
        factors=house.directory.factors,
        ephemeral=shared,
        otp=TimeBasedCodes(),
        attempts=attempts,
        standings=standings,
        tell=tell,
        clock=house.clock,
        entropy=os.urandom,
    )
    verified = KnownPrograms(shared, house.clock)
    programs = ProgramDesk(house.directory, secrets, attempts, limits, verified)
    stock = Stock(
        house.store, house.ephemeral, shared, house.ring, house.upkeep, os.urandom, hasher
    )
    return Service(
        resources, engine, desk, factors, programs, house.directory, mint, lanes, house.clock, stock
    )


def _shared(ephemeral: Ephemeral, settings: Settings) -> Budgeted:
    """With a secret of this process, so that nobody knows whose entries are counted together."""
    return Budgeted(ephemeral, _budget(settings), os.urandom(32))


def _budget(settings: Settings) -> Budget:
    said = settings.ephemeral
    return Budget(said.room, said.reserve, said.share, said.client_share)


def _limits(settings: Settings) -> Limits:
    said = settings.sign_in
    return Limits(
        account=Limit(said.account_failures, said.account_window),
        strangers=Limit(said.stranger_failures, said.stranger_window),
        address=Limit(said.address_failures, said.address_window),
        program=Limit(said.program_failures, said.program_window),
    )
