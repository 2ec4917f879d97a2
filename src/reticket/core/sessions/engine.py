"""Begins, refreshes and ends families, and records each in the audit log.

Knows no dialect and no storage engine. The steps that stores run are in `steps`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias, TypeVar

from reticket.core.commands import (
    BeginSession,
    DryRunRefresh,
    EndSession,
    ExchangeToken,
    IssueAccess,
    Refresh,
)
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.identifiers import family_id
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
from reticket.core.policy import SECOND, Policy
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
from reticket.core.sessions.requests import NewSession, PairStep, Placed, SessionStep
from reticket.core.sessions.reused import mark_reused
from reticket.core.sessions.rotation import rounded_up_to_second
from reticket.core.sessions.steps import (
    DryRunStep,
    ExchangeStep,
    RefreshStep,
    SignOutStep,
    StepOutcome,
    seen,
)
from reticket.core.tokens.kinds import TokenKind
from reticket.core.tokens.mint import Mint

R = TypeVar("R")

StoreResult: TypeAlias = StepOutcome | NotReplicated[StepOutcome] | RowLocked


class Engine:
    """Owns the life of families: from the sign-in to their end.

    Args:
        kinds / policies: by name of the token kind.
        pool: the store's writer; everything that changes a family runs on it.
        clock: for audit events that are recorded without asking the store.
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
        token = self._open(self._kinds[command.resource], command.token, caller)
        policy = command.policy or self._policies[command.resource]
        step = self._refresh_step(command, policy, caller, token)
        return self._pairs.put((token.family, step))

    async def rehearse(self, command: DryRunRefresh, caller: Caller) -> tuple[RefreshToken, Family]:
        """The token and row that a refresh would find. Raises what the refresh would raise, and
        records nothing.
        """
        refresh = command.refresh
        token = self._mint.read_refresh(self._kinds[refresh.resource], refresh.token)
        policy = refresh.policy or self._policies[refresh.resource]
        step = DryRunStep(self._refresh_step(refresh, policy, caller, token))
        row, outcome = await self._reads.put((token.family, step))
        _admitted(outcome)
        return token, row

    def derive(self, command: ExchangeToken, caller: Caller) -> asyncio.Future[Issued]:
        """Make another access token for a live family. INVALID_TOKEN, ACCESS_DENIED. Call on the
        event loop.
        """
        policy = command.policy or self._policies[command.resource]
        return self._pairs.put((command.family, self._exchange_step(command, policy, caller)))

    async def end(self, command: EndSession, caller: Caller) -> Family:
        """Sign out: end the family of a refresh token. INVALID_TOKEN with its cause."""
        token = self._open(self._kinds[command.resource], command.token, caller)
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
        row = self._first(NewSession(begin, policy, None, caller), now)._replace(generation=0)
        outcome = StepOutcome(now, Outcome.DERIVED, row, command.holder)
        self.note(granted(kind.name, outcome, caller))
        return self._mint.issue(kind, policy, *_admitted(outcome), command.asked)

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

    def _open(self, kind: TokenKind, text: str, caller: Caller) -> RefreshToken:
        try:
            return self._mint.read_refresh(kind, text)
        except Refusal as refusal:
            self.note(refused(self._clock(), kind.name, refusal, caller))
            raise

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
        return [_replicated(result) for result in self._transact(batch)]

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
            return _replicated(result)
        command, policy = step.command, step.policy
        try:
            kind = self._kinds[command.resource]
            return self._mint.issue(kind, policy, *_admitted(result), command.asked, result.latest)
        except Exception as error:  # the others of the batch still get their answer
            return error

    def _begin_batch(self, batch: Sequence[NewSession]) -> Sequence[Issued | Exception | RowLocked]:
        """The first pairs of a batch, made on this thread as those of a refresh are."""
        return list(map(self._pair, batch, self._create(batch)))

    def _create(self, batch: Sequence[NewSession]) -> Sequence[StepOutcome]:
        now = self._store.now()
        families = [self._devices.kept(self._first(start, now)) for start in batch]
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

    def _first(self, start: NewSession, now: int) -> Family:
        command, policy = start.command, start.policy
        ends_at = rounded_up_to_second(now + policy.absolute * SECOND)
        return Family(
            id=command.family or family_id(now, self._entropy),
            resource=command.resource,
            subject=command.holder.id,
            client=command.client,
            context=command.context,
            scope=command.scope,
            policy=policy.name,
            ends_at=ends_at,
            expires_at=min(ends_at, rounded_up_to_second(now + policy.refresh * SECOND)),
            generation=1,
            parent=0,
            floor=0,
            open_from=1,
            rotated_at=now,
            previous_sign_in=start.previous_sign_in,
            device=start.caller.device,
            terms=command.terms,
        )

    def _confirm(self, start: NewSession, family: Family, now: int) -> StepOutcome:
        """Check subject and client once more after the insert.

        Between the check of the secret and the insert, a change may have ended all their families,
        but not this one.
        """
        command = start.command
        holder = self.holder_of(command.resource, command.holder.id)
        change_pending = self._directory.pending(command.holder.id)
        is_same = holder is not None and _same_credentials(command.holder, holder)
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


def _admitted(result: StepOutcome) -> tuple[Outcome, Family, Holder, str | None, int]:
    """Outcome, row, subject, context and time of a step that was not refused, as the mint takes
    them. Otherwise raises the refusal.
    """
    if result.change_pending:
        raise Unavailable("a change of the subject waits to end its families")
    refusal, outcome, family, holder = result.refusal, result.outcome, result.family, result.holder
    if refusal is not None or outcome is None or family is None or holder is None:
        raise refusal or Refusal(Code.INVALID_TOKEN, Cause.UNKNOWN)
    return outcome, family, holder, result.context, result.now


def _replicated(result: NotReplicated[StepOutcome] | R) -> R | Unavailable:
    if isinstance(result, NotReplicated):
        return Unavailable("a revocation was written, but could be lost with its server")
    return result


def _same_credentials(one: Holder, other: Holder) -> bool:
    return type(one) is type(other) and one.credential_version == other.credential_version
