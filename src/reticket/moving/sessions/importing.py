"""Imports sessions of another system row by row, in batches.

Only the derived ids of tokens are stored. A session that is known already is left alone, unless it
has ended in the other system since. So an import that was cut off goes on when it runs again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeAlias

from reticket.adoption.digests import DIGESTS
from reticket.adoption.systems import systems
from reticket.core.adoption.adopting import first_row
from reticket.core.adoption.imported_end import with_imported_end
from reticket.core.adoption.model import Adoption, ForeignToken, Granted
from reticket.core.model import Family, Selection
from reticket.core.ports import RowLocked
from reticket.core.sessions.rotation import FIRST, revoked, rounded_up_to_second
from reticket.core.sessions.steps import read_rows
from reticket.directory.adoption.lookups import Found
from reticket.moving.rows.raw_rows import Rows
from reticket.moving.rows.report import RefusedRow, Report
from reticket.moving.sessions.rows import BadRow, SessionRow
from reticket.moving.streams.source import Unreadable
from reticket.runtime.opened_service import OpenedService

ReadRow: TypeAlias = Callable[[bytes], SessionRow]

AT_ONCE = 1000
"""Rows in one transaction."""

ENDED_ELSEWHERE = "ended_elsewhere"
"""The cause of the end of a session that has ended in the other system."""

NOBODY = "nobody"
"""The subject of an ended session whose person is not known here."""


@dataclass(slots=True)
class Totals:
    """What has become of the rows."""

    living: int = 0
    ended: int = 0
    known: int = 0
    refused: int = 0

    @property
    def rows(self) -> int:
        """All of them."""
        return self.living + self.ended + self.known + self.refused


class _Read(NamedTuple):
    """A row that was read, and its id here."""

    place: str
    row: SessionRow
    family: bytes


@dataclass
class SessionImport:
    """Owns the batches.

    Args:
        adoption: of the other system.
        report: takes refused rows.
        writes: False for a trial that changes nothing.
    """

    instance: OpenedService
    adoption: Adoption
    report: Report
    writes: bool = True
    _granted: dict[tuple[str | None, str | None], Granted | None] = field(default_factory=dict)

    @cached_property
    def _identity(self) -> Callable[[str, str | None], str]:
        """How a token of the system names what a row names by its `id` or `digest`. ValueError."""
        if self.adoption.algorithm is None:
            digest = DIGESTS[self.adoption.reader]
            return lambda stored, client: digest.checked(stored)
        return systems()[self.adoption.reader].imported

    def run(self, rows: Rows, read: ReadRow, settled: Callable[[Totals], None]) -> Totals:
        """Import all rows. Unavailable: a store cannot answer; what was settled stays.

        Args:
            rows: with their places in the file.
            read: the row of a line; BadRow for one that the file may not have.
            settled: is called after each batch, with the totals.
        """
        totals = Totals()
        for batch, refused in self._batches(rows, read):
            refused += self._settle(batch, totals)
            totals.refused += len(refused)
            for each in sorted(refused, key=_line):
                self.report.refuse(each)
            self.report.flush()
            settled(totals)
        return totals

    def _batches(self, rows: Rows, read: ReadRow) -> Iterator[tuple[list[_Read], list[RefusedRow]]]:
        batch: list[_Read] = []
        refused: list[RefusedRow] = []
        for place, said in rows:
            try:
                batch.append(self._read(place, said, read))
            except ValueError as error:
                refused.append(RefusedRow(place, str(error)))
            if len(batch) + len(refused) >= AT_ONCE:
                yield batch, refused
                batch, refused = [], []
        yield batch, refused

    def _read(self, place: str, said: object, read: ReadRow) -> _Read:
        if isinstance(said, Unreadable):
            raise BadRow(said.reason)
        if not isinstance(said, bytes):
            raise BadRow("the row is no JSON object")
        row = read(said)
        client = row.client or self.adoption.client
        identity = self._identity(row.identity(self.adoption), client)
        return _Read(place, row, self.adoption.session_of(identity))

    def _settle(self, batch: Sequence[_Read], totals: Totals) -> list[RefusedRow]:
        rows, refused = dict[bytes, Family](), list[RefusedRow]()
        present, now = self._present([each.family for each in batch])
        people = self._people([each.row for each in batch])
        for each in _ended_last(batch):
            if each.family in present:
                self._meet(each, totals)
                continue
            try:
                made = self._row(each, people, now)
            except BadRow as error:
                refused.append(RefusedRow(each.place, str(error)))
                continue
            totals.known += each.family in rows
            rows[each.family] = made
        rows = self._with_noted_ends(rows, now)
        ended = sum(each.revoked_at is not None for each in rows.values())
        totals.ended, totals.living = totals.ended + ended, totals.living + len(rows) - ended
        if self.writes and rows:
            self._create(list(rows.values()))
        if self.writes:
            self._end_noted([*rows.values(), *(row for row in present.values() if row)])
        return refused

    def _meet(self, known: _Read, totals: Totals) -> None:
        """End a known session that has ended in the other system."""
        chosen = Selection(family=known.family)
        if known.row.revoked and self.writes:
            ended = len(self.instance.upkeep.revoke(chosen, ENDED_ELSEWHERE))
        else:
            ended = 0
        totals.ended += ended
        totals.known += 1 - ended

    def _present(self, families: Sequence[bytes]) -> tuple[dict[bytes, Family | None], int]:
        """The rows by id. One that another process has locked is not read."""
        store = self.instance.store
        present = {
            family: None if isinstance(each, RowLocked) else each[0]
            for family, each in read_rows(store, families).items()
            if isinstance(each, RowLocked) or each[0] is not None
        }
        return present, store.now()

    def _people(self, rows: Sequence[SessionRow]) -> Found:
        return self.instance.directory.adopted_people.find(
            self.adoption.system,
            [each.user for each in rows if each.user],
            [each.email for each in rows if each.email],
            [each.foreign_id for each in rows if each.foreign_id],
        )

    def _row(self, read: _Read, people: Found, now: int) -> Family:
        subject = people.of(read.row.user, read.row.email, read.row.foreign_id)
        token = ForeignToken(self.adoption, read.family)
        if read.row.revoked:
            granted = Granted(self.instance.policies[self.adoption.kind], None, None)
            row = first_row(token, subject or NOBODY, granted, now)
            return revoked(row, now, ENDED_ELSEWHERE)
        if subject is None:
            raise BadRow("the person is not known here")
        return self._living(read.row, token, subject, now)

    def _living(self, row: SessionRow, token: ForeignToken, subject: str, now: int) -> Family:
        client = row.client or self.adoption.client
        granted = self._grant(client, row.scope)
        ends = self._ends(row, now)
        made = first_row(token, subject, granted, now)._replace(client=client, context=row.context)
        if self.adoption.algorithm is None:
            terms = with_imported_end(granted.terms, ends)
            made = made._replace(terms=terms, expires_at=rounded_up_to_second(ends))
        return made

    def _ends(self, row: SessionRow, now: int) -> int:
        """The end of the token, at most that of the adoption."""
        ends = row.ends()
        if ends is None and self.adoption.algorithm is None:
            raise BadRow("expires_at is missing")
        if ends is not None and ends <= now:
            raise BadRow("the session has ended by its time")
        return min(self.adoption.until, ends or self.adoption.until)

    def _grant(self, client: str | None, scope: str | None) -> Granted:
        key = client, scope
        if key not in self._granted:
            self._granted[key] = self.instance.granted(self.adoption.kind, client, scope)
        granted = self._granted[key]
        if granted is None:
            raise BadRow("its client is unknown, disabled, or not registered for refresh tokens")
        return granted

    def _with_noted_ends(self, rows: dict[bytes, Family], now: int) -> dict[bytes, Family]:
        """The rows, ended where that was asked for before. They are inserted so: an import that is
        killed after that leaves none of them living.
        """
        ends = self.instance.directory.unadopted.ended_of(list(rows.values()))
        return rows | {each: revoked(rows[each], now, end.cause) for each, end in ends.items()}

    def _end_noted(self, rows: Sequence[Family]) -> None:
        """End unused sessions whose end was asked for while their row was made."""
        unused = [row for row in rows if row.generation == FIRST and row.revoked_at is None]
        ends = self.instance.directory.unadopted.ended_of(unused)
        for family, end in ends.items():
            self.instance.store.revoke(Selection(family=family), end.cause)

    def _create(self, rows: Sequence[Family]) -> None:
        """Insert rows. One that another process has made meanwhile stays as it is."""
        try:
            self.instance.store.create(rows)
        except KeyError:
            for each in rows:
                if self.instance.store.find(each.id) is None:
                    self.instance.store.create([each])


def _ended_last(batch: Sequence[_Read]) -> list[_Read]:
    """Of two rows of a session, one that says that it has ended counts."""
    return sorted(batch, key=lambda each: each.row.revoked)


def _line(refused: RefusedRow) -> int:
    return int(refused.place.rpartition(" ")[2])
