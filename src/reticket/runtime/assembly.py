"""Assembles the service over an opened service: performs commands for requests and for the shell.

Knows no wire form and no setting of a listener.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import closing
from typing import TypeVar

import msgspec

from reticket.adoption.old_forms import OldForms
from reticket.core.access.attempts import Attempts
from reticket.core.access.failure_limits import FailureLimit, FailureLimits
from reticket.core.access.handed_over import HandedOver
from reticket.core.access.known_programs import KnownPrograms
from reticket.core.access.programs import ProgramAuthenticator
from reticket.core.access.second_factor import SecondFactorAuthenticator
from reticket.core.access.secret_check import SecretCheck
from reticket.core.access.sign_in import UserAuthenticator
from reticket.core.access.sign_in_context import SignInContexts
from reticket.core.adoption.adopting import Adopting
from reticket.core.commands import Asking
from reticket.core.fetching.fetcher import FetchLimits
from reticket.core.model import Caller
from reticket.core.ports import Ephemeral, Event
from reticket.core.queues.batch_queue import LONGEST_WAIT, WorkerPool
from reticket.core.queues.fair_worker_pool import FairWorkerPool
from reticket.core.service import Service
from reticket.core.service_parts import ServiceParts, WorkerPools
from reticket.core.sessions.engine import Engine
from reticket.core.storage.budget import Budget
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.core.tokens.mint import Mint
from reticket.crypto.bounded_hasher import BoundedHasher
from reticket.crypto.otp import TimeBasedCodes
from reticket.crypto.verified import VerifiedSecrets
from reticket.directory.forms import folded
from reticket.fetching.exchange import TIMEOUT
from reticket.http.edge import carried_out
from reticket.runtime.mailer import mailer_of
from reticket.runtime.opened_service import OpenedService
from reticket.runtime.other_servers import exchange_of
from reticket.settings import Settings

NOBODY = Caller(address="", correlation_id="")
"""The caller of commands from the shell."""

LINGER = 1.0
"""Seconds that a sign-in waits for its 429, or for its 503 of a full queue. A connection that
retries at once would use more processor time than a hash.
"""

CALLERS = 2048
"""Places in the queue of callers' reads and writes of entries: some seconds of a slow disk."""

FETCHES = 8
"""Requests to other servers at once; most of each is waiting."""

FETCHES_WAITING = 256
"""Places in the queue of these requests. A slow server holds a thread for five seconds."""

HANDOVERS = 16
"""Questions to old back ends at once; most of each is waiting."""

HANDOVERS_WAITING = 256
"""Places in the queue of these questions."""

MESSAGE_WAIT = 60.0
"""Seconds that a message waits for its turn; a code in it is good for minutes."""

R = TypeVar("R")


def perform(instance: OpenedService, operation: Asking[R]) -> R:
    """Perform the commands of an operation here, and return what it returns."""

    async def performed() -> R:
        with closing(worker_pools_of(instance.settings)) as pools:
            service = service_of(instance, pools)
            try:
                return await carried_out(operation, service.performers, NOBODY)
            finally:
                await service.settled()

    return asyncio.run(performed())


def worker_pools_of(settings: Settings) -> WorkerPools:
    """The thread pools of the service; close them when done."""
    hashing = settings.hashing
    longest = settings.busy_timeout + LONGEST_WAIT  # the longest time of a request
    return WorkerPools(
        store=WorkerPool("store"),
        directory=WorkerPool("directory", threads=2),
        callers=FairWorkerPool("callers", 2, CALLERS, linger=LINGER),
        passwords=FairWorkerPool("password", hashing.threads, hashing.queue, longest, LINGER),
        fetches=FairWorkerPool("fetch", FETCHES, FETCHES_WAITING, TIMEOUT, LINGER),
        messages=WorkerPool("message", threads=2, longest_wait=MESSAGE_WAIT),
        handovers=FairWorkerPool("handover", HANDOVERS, HANDOVERS_WAITING, linger=LINGER),
    )


def service_of(instance: OpenedService, pools: WorkerPools) -> Service:
    """The service that performs the commands of requests."""
    old_forms = OldForms(lambda: instance.adopted.known, instance.directory.person_there)
    mint = Mint(
        instance.ring, msgspec.json.encode, msgspec.json.decode, instance.policies, old_forms.of
    )
    kinds = instance.kinds()
    engine = Engine(
        kinds=kinds,
        policies=instance.policies,
        store=instance.store,
        directory=instance.directory,
        mint=mint,
        audit=instance.audit,
        pool=pools.store,
        clock=instance.clock,
        entropy=os.urandom,
        adopting=Adopting(
            instance.adopted,
            instance.directory.adopted_people,
            instance.directory.unadopted,
            instance.grant,
            instance.store,
            pools.store,
            instance.clock,
        ),
    )
    hasher = BoundedHasher(instance.hasher, instance.settings.hashing.threads)
    secrets = SecretCheck(instance.directory, hasher, VerifiedSecrets(os.urandom))
    shared = _shared(instance.ephemeral, instance.settings)

    def tell(event: Event) -> None:
        instance.audit.record([event])

    attempts, limits = Attempts(shared, tell, instance.clock), _limits(instance.settings)
    contexts = SignInContexts(instance.directory, attempts, limits, instance.clock)
    users = UserAuthenticator(instance.directory, secrets, attempts, contexts)
    factors = SecondFactorAuthenticator(
        directory=instance.directory,
        factors=instance.directory.factors,
        ephemeral=shared,
        otp=TimeBasedCodes(),
        attempts=attempts,
        contexts=contexts,
        tell=tell,
        clock=instance.clock,
        entropy=os.urandom,
    )
    handed_over = HandedOver(
        handovers=instance.handovers,
        directory=instance.directory,
        people=instance.directory.handed_over,
        users=users,
        secrets=secrets,
        hasher=hasher,
        attempts=attempts,
        fold=folded,
        tell=tell,
        clock=instance.clock,
        seconds=time.monotonic,
    )
    verified, fetch = KnownPrograms(shared, instance.clock), instance.settings.fetch
    exchange = exchange_of(instance.settings)
    programs = ProgramAuthenticator(instance.directory, secrets, attempts, limits, verified)
    return Service(
        ServiceParts(
            kinds=kinds,
            engine=engine,
            users=users,
            factors=factors,
            programs=programs,
            directory=instance.directory,
            mint=mint,
            pools=pools,
            clock=instance.clock,
            store=instance.store,
            ephemeral=instance.ephemeral,
            shared=shared,
            keys=instance.ring,
            upkeep=instance.upkeep,
            entropy=os.urandom,
            hasher=hasher,
            consents=instance.directory.consents,
            exchange=exchange,
            fetch_limits=FetchLimits(fetch.per_network, fetch.per_host),
            registrar=instance.registrar,
            deliver=mailer_of(instance.settings, exchange, instance.clock),
            handed_over=handed_over if instance.handovers else None,
        )
    )


def _shared(ephemeral: Ephemeral, settings: Settings) -> BudgetedEphemeral:
    """The budgeted store, with a secret of this process, so that callers cannot know which entries
    share a counter.
    """
    return BudgetedEphemeral(ephemeral, _budget(settings), os.urandom(32))


def _budget(settings: Settings) -> Budget:
    said = settings.ephemeral
    return Budget(said.room, said.reserve, said.share, said.client_share)


def _limits(settings: Settings) -> FailureLimits:
    said = settings.sign_in
    return FailureLimits(
        account=FailureLimit(said.account_failures, said.account_window),
        strangers=FailureLimit(said.stranger_failures, said.stranger_window),
        address=FailureLimit(said.address_failures, said.address_window),
        application=FailureLimit(said.application_failures, said.application_window),
        program=FailureLimit(said.program_failures, said.program_window),
    )
