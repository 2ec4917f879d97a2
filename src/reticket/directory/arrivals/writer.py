"""Imports batches of people: each batch is one transaction, and each person comes whole or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from reticket.core.ports import Clock, Entropy
from reticket.core.profiles import Profiles
from reticket.core.realms import USUAL
from reticket.directory import identifiers
from reticket.directory.arrivals.changes import Changes, PeopleVerbs
from reticket.directory.arrivals.judging import Judge, Terms
from reticket.directory.arrivals.new_rows import NewRows
from reticket.directory.arrivals.reading import Arrival
from reticket.directory.engines.database import Database
from reticket.directory.errors import DirectoryError, Invalid
from reticket.directory.people.realm_writer import RealmWriter, lock_realm
from reticket.directory.people.second_factor import Sealer, open_totp, seal_totp

Refused = tuple[str, str]
"""The place of a row, and the reason."""


@dataclass(slots=True)
class Settled:
    """What has become of a batch.

    Args:
        added: the rows of new people.
        changed: the ids of people whom the directory has, and whom a row has changed.
        linked: how many of them got only their ids in the system.
        known: how many rows are of people whom the directory has, and changed nothing else.
        refused: the other rows.
    """

    added: list[Arrival] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    linked: int = 0
    known: int = 0
    refused: list[Refused] = field(default_factory=list)

    @classmethod
    def sum(cls, parts: Iterable[Settled]) -> Settled:
        """What has become of several batches."""
        whole = cls()
        for part in parts:
            whole.added += part.added
            whole.changed += part.changed
            whole.linked += part.linked
            whole.known += part.known
            whole.refused += part.refused
        return whole


class Arrivals:
    """The verbs. Any may raise Unavailable: then nothing of the batch was kept."""

    def __init__(
        self,
        database: Database,
        profiles: Profiles,
        realms: RealmWriter,
        sealer: Sealer,
        verbs: PeopleVerbs,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._database = database
        self._verbs = verbs
        self._profiles = profiles
        self._realms = realms
        self._sealer = sealer
        self._clock = clock
        self._entropy = entropy

    def preview(self, batch: Sequence[Arrival], terms: Terms) -> Settled:
        """What would become of a batch. Changes nothing."""
        with self._database.read() as connection:
            faults = self._realms.faults(connection, {each.realm for each in batch})
            judge = self._judge(connection, batch, terms, faults)
            return self._settle(judge, batch, NewRows({}), self._changes(terms))

    def settle(self, batch: Sequence[Arrival], terms: Terms, hashes: Mapping[str, str]) -> Settled:
        """Import a batch.

        Args:
            batch: the rows.
            terms: what the operator allows.
            hashes: of the passwords in clear text, by place.
        """
        try:
            return self._written(batch, terms, hashes)
        except Invalid as error:  # the database does not take a value
            if len(batch) == 1:
                return Settled(refused=[_refused(batch[0], error)])
        middle = len(batch) // 2
        halves = (batch[:middle], batch[middle:])
        return Settled.sum(self.settle(half, terms, hashes) for half in halves)

    def _written(
        self, batch: Sequence[Arrival], terms: Terms, hashes: Mapping[str, str]
    ) -> Settled:
        with self._database.change_many() as connection:
            realms = {each.realm for each in batch}
            faults = self._realms.faults(connection, realms)
            sound = sorted(realms - faults.keys() - {USUAL})
            rows = NewRows({realm: lock_realm(connection, realm) for realm in sound})
            judge = self._judge(connection, batch, terms, faults)
            changes = self._changes(terms)
            settled = self._settle(judge, batch, rows, changes)
            judge.shared.write()
            changes.write(connection)
            rows.write(self._database, connection, self._entropy, hashes)
        return settled

    def _judge(
        self,
        connection: Connection,
        batch: Sequence[Arrival],
        terms: Terms,
        faults: Mapping[str, str],
    ) -> Judge:
        profiles, clock, entropy = self._profiles, self._clock, self._entropy
        return Judge(connection, batch, terms, profiles, faults, clock, entropy)

    def _changes(self, terms: Terms) -> Changes:
        return Changes(self._verbs, self._profiles, terms.system)

    def _settle(
        self, judge: Judge, batch: Sequence[Arrival], rows: NewRows, changes: Changes
    ) -> Settled:
        settled = Settled()
        for arrival in batch:
            try:
                found = judge.known(arrival)
                if found is None:
                    self._add(judge, arrival, rows)
                    settled.added.append(arrival)
                else:
                    self._meet(judge, arrival, found, changes, settled)
            except DirectoryError as error:
                settled.refused.append(_refused(arrival, error))
        return settled

    def _meet(
        self, judge: Judge, arrival: Arrival, found: str, changes: Changes, settled: Settled
    ) -> None:
        """Take the row of a person whom the directory has. Invalid."""
        difference = judge.compare(arrival, found, self._opened)
        row, is_unlinked = arrival.row, judge.is_unlinked(arrival, found)
        if row.foreign_id is not None and is_unlinked:
            changes.link(found, row.foreign_id, row.foreign_state)
        if difference:
            changes.add(found, difference)
        if difference or is_unlinked:
            judge.note(arrival, found, difference)
        if difference:
            settled.changed.append(found)
        else:
            settled.known += 1
            settled.linked += is_unlinked

    def _opened(self, user_id: str, sealed: bytes) -> bytes:
        return open_totp(self._sealer, user_id, sealed)

    def _add(self, judge: Judge, arrival: Arrival, rows: NewRows) -> None:
        checked = judge.check(arrival)
        now = self._clock()
        user_id = identifiers.ordered_user_id(now, self._entropy)
        number = rows.number_of(arrival)
        sealed = None
        if arrival.factor is not None:
            sealed = seal_totp(self._sealer, user_id, arrival.factor)
        judge.take(arrival, user_id, number, checked)
        rows.add(arrival, user_id, number, now, checked, sealed, judge.system)


def _refused(arrival: Arrival, error: DirectoryError) -> Refused:
    return arrival.place, str(error).removesuffix(".")
