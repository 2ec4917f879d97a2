"""The parts that the service performs commands with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reticket.core.access.handed_over import HandedOver
from reticket.core.access.programs import ProgramAuthenticator
from reticket.core.access.second_factor import SecondFactorAuthenticator
from reticket.core.access.sign_in import UserAuthenticator
from reticket.core.consents import Consents
from reticket.core.fetching.fetcher import FetchLimits
from reticket.core.fetching.model import Exchange
from reticket.core.messages import Deliver
from reticket.core.ports import Clock, Directory, Entropy, Ephemeral, SecretHasher, Store
from reticket.core.queues.batch_queue import WorkerPool
from reticket.core.queues.fair_worker_pool import FairWorkerPool
from reticket.core.registrations import Registrar
from reticket.core.sessions.engine import Engine
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.core.storage.upkeep import Upkeep
from reticket.core.tokens.keys import KeyRing
from reticket.core.tokens.kinds import TokenKind
from reticket.core.tokens.mint import Mint


@dataclass(frozen=True, slots=True)
class WorkerPools:
    """The pools of threads.

    Args:
        store: one thread; writes families.
        directory: a few threads; reads people in batches, and runs the verbs of operators.
        callers: as many; reads and keeps for single callers. Networks take turns.
        passwords: as many threads as hashes may run at once. Callers take turns.
        fetches: some threads; each waits for another server. Networks take turns.
        messages: a thread or two; each waits for the operator's mailer.
        handovers: some threads; each waits for an old back end. Networks take turns.
    """

    store: WorkerPool
    directory: WorkerPool
    callers: FairWorkerPool
    passwords: FairWorkerPool
    fetches: FairWorkerPool
    messages: WorkerPool
    handovers: FairWorkerPool

    def close(self) -> None:
        """Finish all accepted work, then stop."""
        for pool in (
            self.messages, self.fetches, self.handovers, self.passwords, self.callers,
            self.directory, self.store,
        ):  # fmt: skip
            pool.close()


@dataclass(frozen=True, slots=True)
class ServiceParts:
    """The parts that the service performs commands with.

    Args:
        kinds: the token kinds by name.
        shared: `ephemeral` with a budget for each owner.
        exchange: asks another server.
        deliver: hands a message to the operator's mailer.
        handed_over: decides whom an old back end is asked about; None asks about nobody.
    """

    kinds: Mapping[str, TokenKind]
    engine: Engine
    users: UserAuthenticator
    factors: SecondFactorAuthenticator
    programs: ProgramAuthenticator
    directory: Directory
    mint: Mint
    pools: WorkerPools
    clock: Clock
    store: Store
    ephemeral: Ephemeral
    shared: BudgetedEphemeral
    keys: KeyRing
    upkeep: Upkeep
    entropy: Entropy
    hasher: SecretHasher
    consents: Consents
    exchange: Exchange
    fetch_limits: FetchLimits
    registrar: Registrar
    deliver: Deliver
    handed_over: HandedOver | None
