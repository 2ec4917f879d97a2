"""Decides about each arrival of a batch: known, new, or refused. Writes nothing.

Runs in the caller's transaction, and knows what earlier arrivals of the batch take.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection

from reticket.core.ports import Clock, Entropy
from reticket.core.profiles import Profiles
from reticket.directory.arrivals import lookups
from reticket.directory.arrivals.differences import (
    Difference,
    MayReplace,
    OpenFactor,
    is_same,
    merged,
    narrowed,
    own_difference,
    stored_rights,
)
from reticket.directory.arrivals.known_people import read_people
from reticket.directory.arrivals.reading import Arrival
from reticket.directory.arrivals.rights import rights_in
from reticket.directory.arrivals.rows import PLACES
from reticket.directory.errors import Invalid
from reticket.directory.rows import present
from reticket.directory.shared_members import Row, SharedMembers
from reticket.directory.tables import developer_accounts, tenants
from reticket.directory.typed import stored_part

_NOUNS = {"tenants": "tenant", "developer_accounts": "developer account"}
_TABLES = {"tenants": tenants, "developer_accounts": developer_accounts}

NOTHING: Mapping[str, Any] = {}

GIVES = "gives rights, which were not allowed"
TAKES = "takes rights away, which was not allowed"
REPEATED = "an earlier row is of the same person"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an operator allows.

    Args:
        system: the name of the other system, or None.
        rights: whether rows may give rights of an administrator.
        may_replace: decides over hashes of people whom the directory has. None: these people stay
            as they are.
    """

    system: str | None = None
    rights: bool = False
    may_replace: MayReplace | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What is stored beside a person.

    Args:
        parts: by dialect.
        places: by the member's name, the data beside each membership.
        shared: new rows that the parts need.
    """

    parts: Mapping[str, Any]
    places: Mapping[str, Mapping[int, Any]]
    shared: Sequence[Row]


class Judge:
    """Owns what is known and taken, of one batch in one transaction.

    Args:
        faults: of the realms in which nobody can be.
    """

    def __init__(
        self,
        connection: Connection,
        batch: Sequence[Arrival],
        terms: Terms,
        profiles: Profiles,
        faults: Mapping[str, str],
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self.system = terms.system
        self._allows_rights = terms.rights
        self._profiles = profiles
        self._parts_of_people, self._placed = profiles.separate, profiles.beside_places
        self._clock = clock
        self._names = lookups.people_by_name(connection, batch)
        self._numbers = lookups.people_by_number(connection, batch)
        self._foreign = lookups.people_by_foreign_id(connection, terms.system, batch)
        known = {*self._names.emails.values(), *self._foreign.values()}
        self._foreign_of = lookups.foreign_ids_of(connection, terms.system, known)
        self._may_replace = terms.may_replace
        self._people = read_people(connection, terms.system, known if terms.may_replace else ())
        self._places = _present_places(connection, batch)
        self._faults = faults
        self._taken: set[str] = set()
        self.shared = SharedMembers(connection, entropy)

    def known(self, arrival: Arrival) -> str | None:
        """The id of the person, if the directory has them. Invalid when the row may not be
        taken.
        """
        named = self._names.emails.get((arrival.realm, arrival.key))
        foreign_id = arrival.row.foreign_id
        found = self._foreign.get(foreign_id, named) if foreign_id is not None else named
        if found is not None and (arrival.repeated or found in self._taken):
            raise Invalid(REPEATED)
        self._check_identity(arrival, found, named)
        return found

    def is_unlinked(self, arrival: Arrival, found: str) -> bool:
        """Whether the row has the id in the system of a person who has none there."""
        return arrival.row.foreign_id is not None and found not in self._foreign_of

    def compare(self, arrival: Arrival, found: str, opened: OpenFactor) -> Difference:
        """What the row changes of a person whom the directory has. Invalid."""
        if self._may_replace is None:
            return Difference()
        known = self._people[found]
        own = own_difference(arrival, known, self._may_replace, opened)
        if self.is_unlinked(arrival, found):
            own = replace(own, state=None)
        arrival = narrowed(merged(arrival, known, self._profiles), known, own)
        new = self.check(arrival, known.parts)
        stored = {name: known.parts[name] for name in new.parts if name in known.parts}
        self._check_rights(stored_rights(arrival, known), stored, TAKES)
        return replace(own, parts=new.parts, places=new.places, shared=tuple(new.shared))

    def check(self, arrival: Arrival, stored: Mapping[str, Any] = NOTHING) -> Checked:
        """What is to be stored beside the person, but for parts that are stored so. Invalid."""
        fault = self._faults.get(arrival.realm)
        if fault is not None:
            raise Invalid(fault)
        for member, known in self._places.items():
            for place in getattr(arrival.row, member) or ():
                if place not in known:
                    raise Invalid(f"there is no {_NOUNS[member]} {place}")
        parts, shared = self._parts(arrival, stored)
        self._check_rights(arrival, parts, GIVES)
        return Checked(parts, dict(_stored_places(arrival)), shared)

    def take(self, arrival: Arrival, user_id: str, number: int | None, checked: Checked) -> None:
        """Note that the person of a row has an id, and may not come again in this batch."""
        self._taken.add(user_id)
        self._names.emails[arrival.realm, arrival.key] = user_id
        if arrival.name_key is not None:
            self._names.user_names[arrival.realm, arrival.name_key] = user_id
        if number is not None:
            self._numbers[arrival.realm, number] = user_id
        if arrival.row.foreign_id is not None:
            self._foreign[arrival.row.foreign_id] = user_id
        for row in checked.shared:
            self.shared.keep(row)

    def note(self, arrival: Arrival, found: str, difference: Difference) -> None:
        """Note that a person whom the directory has is changed by a row."""
        self._taken.add(found)
        if difference.email is not None:
            emails = self._names.emails
            emails.pop((arrival.realm, self._people[found].row.email_folded), None)
            emails[arrival.realm, arrival.key] = found
        if arrival.row.foreign_id is not None:
            self._foreign[arrival.row.foreign_id] = found
        for row in difference.shared:
            self.shared.keep(row)

    def _check_identity(self, arrival: Arrival, found: str | None, named: str | None) -> None:
        where, row = arrival.realm, arrival.row
        emails, user_names = self._names
        others = (None, found)
        if named not in others or user_names.get((where, arrival.key)) not in others:
            raise Invalid("email is a name of another person")
        for names in (emails, user_names) if arrival.name_key is not None else ():
            if names.get((where, arrival.name_key or "")) not in others:
                raise Invalid("user_name is a name of another person")
        if row.number is not None and self._numbers.get((where, row.number)) not in others:
            raise Invalid("number is that of another person")
        kept = None if found is None else self._foreign_of.get(found)
        if row.foreign_id is not None and kept not in (None, row.foreign_id):
            raise Invalid("the person with that email has another foreign_id")

    def _parts(
        self, arrival: Arrival, stored: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[Row]]:
        kept: dict[str, Any] = {}
        shared: list[Row] = []
        for part in self._parts_of_people:
            said = getattr(arrival.row, part.key)
            if said is None:
                continue
            value, new = stored_part(part, said, self._clock()), None
            if part.shared is not None:
                new = self.shared.settle(part.dialect, part.shared, part.shared.place(value))
            before = stored.get(part.dialect, {})  # a part that says nothing is as good as none
            if not is_same(value, before):
                kept[part.dialect] = value
                shared += [] if new is None else [new]
        return kept, shared

    def _check_rights(self, arrival: Arrival, kept: Mapping[str, Any], words: str) -> None:
        if self._allows_rights:
            return
        parts = [
            (part, msgspec.convert(kept[part.dialect], part.kind, str_keys=True))
            for part in self._parts_of_people
            if part.gives_rights is not None and part.dialect in kept
        ]
        for member in rights_in(self._placed, arrival, parts):
            raise Invalid(f"{member} {words}")


def _stored_places(arrival: Arrival) -> Iterator[tuple[str, Mapping[int, Any]]]:
    for member in PLACES:
        said = getattr(arrival.row, member)
        if said is not None:
            yield member, {place: msgspec.to_builtins(beside) for place, beside in said.items()}


def _present_places(connection: Connection, batch: Sequence[Arrival]) -> dict[str, set[object]]:
    return {
        member: present(
            connection,
            _TABLES[member].c.id,
            (place for each in batch for place in getattr(each.row, member) or ()),
        )
        for member in PLACES
    }
