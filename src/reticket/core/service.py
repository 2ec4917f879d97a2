"""Performs the commands of dialects, each on the thread pool where its work belongs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from reticket.core import client_records
from reticket.core import commands as asked
from reticket.core.access.passwords import of_passwords
from reticket.core.access.sign_in_queue import SignInQueue
from reticket.core.addresses import network_of
from reticket.core.commands import Command
from reticket.core.errors import Code, Refusal
from reticket.core.fetching.fetcher import Fetcher
from reticket.core.messenger import Messenger
from reticket.core.model import AccessToken, Caller, Family, Holder, Issued
from reticket.core.people import Client, User
from reticket.core.performing import Perform, Performer, at_once, by
from reticket.core.ports import Page
from reticket.core.queues.batch_queue import BatchQueue
from reticket.core.queues.fair_queue import Requester
from reticket.core.realms import USUAL, SignInName
from reticket.core.registrations import Registrations
from reticket.core.service_parts import ServiceParts
from reticket.core.sessions.audit_events import dialect_event
from reticket.core.sessions.describing import Describing
from reticket.core.sessions.inspection import Inspection
from reticket.core.storage.caller_storage import CallerStorage
from reticket.core.tokens.keys import AccessKey, KeyRing

R = TypeVar("R")

Performers: TypeAlias = Mapping[type[Command[Any]], Perform[Any]]
"""Which function performs the commands of which class."""


class Service:
    """Owns which function performs which command. Belongs to one event loop.

    Attributes:
        performers: these functions.
    """

    def __init__(self, parts: ServiceParts) -> None:
        self._engine = parts.engine
        self._messenger = _messenger(parts)
        callers = CallerStorage(parts.ephemeral, parts.shared, parts.pools.callers, parts.clock)
        queue = SignInQueue(
            parts.users, parts.programs, parts.pools.directory, parts.pools.passwords,
            parts.handed_over, parts.pools.handovers,
        )  # fmt: skip
        self.performers: Performers = dict(
            (
                *_sessions(parts),
                *_sign_ins(parts, callers, queue),
                *of_passwords(parts, callers, queue),
                *_tokens(parts, callers),
                *_records(parts, callers),
                *_of_clients(parts, callers),
                *_entries(callers),
                *_others(parts),
                by(asked.Fetch, _fetcher(parts, callers).fetch),
                by(asked.SendMessage, self._messenger.send),
            )
        )

    async def settled(self) -> None:
        """Give up messages that are not delivered yet, and wait until the audit log has recorded
        all events so far, before the pools are closed.
        """
        await self._messenger.stop()
        await self._engine.noted()


Inspected: TypeAlias = tuple[AccessToken, Holder, Family | None]


def _sessions(parts: ServiceParts) -> Iterator[Performer]:
    engine, pools = parts.engine, parts.pools

    async def begin(command: asked.BeginSession, caller: Caller) -> Issued:
        previous = None
        if command.is_sign_in and isinstance(command.holder, User):
            signed_in = parts.directory.signed_in
            previous = await pools.directory.run(signed_in, command.holder.id, parts.clock())
        return await engine.begin(command, previous, caller)

    async def page(command: asked.ListSessions, caller: Caller) -> Page:
        selected = command.selection, command.limit, command.after
        return await pools.directory.run(parts.store.page, *selected)

    async def revoke(command: asked.EndSessions, caller: Caller) -> Sequence[Family]:
        return await pools.store.run(parts.upkeep.revoke, command.selection, command.cause)

    async def issue_access(command: asked.IssueAccess, caller: Caller) -> Issued:
        algorithm = parts.kinds[command.resource].algorithm_for(command.asked)
        if algorithm is not None:  # a missing key is made on a thread
            await pools.directory.run(parts.keys.signer_for, algorithm, parts.clock())
        return engine.alone(command, caller)

    async def find(command: asked.FindSession, caller: Caller) -> tuple[Family | None, int]:
        return await engine.find(command.family)

    yield by(asked.BeginSession, begin)
    yield by(asked.Refresh, engine.refresh)
    yield by(asked.DryRunRefresh, engine.rehearse)
    yield by(asked.ExchangeToken, engine.derive)
    yield by(asked.EndSession, engine.end)
    yield by(asked.IssueAccess, issue_access)
    yield by(asked.FindSession, find)
    yield by(asked.ListSessions, page)
    yield by(asked.EndSessions, revoke)


def _sign_ins(
    parts: ServiceParts, callers: CallerStorage, queue: SignInQueue
) -> Iterator[Performer]:
    async def open_session(command: asked.OpenFactorSession, caller: Caller) -> str:
        return await callers.run(caller, parts.factors.open_session, command)

    async def second_factor(command: asked.SecondFactor, caller: Caller) -> User:
        return await callers.run(caller, parts.factors.authenticate, command, caller)

    yield by(asked.SignIn, queue.person)
    yield by(asked.SignInApplication, queue.application)
    yield by(asked.SignInClient, queue.client)
    yield by(asked.OpenFactorSession, open_session)
    yield by(asked.SecondFactor, second_factor)


def _tokens(parts: ServiceParts, callers: CallerStorage) -> Iterator[Performer]:
    mint, kinds, clock, directory = parts.mint, parts.kinds, parts.clock, parts.directory
    engine = parts.engine
    holder_of = engine.holder_of
    inspection = Inspection(parts.pools.store, parts.store, parts.ephemeral, directory, holder_of)

    describing = Describing(kinds, engine, inspection, mint, clock)

    def verified(command: asked.ReadAccess | asked.InspectAccess) -> AccessToken:
        accepted = [kinds[name] for name in command.resources]
        return mint.read_access(accepted, command.token, clock())

    async def read(command: asked.ReadAccess, caller: Caller) -> tuple[AccessToken, Holder]:
        access = verified(command)
        return access, await callers.run(caller, inspection.subject_of, access)

    async def inspect(command: asked.InspectAccess, caller: Caller) -> Inspected:
        access = verified(command)
        return access, *(await inspection.live(access, command.void(access)))

    async def sign(command: asked.SignJwt, caller: Caller) -> str:
        said = command.claims, command.algorithm, command.type, clock()
        return await callers.run(caller, mint.sign, *said)

    async def access_keys(command: asked.ReadAccessKeys, caller: Caller) -> Sequence[AccessKey]:
        kind = kinds.get(command.resource)
        if kind is None or not kind.symmetric:
            raise Refusal(Code.INVALID_PARAMETER)
        return parts.keys.snapshot.access_keys(kind.name, clock())

    yield by(asked.ReadAccessKeys, access_keys)
    yield by(asked.SignJwt, sign)
    yield by(asked.ReadAccess, read)
    yield by(asked.InspectAccess, inspect)
    yield by(asked.DescribeToken, describing.describe)
    yield by(asked.ReadRefresh, lambda a, caller: engine.open(a.resource, a.token, caller))
    yield by(asked.ReadIdentity, at_once(lambda a: mint.read_identity(a.token)))
    yield by(asked.MakeNonce, at_once(lambda a: mint.nonce(kinds[a.resource], clock())))
    yield by(
        asked.CheckNonce,
        at_once(lambda a: mint.knows_nonce(kinds[a.resource], a.nonce, clock())),
    )


def _records(parts: ServiceParts, callers: CallerStorage) -> Iterator[Performer]:
    directory = parts.directory

    def caught_up(find: Callable[[Any], R]) -> Perform[R]:
        """Performed in the caller's turn. It may miss what other processes changed in the last half
        second.
        """

        def look_up(command: Any) -> R:
            directory.catch_up()
            return find(command)

        async def perform(command: Any, caller: Caller) -> R:
            return await callers.run(caller, look_up, command)

        return perform

    def clients_of(batch: Sequence[str]) -> list[Client | None]:
        directory.catch_up()
        return [directory.client(client_id) for client_id in batch]

    clients: BatchQueue[str, Client | None] = BatchQueue(parts.pools.directory, clients_of)

    async def find_client(command: asked.FindClient, caller: Caller) -> Client | None:
        at_hand = directory.client_at_hand(command.client_id)
        return at_hand[0] if at_hand else await clients.put(command.client_id)

    yield by(asked.FindTenant, caught_up(lambda a: directory.tenant(a.tenant_id)))

    def of_realm(user: User | None, realm: str) -> User | None:
        return user if user is not None and user.realm == realm else None

    named = caught_up(lambda a: directory.user_by_name(SignInName(a.realm, a.email)))
    yield by(asked.FindUser, named)
    yield by(asked.FindUserById, caught_up(lambda a: of_realm(directory.user(a.user_id), a.realm)))
    numbered = caught_up(lambda a: directory.user_by_number(a.realm, a.number))
    yield by(asked.FindUserByNumber, numbered)
    short = caught_up(lambda a: of_realm(directory.user_by_short_id(a.short_id), USUAL))
    yield by(asked.FindUserByShortId, short)
    yield by(asked.FindClient, find_client)
    yield by(asked.CheckOrigin, caught_up(lambda a: directory.has_origin(a.origin)))


def _of_clients(parts: ServiceParts, callers: CallerStorage) -> Iterator[Performer]:
    pools = parts.pools
    registrations = Registrations(
        parts.registrar, parts.upkeep, parts.hasher,
        pools.directory, pools.store, pools.passwords, parts.clock,
    )  # fmt: skip
    yield from client_records.of_consents(parts.consents, callers)
    yield from client_records.of_registrations(registrations)
    kept = parts.directory.logouts
    yield from client_records.of_logouts(kept, callers, pools.directory, parts.clock)


def _entries(callers: CallerStorage) -> Iterator[Performer]:
    yield by(asked.Compute, lambda a, caller: callers.run(caller, a.work))
    yield by(asked.PutIfAbsent, callers.put_if_absent)
    yield by(asked.Reserve, callers.reserve)
    yield by(asked.PutReserved, callers.put_reserved)
    yield by(asked.Release, callers.release)
    yield by(asked.Peek, callers.peek)
    yield by(asked.Pop, callers.pop)
    yield by(asked.Increment, callers.increment)


def _fetcher(parts: ServiceParts, callers: CallerStorage) -> Fetcher:
    pool, count = parts.pools.fetches, callers.increment
    return Fetcher(parts.exchange, pool, count, parts.fetch_limits, parts.clock)


def _messenger(parts: ServiceParts) -> Messenger:
    def note(command: asked.Audit, caller: Caller) -> None:
        parts.engine.note(dialect_event(parts.clock(), command, caller))

    return Messenger(parts.deliver, parts.pools.messages, note, parts.clock)


def _others(parts: ServiceParts) -> Iterator[Performer]:
    pools = parts.pools

    async def audit(command: asked.Audit, caller: Caller) -> None:
        parts.engine.note(dialect_event(parts.clock(), command, caller))

    async def hash_secret(command: asked.Hash, caller: Caller) -> str:
        requester = Requester(network_of(caller.address), command.operator, known=True)
        return await pools.passwords.run(requester, parts.hasher.hash, command.secret)

    async def run_in_directory(command: asked.RunInDirectory[R], caller: Caller) -> R:
        result = await pools.directory.run(command.work)
        await pools.store.run(parts.upkeep.apply_intents)
        return result

    yield by(asked.Audit, audit)
    yield by(asked.Hash, hash_secret)
    yield by(asked.RunInDirectory, run_in_directory)
    yield by(asked.RandomBytes, at_once(lambda a: parts.entropy(a.size)))
    yield by(asked.Now, at_once(lambda _: parts.clock()))
    yield by(asked.PublishedKeys, at_once(lambda _: _published(parts.keys)))


def _published(keys: KeyRing) -> list[Mapping[str, str]]:
    return [key.jwk for key in keys.snapshot.verifiers()]
