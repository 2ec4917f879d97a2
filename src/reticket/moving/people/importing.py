"""Imports people row by row, in batches. An import that was cut off goes on when it runs again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from reticket.core.ports import SecretHasher
from reticket.directory.arrivals.judging import REPEATED, Terms
from reticket.directory.arrivals.reading import Arrival, ArrivalReader
from reticket.directory.arrivals.writer import Arrivals, Settled
from reticket.directory.errors import DirectoryError
from reticket.moving.people.seen import Seen
from reticket.moving.rows.raw_rows import RawRow, Rows
from reticket.moving.rows.report import RefusedRow, Report
from reticket.moving.streams import SourceError, Unreadable

AT_ONCE = 5000
"""Rows in one transaction, during which other changes of the directory wait: half a second."""

HASHED_AT_ONCE = 64
"""Rows with passwords in clear text: what is hashed again when an import is cut off."""


@dataclass(slots=True)
class Totals:
    """What has become of the rows."""

    added: int = 0
    changed: int = 0
    known: int = 0
    refused: int = 0

    @property
    def rows(self) -> int:
        """All of them."""
        return self.added + self.changed + self.known + self.refused


@dataclass(slots=True)
class _Batch:
    """Rows that are settled together.

    Args:
        order: the place of each row, in the order of the file.
        hashed: how many have a password in clear text.
    """

    arrivals: list[Arrival] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    order: dict[str, int] = field(default_factory=dict)
    hashed: int = 0

    @property
    def is_full(self) -> bool:
        """Whether it should be settled now."""
        return len(self.order) >= AT_ONCE or self.hashed >= HASHED_AT_ONCE


@dataclass(frozen=True, slots=True)
class PeopleImport:
    """Owns the batches.

    Args:
        arrivals: the directory's operations.
        reader: checks a row.
        terms: what the operator allows.
        hasher: for passwords in clear text.
        report: takes refused rows.
        settled: is called after each batch, with what has become of it and the totals.
        hashing: is called before the passwords of a batch in clear text are hashed.
        writes: False for a trial that changes nothing.
    """

    arrivals: Arrivals
    reader: ArrivalReader
    terms: Terms
    hasher: SecretHasher
    report: Report
    settled: Callable[[Settled, Totals], None]
    hashing: Callable[[], None]
    writes: bool = True
    totals: Totals = field(default_factory=Totals)

    def run(self, rows: Rows) -> Totals:
        """Import all rows. What was settled stays.

        Raises:
            SourceError: the source cannot be read any further; the rows before are settled.
            Unavailable: the directory cannot answer.
        """
        for batch in self._batches(rows):
            self._take(batch)
            del batch  # while the next one is read, this one need not be in memory
        return self.totals

    def _take(self, batch: _Batch) -> None:
        totals, settled = self.totals, self._settle(batch)
        self._tell(batch, settled)
        totals.added += len(settled.added)
        totals.changed += len(settled.changed)
        totals.known += settled.known
        totals.refused += len(batch.refused) + len(settled.refused)
        self.settled(settled, totals)

    def _batches(self, rows: Rows) -> Iterator[_Batch]:
        batch, seen = _Batch(), Seen()
        for place, said in _until_fault(rows):
            if isinstance(said, SourceError):
                yield batch
                raise said
            batch.order[place] = len(batch.order)
            try:
                arrival = self._marked(seen, self._read(place, said))
            except DirectoryError as error:
                batch.refused.append(RefusedRow(place, str(error).removesuffix(".")))
            else:
                batch.arrivals.append(arrival)
                batch.hashed += arrival.row.password is not None
            if batch.is_full:
                yield batch
                batch = _Batch()
        yield batch

    def _read(self, place: str, said: RawRow) -> Arrival:
        if isinstance(said, bytes):
            read = self.reader.of_json_with_parts if self.terms.may_replace else self.reader.of_json
            return read(place, said)
        if isinstance(said, Unreadable):
            raise DirectoryError(said.reason)
        return self.reader.of_mapping(place, said)

    def _marked(self, seen: Seen, arrival: Arrival) -> Arrival:
        """The arrival, which knows whether the file has named the person before. After a trial the
        person could not be looked up.
        """
        repeated = seen.add(("email", arrival.realm, arrival.key))
        if arrival.row.foreign_id is not None:
            repeated |= seen.add(("foreign_id", arrival.row.foreign_id))
        if repeated and not self.writes:
            raise DirectoryError(REPEATED)
        return replace(arrival, repeated=True) if repeated else arrival

    def _settle(self, batch: _Batch) -> Settled:
        if not self.writes:
            return self.arrivals.preview(batch.arrivals, self.terms)
        hashes = self._hashes(batch) if batch.hashed else {}
        return self.arrivals.settle(batch.arrivals, self.terms, hashes)

    def _hashes(self, batch: _Batch) -> Mapping[str, str]:
        """The hashes of the passwords that will be stored, by place."""
        wanted = self.arrivals.preview(batch.arrivals, self.terms).added
        clear = [(each.place, each.row.password) for each in wanted if each.row.password]
        if clear:
            self.hashing()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            made: Sequence[str] = list(pool.map(self.hasher.hash, (word for _, word in clear)))
        return {place: secret_hash for (place, _), secret_hash in zip(clear, made, strict=True)}

    def _tell(self, batch: _Batch, settled: Settled) -> None:
        """Give the refused rows to the report, in the order of the file."""
        refused = [*batch.refused, *(RefusedRow(*each) for each in settled.refused)]
        for row in sorted(refused, key=lambda row: batch.order[row.place]):
            self.report.refuse(row)
        self.report.flush()


def _until_fault(rows: Rows) -> Iterator[tuple[str, RawRow | SourceError]]:
    """The rows; the fault that ends them is the last one."""
    try:
        yield from rows
    except SourceError as error:
        yield "", error
