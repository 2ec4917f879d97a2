"""Imports batches of people: each batch is one transaction, and each person comes whole or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from reticket.core.ports import Clock, Entropy
from reticket.core.profiles import Profiles
from reticket.core.realms import USUAL
from reticket.directory import identifiers
from reticket.directory.arrivals.judging import Judge, Terms
from reticket.directory.arrivals.new_rows import NewRows
from reticket.directory.arrivals.reading import Arrival
from reticket.directory.engines.database import Database
from reticket.directory.errors import DirectoryError, Invalid
from reticket.directory.people.realm_writer import RealmWriter, lock_realm
from reticket.directory.people.second_factor import Sealer, seal_totp

Refused = tuple[str, str]
"""The place of a row, and the reason."""


@dataclass(slots=True)
class Settled:
    """What has become of a batch.

    Args:
        added: the rows of new people.
        known: how many rows are of people whom the directory has, and changed nothing.
        refused: the other rows.
    """

    added: list[Arrival] = field(default_factory=list)
    known: int = 0
    refused: list[Refused] = field(default_factory=list)

    @classmethod
    def sum(cls, parts: Iterable[Settled]) -> Settled:
        """What has become of several batches."""
        whole = cls()
        for part in parts:
            whole.added += part.added
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
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._database = database
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
            return self._settle(judge, batch, NewRows({}))

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
        with self._database.change() as connection:
            realms = {each.realm for each in batch}
            faults = self._realms.faults(connection, realms)
            sound = sorted(realms - faults.keys() - {USUAL})
            rows = NewRows({realm: lock_realm(connection, realm) for realm in sound})
            judge = self._judge(connection, batch, terms, faults)
            settled = self._settle(judge, batch, rows)
            judge.shared.write()
            rows.write(connection, self._entropy, hashes)
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

    def _settle(self, judge: Judge, batch: Sequence[Arrival], rows: NewRows) -> Settled:
        settled = Settled()
        for arrival in batch:
            try:
                if judge.known(arrival) is None:
                    self._add(judge, arrival, rows)
                    settled.added.append(arrival)
                else:
                    settled.known += 1
            except DirectoryError as error:
                settled.refused.append(_refused(arrival, error))
        return settled

    def _add(self, judge: Judge, arrival: Arrival, rows: NewRows) -> None:
        checked = judge.check(arrival)
        user_id = identifiers.user_id(self._entropy)
        number = rows.number_of(arrival)
        sealed = None
        if arrival.factor is not None:
            sealed = seal_totp(self._sealer, user_id, arrival.factor)
        judge.take(arrival, user_id, number, checked)
        rows.add(arrival, user_id, number, self._clock(), checked, sealed, judge.system)


def _refused(arrival: Arrival, error: DirectoryError) -> Refused:
    return arrival.place, str(error).removesuffix(".")
