"""Families in motion: begins, refreshes and ends them, and tells the audit log.

Knows no dialect and no storage engine. What stores run is in `steps`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from reticket.core.commands import Begin, Derive, End, IssueAccess, Refresh, Rehearse
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.identifiers import family_id
from reticket.core.model import (
    Asked,
    Caller,
    Family,
    Holder,
    Issued,
    Outcome,
    RefreshToken,
    Selection,
)
from reticket.core.people import Client, User
from reticket.core.policy import SECOND, Policy, up_to_second
from reticket.core.ports import (
    HELD,
    AuditLog,
    Clock,
    Directory,
    Entropy,
    Event,
    Frail,
    Held,
    Step,
    Store,
)
from reticket.core.queues.conveyor import Conveyor, Lane
from reticket.core.sessions.chronicle import begun, granted, refused, told
from reticket.core.sessions.devices import Devices
from reticket.core.sessions.steps import Borrow, Rehearsal, Rotate, SignOut, Turned, seen
from reticket.core.tokens.mint import Mint
from reticket.core.tokens.resource import Resource


class Turn(NamedTuple):
    """A step on its way to the store, with who asked for it."""

    step: Step[Turned]
    family: bytes
    resource: str
    caller: Caller


class Wanted(NamedTuple):
    """A turn that is to bring a pair, and what the pair is made by."""

    turn: Turn
    resource: Resource
    policy: Policy
    asked: Asked


class Start(NamedTuple):
    """A family on its way to the store."""

    command: Begin
    policy: Policy
    previous_sign_in: int | None
    caller: Caller


class Engine:
    """Owns the life of families.

    Args:
        resources / policies: by resource name.
        lane: the store's writer; everything that changes a family goes over it.
        clock: for what is told without asking the store.
    """

    def __init__(
        self,
        resources: Mapping[str, Resource],
        policies: Mapping[str, Policy],
        store: Store,
        directory: Directory,
        mint: Mint,
        audit: AuditLog,
        lane: Lane,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._resources = resources
        self._policies = policies
        self._store = store
        self._directory = directory
        self._mint = mint
        self._audit = audit
        self._clock = clock
        self._entropy = entropy
        self._devices = Devices(clock)
        self._turns: Conveyor[Turn, Turned] = Conveyor(lane, self._transact)
        self._pairs: Conveyor[Wanted, Issued] = Conveyor(lane, self._exchange)
        self._starts: Conveyor[Start, Turned] = Conveyor(lane, self._create)
        self._looks: Conveyor[tuple[bytes, Step[Any]], Any] = Conveyor(lane, self._look)
        self._notes: Conveyor[Event, None] = Conveyor(lane, self._record, math.inf)
        self._newest_note: asyncio.Future[None] | None = None

    async def refresh(self, command: Refresh, caller: Caller) -> Issued:
        """Exchange a refresh token for a pair. INVALID_TOKEN, ACCESS_DENIED."""
        resource = self._resources[command.resource]
        token = self._open(resource, command.token, caller)
        step = self._rotation(command, token)
        turn = Turn(step, token.family, resource.name, caller)
        return await self._pairs.put(Wanted(turn, resource, step.policy, command.asked))

    async def rehearse(self, command: Rehearse, caller: Caller) -> tuple[RefreshToken, Family]:
        """What a refresh would find. Whatever it would be refused; the audit log is not told."""
        refresh = command.refresh
        token = self._mint.read_refresh(self._resources[refresh.resource], refresh.token)
        rehearsal = Rehearsal(self._rotation(refresh, token))
        row, turned = await self._looks.put((token.family, rehearsal))
        _passed(turned)
        return token, row

    async def derive(self, command: Derive, caller: Caller) -> Issued:
        """Another access token for a living family. INVALID_TOKEN, ACCESS_DENIED."""
        resource = self._resources[command.resource]
        policy = command.policy or self._policies[command.resource]
        step = Borrow(command, self.holder_of, self._directory.pending)
        turn = Turn(step, command.family, resource.name, caller)
        return await self._pairs.put(Wanted(turn, resource, policy, command.asked))

    async def end(self, command: End, caller: Caller) -> Family:
        """End the family of a refresh token. INVALID_TOKEN with its cause."""
        resource = self._resources[command.resource]
        token = self._open(resource, command.token, caller)
        step = SignOut(command, token, command.policy or self._policies[command.resource])
        turned = await self._turns.put(Turn(step, token.family, resource.name, caller))
        if turned.refusal is not None or turned.family is None:
            raise turned.refusal or Refusal(Code.INVALID_TOKEN, Cause.UNKNOWN)
        return turned.family

    async def begin(self, command: Begin, previous_sign_in: int | None, caller: Caller) -> Issued:
        """Start a family. INVALID_CREDENTIALS when its subject has lost its standing meanwhile."""
        resource = self._resources[command.resource]
        policy = command.policy or self._policies[command.resource]
        start = Start(command, policy, previous_sign_in, caller)
        return self._issue(resource, policy, await self._starts.put(start), command.asked)

    def alone(self, command: IssueAccess, caller: Caller) -> Issued:
        """An access token that belongs to no family. Call on the event loop."""
        resource = self._resources[command.resource]
        policy = command.policy or self._policies[command.resource]
        now = self._clock()
        begin = Begin(
            command.resource, command.holder, client=command.holder.id, scope=command.scope
        )
        row = self._first(Start(begin, policy, None, caller), now)._replace(generation=0)
        turned = Turned(now, Outcome.DERIVED, row, command.holder)
        self.note(granted(resource.name, turned, caller))
        return self._issue(resource, policy, turned, command.asked)

    async def find(self, family: bytes) -> tuple[Family | None, int]:
        """The row as it is, and the store's time; looked up with the next batch of refreshes."""
        found: tuple[Family | None, int] = await self._looks.put((family, seen))
        return found

    def note(self, event: Event) -> None:
        """Tell the audit log, on the lane; nobody waits. Call on the event loop. Where too many
        wait for a store that does not answer, the event is lost and counted.
        """
        noted = self._notes.put(event)
        if noted.done() and noted.exception():
            self._audit.lose(1)
        else:
            self._newest_note = noted

    async def noted(self) -> None:
        """Wait until the audit log has been told of all that it was to be told so far."""
        if self._newest_note is not None:
            await asyncio.wait([self._newest_note])

    def holder_of(self, resource: str, subject: str) -> Holder | None:
        """The subject's record, or None when it is gone or blocked."""
        subjects = self._resources[resource].subjects
        if subjects is User:
            user = self._directory.user(subject)
            return user if user and user.active and not user.disabled else None
        look_up = self._directory.client if subjects is Client else self._directory.application
        program = look_up(subject)
        return program if program and not program.disabled else None

    def _rotation(self, command: Refresh, token: RefreshToken) -> Rotate:
        policy = command.policy or self._policies[command.resource]
        return Rotate(command, token, policy, self.holder_of, self._directory.pending)

    def _open(self, resource: Resource, text: str, caller: Caller) -> RefreshToken:
        try:
            return self._mint.read_refresh(resource, text)
        except Refusal as refusal:
            self.note(refused(self._clock(), resource.name, refusal, caller))
            raise

    def _issue(self, resource: Resource, policy: Policy, turned: Turned, asked: Asked) -> Issued:
        outcome, family, holder = _passed(turned)
        context, now = turned.context, turned.now
        return self._mint.issue(resource, policy, outcome, family, holder, context, now, asked)

    def _transact(self, batch: Sequence[Turn]) -> Sequence[Turned | Unavailable | Held]:
        self._directory.catch_up()
        results: Sequence[Turned | Frail[Turned] | Held]
        results = self._store.transact([(turn.family, turn.step) for turn in batch])
        happened = [
            (turn, result.result if isinstance(result, Frail) else result)
            for turn, result in zip(batch, results, strict=True)
            if result is not HELD
        ]
        events = [
            event for turn, turned in happened for event in told(turn.resource, turned, turn.caller)
        ]
        self._audit.record(events, durable=any(turned.ended for _, turned in happened))
        return [_lasting(result) for result in results]

    def _exchange(self, batch: Sequence[Wanted]) -> Sequence[Issued | Exception | Held]:
        """The pairs of a batch, made here one after the other: between requests a signature costs
        more (ADR 0006).
        """
        results = self._transact([wanted.turn for wanted in batch])
        return [self._pair(*each) for each in zip(batch, results, strict=True)]

    def _pair(
        self, wanted: Wanted, result: Turned | Unavailable | Held
    ) -> Issued | Exception | Held:
        if not isinstance(result, Turned):
            return result
        try:
            return self._issue(wanted.resource, wanted.policy, result, wanted.asked)
        except Exception as error:  # nobody else's of the batch
            return error

    def _create(self, batch: Sequence[Start]) -> Sequence[Turned]:
        now = self._store.now()
        families = [self._devices.kept(self._first(start, now)) for start in batch]
        self._insert(families)
        self._directory.catch_up_now()
        results = [self._stand(s, f, now) for s, f in zip(batch, families, strict=True)]
        events = [
            begun(start.command.resource, turned, start.caller)
            for start, turned in zip(batch, results, strict=True)
        ]
        self._audit.record(events, durable=any(turned.ended for turned in results))
        return results

    def _insert(self, families: Sequence[Family]) -> None:
        """Where an id was chosen before, another process may have begun that family just now."""
        try:
            self._store.create(families)
        except KeyError as error:
            raise Unavailable("one of the families was begun meanwhile") from error

    def _first(self, start: Start, now: int) -> Family:
        command, policy = start.command, start.policy
        ends_at = up_to_second(now + policy.absolute * SECOND)
        return Family(
            id=command.family or family_id(now, self._entropy),
            resource=command.resource,
            subject=command.holder.id,
            client=command.client,
            context=command.context,
            scope=command.scope,
            policy=policy.name,
            ends_at=ends_at,
            expires_at=min(ends_at, up_to_second(now + policy.refresh * SECOND)),
            generation=1,
            parent=0,
            floor=0,
            open_from=1,
            rotated_at=now,
            previous_sign_in=start.previous_sign_in,
            device=start.caller.device,
            terms=command.terms,
        )

    def _stand(self, start: Start, family: Family, now: int) -> Turned:
        """Look once more after the insert: a change that ended the families of the subject, or of
        the client, between the check of its secret and the insert has not seen this one.
        """
        command = start.command
        holder = self.holder_of(command.resource, command.holder.id)
        waits = self._directory.pending(command.holder.id)
        is_same = holder is not None and _same_credentials(command.holder, holder)
        if is_same and not waits and self._serves(command.client):
            return Turned(now, Outcome.ADVANCED, family, holder, command.context)
        self._store.revoke(Selection(family=family.id), "subject_changed")
        refusal = Refusal(Code.INVALID_CREDENTIALS, Cause.SUBJECT_GONE)
        return Turned(now, None, family, refusal=refusal, ended=True, waits=waits)

    def _serves(self, client_id: str | None) -> bool:
        """Whether a client, if there is one, is known and not blocked."""
        if client_id is None:
            return True
        client = self._directory.client(client_id)
        return client is not None and not client.disabled

    def _look(self, batch: Sequence[tuple[bytes, Step[Any]]]) -> Sequence[Any]:
        self._directory.catch_up()
        found = self._store.transact(batch)
        return [each.result if isinstance(each, Frail) else each for each in found]

    def _record(self, events: Sequence[Event]) -> Sequence[None]:
        self._audit.record(events)
        return [None] * len(events)


def _passed(turned: Turned) -> tuple[Outcome, Family, Holder]:
    """What came of a step that was not refused, or the refusal, raised."""
    if turned.waits:
        raise Unavailable("a change of the subject waits to end its families")
    refusal, outcome, family, holder = turned.refusal, turned.outcome, turned.family, turned.holder
    if refusal is not None or outcome is None or family is None or holder is None:
        raise refusal or Refusal(Code.INVALID_TOKEN, Cause.UNKNOWN)
    return outcome, family, holder


def _lasting(result: Turned | Frail[Turned] | Held) -> Turned | Unavailable | Held:
    if isinstance(result, Frail):
        return Unavailable("a revocation was written, but could be lost with its server")
    return result


def _same_credentials(one: Holder, other: Holder) -> bool:
    return type(one) is type(other) and one.credential_version == other.credential_version
