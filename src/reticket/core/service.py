"""Performs what dialects ask for: each command on the lane that it belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reticket.core.access.programs import ProgramAuthenticator
from reticket.core.access.second_factor import SecondFactorAuthenticator
from reticket.core.access.sign_in import UserAuthenticator
from reticket.core.access.sign_in_queue import SignInQueue
from reticket.core.addresses import network_of
from reticket.core.commands import (
    Audit,
    BeginSession,
    CheckNonce,
    Command,
    DryRunRefresh,
    EndSession,
    EndSessions,
    ExchangeToken,
    FindClient,
    FindSession,
    FindTenant,
    FindUser,
    Hash,
    Increment,
    InspectAccess,
    IssueAccess,
    ListSessions,
    MakeNonce,
    Now,
    OpenFactorSession,
    Peek,
    Pop,
    PublishedKeys,
    PutIfAbsent,
    PutReserved,
    RandomBytes,
    ReadAccess,
    ReadIdentity,
    ReadRefresh,
    Refresh,
    Release,
    Reserve,
    RunInDirectory,
    SecondFactor,
    SignIn,
    SignInApplication,
    SignInClient,
)
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import AccessToken, Caller, Family, Holder, Issued, RefreshToken
from reticket.core.people import Client, Tenant, User
from reticket.core.ports import (
    Clock,
    Directory,
    Entropy,
    Ephemeral,
    Event,
    Page,
    SecretHasher,
    Store,
)
from reticket.core.queues.batch_queue import BatchQueue, WorkerPool
from reticket.core.queues.fair_queue import Requester
from reticket.core.queues.fair_worker_pool import FairWorkerPool
from reticket.core.sessions.engine import Engine
from reticket.core.sessions.inspection import Inspection, admitted
from reticket.core.storage.budget import BudgetedEphemeral
from reticket.core.storage.caller_storage import CallerStorage
from reticket.core.storage.upkeep import Upkeep
from reticket.core.tokens.keys import KeyRing
from reticket.core.tokens.kinds import TokenKind
from reticket.core.tokens.mint import Mint


@dataclass(frozen=True, slots=True)
class WorkerPools:
    """Where work runs.

    Args:
        store: one thread; writes families.
        directory: a few threads; reads people, many in one look, and works for operators.
        visitors: as many; whatever one caller can have read or kept. Networks take turns.
        passwords: as many threads as hashes may run at once; everybody gets a turn.
    """

    store: WorkerPool
    directory: WorkerPool
    visitors: FairWorkerPool
    passwords: FairWorkerPool

    def close(self) -> None:
        """Work off what was accepted."""
        for lane in (self.passwords, self.visitors, self.directory, self.store):
            lane.close()


@dataclass(frozen=True, slots=True)
class Stock:
    """What commands reach past the engine for."""

    store: Store
    ephemeral: Ephemeral
    shared: BudgetedEphemeral
    keys: KeyRing
    upkeep: Upkeep
    entropy: Entropy
    hasher: SecretHasher


class Service:
    """The one door for dialects: `perform`."""

    def __init__(
        self,
        resources: Sequence[TokenKind],
        engine: Engine,
        desk: UserAuthenticator,
        factors: SecondFactorAuthenticator,
        programs: ProgramAuthenticator,
        directory: Directory,
        mint: Mint,
        lanes: WorkerPools,
        clock: Clock,
        stock: Stock,
    ) -> None:
        self._resources = {resource.name: resource for resource in resources}
        self._engine = engine
        self._factors = factors
        self._directory = directory
        self._mint = mint
        self._lanes = lanes
        self._clock = clock
        self._stock = stock
        self._visitors = CallerStorage(stock.ephemeral, stock.shared, lanes.visitors, clock)
        reception = SignInQueue(desk, programs, lanes.directory, lanes.passwords)
        self._clients: BatchQueue[str, Client | None] = BatchQueue(
            lanes.directory, self._look_up_clients
        )
        self._inspection = Inspection(
            lanes.store, stock.store, stock.ephemeral, directory, engine.holder_of
        )
        self._performers: dict[type, Callable[[Any, Caller], Awaitable[Any]]] = {
            Refresh: engine.refresh,
            DryRunRefresh: engine.rehearse,
            EndSession: engine.end,
            BeginSession: self._begin,
            SignIn: reception.person,
            SignInApplication: reception.application,
            OpenFactorSession: self._open_factor_session,
            SecondFactor: self._second_factor,
            ReadAccess: self._read_access,
            InspectAccess: self._inspect_access,
            FindTenant: self._find_tenant,
            FindUser: self._find_user,
            FindClient: self._find_client,
            SignInClient: reception.client,
            ExchangeToken: engine.derive,
            IssueAccess: self._issue_access,
            ReadRefresh: self._read_refresh,
            ReadIdentity: self._read_identity,
            FindSession: self._find_family,
            ListSessions: self._list_families,
            EndSessions: self._end_families,
            PutIfAbsent: self._visitors.keep,
            Reserve: self._visitors.reserve,
            PutReserved: self._visitors.keep_reserved,
            Release: self._visitors.release,
            Peek: self._visitors.look,
            Pop: self._visitors.take,
            Increment: self._visitors.tally,
            RandomBytes: self._draw,
            MakeNonce: self._make_nonce,
            CheckNonce: self._know_nonce,
            Now: self._now,
            PublishedKeys: self._published_keys,
            Audit: self._tell,
            Hash: self._hash,
            RunInDirectory: self._manage,
        }

    def perform(self, command: Command, caller: Caller) -> Awaitable[Any]:
        """Carry a command out for a caller; results and errors as the command's class says."""
        return self._performers[type(command)](command, caller)

    async def settled(self) -> None:
        """Wait until the audit log knows what happened so far; before the lanes are closed."""
        await self._engine.noted()

    async def _begin(self, command: BeginSession, caller: Caller) -> Issued:
        previous = None
        if isinstance(command.holder, User):
            previous = await self._lanes.directory.run(
                self._directory.signed_in, command.holder.id, self._clock()
            )
        return await self._engine.begin(command, previous, caller)

    async def _open_factor_session(self, command: OpenFactorSession, caller: Caller) -> str:
        return await self._visitors.run(caller, self._factors.open_session, command)

    async def _second_factor(self, command: SecondFactor, caller: Caller) -> User:
        return await self._visitors.run(caller, self._factors.user, command, caller)

    async def _read_access(self, command: ReadAccess, caller: Caller) -> tuple[AccessToken, Holder]:
        access = self._verify(command)
        holder = await self._visitors.run(caller, self._look_up, access)
        return access, admitted(access, holder)

    async def _inspect_access(
        self, command: InspectAccess, caller: Caller
    ) -> tuple[AccessToken, Holder]:
        access = self._verify(command)
        return access, await self._inspection.holder_of(access, command.void(access))

    def _verify(self, command: ReadAccess | InspectAccess) -> AccessToken:
        refusal: Refusal | None = None
        for name in command.resources:
            try:
                return self._mint.read_access(self._resources[name], command.token, self._clock())
            except Refusal as error:
                refusal = refusal if refusal and error.cause is Cause.FORGED else error
        raise refusal or Refusal(Code.INVALID_ACCESS_TOKEN, Cause.FORGED)

    def _look_up(self, access: AccessToken) -> Holder | None:
        self._directory.catch_up()
        return self._engine.holder_of(access.resource, access.subject)

    async def _find_tenant(self, command: FindTenant, caller: Caller) -> Tenant | None:
        return await self._visitors.run(caller, self._tenant, command.tenant_id)

    def _tenant(self, tenant_id: int) -> Tenant | None:
        self._directory.catch_up()
        return self._directory.tenant(tenant_id)

    async def _find_user(self, command: FindUser, caller: Caller) -> User | None:
        return await self._visitors.run(caller, self._user, command.email)

    def _user(self, email: str) -> User | None:
        self._directory.catch_up()
        return self._directory.user_by_email(email)

    async def _find_client(self, command: FindClient, caller: Caller) -> Client | None:
        at_hand = self._directory.client_at_hand(command.client_id)
        return at_hand[0] if at_hand else await self._clients.put(command.client_id)

    def _look_up_clients(self, batch: Sequence[str]) -> list[Client | None]:
        self._directory.catch_up()
        return [self._directory.client(client_id) for client_id in batch]

    async def _issue_access(self, command: IssueAccess, caller: Caller) -> Issued:
        return self._engine.alone(command, caller)

    async def _read_refresh(self, command: ReadRefresh, caller: Caller) -> RefreshToken:
        return self._mint.read_refresh(self._resources[command.resource], command.token)

    async def _read_identity(self, command: ReadIdentity, caller: Caller) -> Mapping[str, Any]:
        return self._mint.read_identity(command.token)

    async def _find_family(self, command: FindSession, caller: Caller) -> tuple[Family | None, int]:
        return await self._engine.find(command.family)

    async def _list_families(self, command: ListSessions, caller: Caller) -> Page:
        page = self._stock.store.page
        selected = command.selection, command.limit, command.after
        return await self._lanes.directory.run(page, *selected)

    async def _end_families(self, command: EndSessions, caller: Caller) -> Sequence[Family]:
        revoke = self._stock.upkeep.revoke
        return await self._lanes.store.run(revoke, command.selection, command.cause)

    async def _draw(self, command: RandomBytes, caller: Caller) -> bytes:
        return self._stock.entropy(command.size)

    async def _make_nonce(self, command: MakeNonce, caller: Caller) -> str:
        return self._mint.nonce(self._resources[command.resource], self._clock())

    async def _know_nonce(self, command: CheckNonce, caller: Caller) -> bool:
        resource = self._resources[command.resource]
        return self._mint.knows_nonce(resource, command.nonce, self._clock())

    async def _now(self, command: Now, caller: Caller) -> int:
        return self._clock()

    async def _published_keys(
        self, command: PublishedKeys, caller: Caller
    ) -> list[Mapping[str, str]]:
        return [each.jwk for each in self._stock.keys.verifiers()]

    async def _tell(self, command: Audit, caller: Caller) -> None:
        family = command.family.hex() if command.family else None
        self._engine.note(
            Event(
                at=self._clock(),
                event=command.event,
                resource=command.resource,
                family=family,
                subject=command.subject,
                cause=command.cause,
                address=caller.address or None,
                device=caller.device,
                correlation_id=caller.correlation_id or None,
                detail=command.detail,
            )
        )

    async def _hash(self, command: Hash, caller: Caller) -> str:
        whose = Requester(network_of(caller.address), command.operator, known=True)
        return await self._lanes.passwords.run(whose, self._stock.hasher.hash, command.secret)

    async def _manage(self, command: RunInDirectory, caller: Caller) -> Any:
        result = await self._lanes.directory.run(command.work)
        await self._lanes.store.run(self._stock.upkeep.apply_intents)
        return result
