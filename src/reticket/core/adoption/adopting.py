"""Adopts sessions of other systems: makes sure that a presented token has its row.

Owns when a row may be made. After that the token is judged by the rule, as any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reticket.core.adoption.imported_end import imported_end
from reticket.core.adoption.model import ForeignToken, Granted, Mode, Opened
from reticket.core.adoption.ports import AdoptedPeople, ForeignTokens, Grant, Unadopted
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Family, Selection
from reticket.core.policy import SECOND
from reticket.core.ports import Clock, RowLocked, Store
from reticket.core.queues.batch_queue import BatchQueue, WorkerPool
from reticket.core.sessions.devices import Devices
from reticket.core.sessions.rotation import FIRST, begun, rounded_up_to_second
from reticket.core.sessions.steps import SeenRow, read_rows


class Presented(NamedTuple):
    """What a presented text may be, and the device that presents it."""

    found: Sequence[ForeignToken]
    device: str | None


class Adopting:
    """Reads tokens of other systems, and makes the rows of their families.

    Args:
        foreign: reads them.
        people: finds their people.
        unadopted: what was ended before it had a row.
        grant: what their sessions may do here.
        pool: the store's writer.
        clock: says when a day of devices ends.
    """

    def __init__(
        self,
        foreign: ForeignTokens,
        people: AdoptedPeople,
        unadopted: Unadopted,
        grant: Grant,
        store: Store,
        pool: WorkerPool,
        clock: Clock,
    ) -> None:
        self.read = foreign.read
        self._devices = Devices(clock)
        self._people = people
        self._unadopted = unadopted
        self._grant = grant
        self._store = store
        self._queue: BatchQueue[Presented, Opened] = BatchQueue(pool, self._open_batch)

    def open(self, found: Sequence[ForeignToken], device: str | None) -> asyncio.Future[Opened]:
        """The token as the rule judges it; its family has a row, if it may have one. INVALID_TOKEN
        for a person or a client that is unknown. Call on the event loop.
        """
        return self._queue.put(Presented(found, device))

    def _open_batch(
        self, batch: Sequence[Presented]
    ) -> Sequence[Opened | BaseException | RowLocked]:
        families = (each.family for item in batch for each in item.found)
        rows = read_rows(self._store, families)
        return [self._opened(item, rows) for item in batch]

    def _opened(
        self, item: Presented, rows: Mapping[bytes, SeenRow]
    ) -> Opened | BaseException | RowLocked:
        known: dict[bytes, tuple[Family | None, int]] = {}
        for each in item.found:
            read = rows[each.family]
            if isinstance(read, RowLocked):
                return read
            known[each.family] = read
        token = next((each for each in item.found if known[each.family][0]), item.found[0])
        row, now = known[token.family]
        try:
            if token.stated is not None and token.adoption.mode is not Mode.LIVING:
                row = self._ensured(token, row, item.device, now)
        except Exception as error:  # the others of the batch still get their answer
            return error
        context = row.context if row else None
        end = imported_end(row.terms) if row else None
        return Opened(token.read(context, end), token.adoption.system)

    def _ensured(
        self, token: ForeignToken, row: Family | None, device: str | None, now: int
    ) -> Family:
        """The row, which is made where there is none."""
        if row is None:
            row = self._insert(self._first(token, device, now))
        issued_at = token.stated.issued_at if token.stated else 0
        self._end_if_noted(row, issued_at)
        return row

    def _end_if_noted(self, row: Family, issued_at: int) -> None:
        """End an unused row whose end was asked for before it was made. After the insert: an end
        that comes later finds the row.
        """
        if row.generation == FIRST and row.revoked_at is None:
            end = self._unadopted.ended(row, issued_at)
            if end is not None:
                self._store.revoke(Selection(family=row.id), end.cause)

    def _insert(self, family: Family) -> Family:
        """The row of that id, whichever process has made it."""
        try:
            self._store.create([family])
        except KeyError:
            return self._store.find(family.id) or family
        return family

    def _first(self, token: ForeignToken, device: str | None, now: int) -> Family:
        adoption, stated = token.adoption, token.stated
        granted = self._grant(adoption, stated) if stated else None
        if stated is None or granted is None:
            raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)
        if now >= min(stated.expires_at, adoption.until):
            raise Refusal(Code.INVALID_TOKEN, Cause.EXPIRED)
        subject = self._people.person(adoption, stated)
        row = first_row(token, subject, granted, now)._replace(device=device)
        return self._devices.kept(row)


def first_row(token: ForeignToken, subject: str, granted: Granted, now: int) -> Family:
    """The first row of an adopted session. It is kept until no token of the other system is
    accepted any more, also past its end. Otherwise a purge could forget it, and its token would
    begin it anew.

    Args:
        token: its first token.
        subject: the person's id here.
        granted: what it may do.
        now: milliseconds, by the store's clock.
    """
    adoption, policy = token.adoption, granted.policy
    ends_at = rounded_up_to_second(now + policy.absolute * SECOND)
    kept_until = rounded_up_to_second(adoption.until)
    row = begun(token.family, adoption.kind, subject, policy.name, ends_at, kept_until, now)
    client = adoption.client or (token.stated.client if token.stated else None)
    return row._replace(client=client, scope=granted.scope, terms=granted.terms)
