"""Adopts sessions of other systems: makes sure that a presented token has its row.

Owns when a row may be made. After that the token is judged by the rule, as any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from reticket.core.adoption.imported_end import imported_end
from reticket.core.adoption.model import FIRST, ForeignToken, Granted, Mode, Opened
from reticket.core.adoption.ports import AdoptedPeople, ForeignTokens, Grant
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Family, Selection
from reticket.core.policy import SECOND
from reticket.core.ports import Clock, NotReplicated, RowLocked, Store
from reticket.core.queues.batch_queue import BatchQueue, WorkerPool
from reticket.core.sessions.devices import Devices
from reticket.core.sessions.rotation import rounded_up_to_second
from reticket.core.sessions.steps import seen

Rows: TypeAlias = Mapping[bytes, RowLocked | tuple[Family | None, int]]
"""Each family's row, and the store's time when it was read."""


class Presented(NamedTuple):
    """What a presented text may be, and the device that presents it."""

    found: Sequence[ForeignToken]
    device: str | None


class Adopting:
    """Reads tokens of other systems, and makes the rows of their families.

    Args:
        foreign: reads them.
        people: finds their people.
        grant: what their sessions may do here.
        pool: the store's writer.
        clock: says when a day of devices ends.
    """

    def __init__(
        self,
        foreign: ForeignTokens,
        people: AdoptedPeople,
        grant: Grant,
        store: Store,
        pool: WorkerPool,
        clock: Clock,
    ) -> None:
        self.read = foreign.read
        self._devices = Devices(clock)
        self._people = people
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
        rows = self._rows([each.family for item in batch for each in item.found])
        return [self._opened(item, rows) for item in batch]

    def _rows(self, families: Sequence[bytes]) -> Rows:
        found = self._store.transact([(family, seen) for family in families])
        results = (each.result if isinstance(each, NotReplicated) else each for each in found)
        return dict(zip(families, results, strict=True))

    def _opened(self, item: Presented, rows: Rows) -> Opened | BaseException | RowLocked:
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
        """The row, which is made where there is none.

        An unused one is ended when its end was asked for. That is looked up after the insert, since
        an end that comes later finds the row.
        """
        if row is None:
            row = self._insert(self._first(token, device, now))
        if row.generation == FIRST and row.revoked_at is None:
            end = self._people.ended(row, token.stated.issued_at if token.stated else 0)
            if end is not None:
                self._store.revoke(Selection(family=row.id), end.cause)
        return row

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
    return Family(
        id=token.family,
        resource=token.adoption.kind,
        subject=subject,
        client=token.adoption.client or (token.stated.client if token.stated else None),
        context=None,
        scope=granted.scope,
        policy=granted.policy.name,
        ends_at=rounded_up_to_second(now + granted.policy.absolute * SECOND),
        expires_at=rounded_up_to_second(token.adoption.until),
        generation=FIRST,
        parent=0,
        floor=0,
        open_from=FIRST,
        rotated_at=now,
        terms=granted.terms,
    )
