"""Begins, refreshes and ends families, and records each in the audit log.

Knows no dialect and no storage engine. The steps that stores run are in `steps`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from reticket.core.adoption.adopting import Adopting
from reticket.core.adoption.model import ForeignToken
from reticket.core.commands import (
    BeginSession,
    DryRunRefresh,
    EndSession,
    ExchangeToken,
    IssueAccess,
    Refresh,
)
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.model import (
    Caller,
    Family,
    Holder,
    Issued,
    Outcome,
    RefreshToken,
    Selection,
)
from reticket.core.people import User
from reticket.core.policy import Policy
from reticket.core.ports import (
    ROW_LOCKED,
    AuditLog,
    Clock,
    Directory,
    Entropy,
    Event,
    NotReplicated,
    RowLocked,
    Step,
    Store,
)
from reticket.core.queues.batch_queue import BatchQueue, WorkerPool
from reticket.core.realms import USUAL
from reticket.core.sessions.audit_events import audit_events_of, begun, granted, refused
from reticket.core.sessions.devices import Devices
from reticket.core.sessions.holders import holder_but_user
from reticket.core.sessions.requests import (
    NewSession,
    PairStep,
    Placed,
    SessionStep,
    first_family,
)
from reticket.core.sessions.reused import mark_reused
from reticket.core.sessions.steps import (
    AdoptStep,
    DryRunStep,
    ExchangeStep,
    RefreshStep,
    SignOutStep,
    StepOutcome,
    admitted,
    replicated,
    same_credentials,
    seen,
)
from reticket.core.tokens.kinds import TokenKind
from reticket.core.tokens.mint import Mint

StoreResult: TypeAlias = StepOutcome | NotReplicated[StepOutcome] | RowLocked


class Engine:
    """Owns the life of families: from the sign-in to their end.

    Args:
        kinds / policies: by name of the token kind.
        pool: the store's writer; everything that changes a family runs on it.
        clock: for audit events that are recorded without asking the store.
        adopting: opens tokens of other systems.
    """

    def __init__(
        self,
        kinds: Mapping[str, TokenKind],
        policies: Mapping[str, Policy],
        store: Store,
        directory: Directory,
        mint: Mint,
        audit: AuditLog,
        pool: WorkerPool,
        clock: Clock,
        entropy: Entropy,
        adopting: Adopting,
    ) -> None:
        self._kinds = kinds
        self._policies = policies
        self._store = store
        self._directory = directory
        self._mint = mint
        self._audit = audit
        self._clock = clock
        self._entropy = entropy
        self._devices = Devices(clock)
        self._adopting = adopting
        find, has_pending = self.holder_of, directory.pending
        self._refresh_step = partial(RefreshStep, holder_of=find, has_pending=has_pending)
        self._exchange_step = partial(ExchangeStep, holder_of=find, has_pending=has_pending)
        self._ends: BatchQueue[Placed[SignOutStep], StepOutcome] = BatchQueue(pool, self._end_batch)
        self._pairs: BatchQueue[Placed[PairStep], Issued] = BatchQueue(pool, self.refresh_batch)
        self._starts: BatchQueue[NewSession, Issued] = BatchQueue(pool, self._begin_batch)
        self._reads: BatchQueue[Placed[Step[Any]], Any] = BatchQueue(pool, self._read)
        self._notes: BatchQueue[Event, None] = BatchQueue(pool, self._record, math.inf)
        self._newest_note: asyncio.Future[None] | None = None

    def refresh(self, command: Refresh, caller: Caller) -> asyncio.Future[Issued]:
        """Exchange a refresh token for a pair. INVALID_TOKEN, ACCESS_DENIED. Call on the event
        loop.
        """
        kind = self._kinds[command.resource]
        try:
            token = self._mint.read_refresh(kind, command.token)
        except Refusal as refusal:
            found = self._adopting.read(kind.name, command.token)
            if not found:
                self._note_refused(kind.name, refusal, caller)
                raise
            return asyncio.ensure_future(self._adopt(command, found, caller))
        policy = command.policy or self._policies[command.resource]
        step = self._refresh_step(command, policy, caller, token)
        return self._pairs.put((token.family, step))

    async def _adopt(
        self, command: Refresh, found: Sequence[ForeignToken], caller: Caller
    ) -> Issued:
        try:
            token, system = await self._adopting.open(found, caller.device)
        except Refusal as refusal:
            self._note_refused(command.resource, refusal, caller)
            raise
        policy = command.policy or self._policies[command.resource]
        step = AdoptStep(self._refresh_step(command, policy, caller, token), system)
        return await self._pairs.put((token.family, step))

    async def open(self, kind_name: str, text: str, caller: Caller) -> RefreshToken:
        """The content of a presented refresh token. The session of another system is adopted by
        it: it has a row afterwards. INVALID_TOKEN; records nothing.
        """
        try:
            return self._mint.read_refresh(self._kinds[kind_name], text)
        except Refusal:
            found = self._adopting.read(kind_name, text)
            if not found:
                raise
        return (await self._adopting.open(found, caller.device)).token

    async def rehearse(self, command: DryRunRefresh, caller: Caller) -> tuple[RefreshToken, Family]:
        """The token and row that a refresh would find. Raises what the refresh would raise, and
        records nothing.
        """
        refresh = command.refresh
        token = await self.open(refresh.resource, refresh.token, caller)
        policy = refresh.policy or self._policies[refresh.resource]
        step = DryRunStep(self._refresh_step(refresh, policy, caller, token))
        row, outcome = await self._reads.put((token.family, step))
        admitted(outcome)
        return token, row

    def derive(self, command: ExchangeToken, caller: Caller) -> asyncio.Future[Issued]:
        """Make another access token for a live family. INVALID_TOKEN, ACCESS_DENIED. Call on the
        event loop.
        """
        policy = command.policy or self._policies[command.resource]
        return self._pairs.put((command.family, self._exchange_step(command, policy, caller)))

    async def end(self, command: EndSession, caller: Caller) -> Family:
        """Sign out: end the family of a refresh token. INVALID_TOKEN with its cause."""
        try:
            token = await self.open(command.resource, command.token, caller)
        except Refusal as refusal:
            self._note_refused(command.resource, refusal, caller)
            raise
        policy = command.policy or self._policies[command.resource]
        step = SignOutStep(command, policy, caller, token)
        outcome = await self._ends.put((token.family, step))
        if outcome.refusal is not None or outcome.family is None:
            raise outcome.refusal or Refusal(Code.INVALID_TOKEN, Cause.UNKNOWN)
        return outcome.family

    async def begin(
        self, command: BeginSession, previous_sign_in: int | None, caller: Caller
    ) -> Issued:
        """Start a family. INVALID_CREDENTIALS when the subject was disabled, deleted or given new
        credentials meanwhile.
        """
        policy = command.policy or self._policies[command.resource]
        return await self._starts.put(NewSession(command, policy, previous_sign_in, caller))

    def alone(self, command: IssueAccess, caller: Caller) -> Issued:
        """An access token that belongs to no family. Call on the event loop."""
        kind = self._kinds[command.resource]
        policy = command.policy or self._policies[command.resource]
        now = self._clock()
        begin = BeginSession(
            command.resource, command.holder, client=command.holder.id, scope=command.scope
        )
        row = first_family(NewSession(begin, policy, None, caller), now, self._entropy)
        row = row._replace(generation=0)
        outcome = StepOutcome(now, Outcome.DERIVED, row, command.holder)
        self.note(granted(kind.name, outcome, caller))
        return self._mint.issue(kind, policy, *admitted(outcome), command.asked)

    async def find(self, family: bytes) -> tuple[Family | None, int]:
        """The row as it is, and the store's time, read in a batch with other readers."""
        found: tuple[Family | None, int] = await self._reads.put((family, seen))
        return found

    def note(self, event: Event) -> None:
        """Record an event on the pool, without waiting. Call on the event loop.

        When too many events wait for a store that does not answer, the event is lost and counted.
        """
        noted = self._notes.put(event)
        if noted.done() and noted.exception():
            self._audit.lose(1)
        else:
            self._newest_note = noted

    async def noted(self) -> None:
        """Wait until the audit log has recorded every event noted so far."""
        if self._newest_note is not None:
            await asyncio.wait([self._newest_note])

    def holder_of(self, kind_name: str, subject: str) -> Holder | None:
        """The subject's record; None when it was deleted or disabled, or is of another realm."""
        kind = self._kinds[kind_name]
        if kind.subjects is User:
            user, realms = self._directory.user(subject), kind.realms
            is_meant = user and (realms.holds(user.realm) if realms else user.realm == USUAL)
            return user if user and is_meant and user.active and not user.disabled else None
        return holder_but_user(self._directory, kind.subjects, subject)

    def _note_refused(self, kind: str, refusal: Refusal, caller: Caller) -> None:
        self.note(refused(self._clock(), kind, refusal, caller))

    def _transact(self, batch: Sequence[Placed[SessionStep]]) -> Sequence[StoreResult]:
        """Run the steps and record their events, before any of them is answered."""
        self._directory.catch_up()
        results: Sequence[StoreResult] = self._store.transact(batch)
        events, ended = list[Event](), list[StepOutcome]()
        for (_, step), result in zip(batch, results, strict=True):
            if result is not ROW_LOCKED:
                outcome = result.result if isinstance(result, NotReplicated) else result
                events += audit_events_of(step.command.resource, outcome, step.caller)
                ended += [outcome] if outcome.ended else []
        events += mark_reused(self._directory.logouts, ended) if ended else []
        self._audit.record(events, durable=bool(ended))
        return results

    def _end_batch(
        self, batch: Sequence[Placed[SignOutStep]]
    ) -> Sequence[StepOutcome | Unavailable | RowLocked]:
        return [replicated(result) for result in self._transact(batch)]

    def refresh_batch(
        self, batch: Sequence[Placed[PairStep]]
    ) -> Sequence[Issued | Exception | RowLocked]:
        """The token pairs of a batch, made one after the other on this thread. On the event loop,
        between requests, a signature costs more (ADR 0006).
        """
        _, steps = zip(*batch, strict=True)
        return list(map(self._pair, steps, self._transact(batch)))

    def _pair(
        self, step: PairStep | NewSession, result: StoreResult
    ) -> Issued | Exception | RowLocked:
        if not isinstance(result, StepOutcome):
            return replicated(result)
        command, policy = step.command, step.policy
        try:
            kind = self._kinds[command.resource]
            return self._mint.issue(kind, policy, *admitted(result), command.asked, result.latest)
        except Exception as error:  # the others of the batch still get their answer
            return error

    def _begin_batch(self, batch: Sequence[NewSession]) -> Sequence[Issued | Exception | RowLocked]:
        """The first pairs of a batch, made on this thread as those of a refresh are."""
        return list(map(self._pair, batch, self._create(batch)))

    def _create(self, batch: Sequence[NewSession]) -> Sequence[StepOutcome]:
        now = self._store.now()
        families = [self._devices.kept(first_family(start, now, self._entropy)) for start in batch]
        self._insert(families)
        self._directory.catch_up_now()
        results = [self._confirm(s, f, now) for s, f in zip(batch, families, strict=True)]
        events = [
            begun(start.command.resource, outcome, start.caller)
            for start, outcome in zip(batch, results, strict=True)
        ]
        self._audit.record(events, durable=any(outcome.ended for outcome in results))
        return results

    def _insert(self, families: Sequence[Family]) -> None:
        """Unavailable when another process has just begun a family with an id chosen before."""
        try:
            self._store.create(families)
        except KeyError as error:
            raise Unavailable("one of the families was begun meanwhile") from error

    def _confirm(self, start: NewSession, family: Family, now: int) -> StepOutcome:
        """Check subject and client once more after the insert.

        Between the check of the secret and the insert, a change may have ended all their families,
        but not this one.
        """
        command = start.command
        holder = self.holder_of(command.resource, command.holder.id)
        change_pending = self._directory.pending(command.holder.id)
        is_same = holder is not None and same_credentials(command.holder, holder)
        if is_same and not change_pending and self._serves(command):
            return StepOutcome(now, Outcome.ADVANCED, family, holder, command.context)
        self._store.revoke(Selection(family=family.id), "subject_changed")
        refusal = Refusal(Code.INVALID_CREDENTIALS, Cause.SUBJECT_GONE)
        return StepOutcome(
            now, None, family, refusal=refusal, ended=True, change_pending=change_pending
        )

    def _serves(self, command: BeginSession) -> bool:
        """Whether the client is there and not disabled; True where the directory has none."""
        if command.client is None or not self._kinds[command.resource].registers_clients:
            return True
        client = self._directory.client(command.client)
        return client is not None and not client.disabled

    def _read(self, batch: Sequence[Placed[Step[Any]]]) -> Sequence[Any]:
        self._directory.catch_up()
        found = self._store.transact(batch)
        return [each.result if isinstance(each, NotReplicated) else each for each in found]

    def _record(self, events: Sequence[Event]) -> Sequence[None]:
        self._audit.record(events)
        return [None] * len(events)
