"""What a row changes of a person whom the directory has. Pure: reads and writes nothing."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from reticket.core.profiles import Profiles
from reticket.directory.arrivals.known_people import KnownPerson
from reticket.directory.arrivals.reading import Arrival
from reticket.directory.arrivals.rows import PLACES
from reticket.directory.errors import Invalid
from reticket.directory.shared_members import Row as Shared
from reticket.directory.typed import Faulty, converted, path_of

MayReplace = Callable[[str, str], bool]
"""Whether a stored hash may be replaced by another one, which comes second."""

OpenFactor = Callable[[str, bytes], bytes]
"""Decrypts the second factor of a person."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes; a member that is None or empty stays as it is.

    Args:
        values: the columns `first_name`, `last_name`, `active`, `disabled`, `group_names` and
            `role_names`.
        hashes: the stored hash, and that which takes its place.
        factor: the key of a second factor.
        factor_missing: whether there is one that cannot come.
        parts: by dialect, in their stored form.
        places: by the member's name, all memberships.
        shared: new rows that the parts need.
        state: of the person's id in the system.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    email: str | None = None
    hashes: tuple[str, str] | None = field(default=None, repr=False)
    factor: bytes | None = field(default=None, repr=False)
    factor_missing: bool = False
    parts: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, Mapping[int, Any]] = field(default_factory=dict)
    shared: Sequence[Shared] = ()
    state: str | None = None

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return self != Difference()


def own_difference(
    arrival: Arrival, known: KnownPerson, may_replace: MayReplace, opened: OpenFactor
) -> Difference:
    """What the row changes of the person, apart from parts and memberships. Invalid for what never
    changes.
    """
    _check_fixed(arrival, known)
    row, stored = arrival.row, known.row
    moved = row.email if arrival.key != stored.email_folded else None
    state = row.foreign_state if row.foreign_state != known.state else None
    hashes, said = None, arrival.secret_hash
    if said is not None and said != stored.secret_hash and may_replace(stored.secret_hash, said):
        hashes = (stored.secret_hash, said)
    new, missing = _factor(arrival, known, opened)
    return Difference(_values(arrival, known), moved, hashes, new, missing, state=state)


def _check_fixed(arrival: Arrival, known: KnownPerson) -> None:
    row, stored = arrival.row, known.row
    if arrival.realm != stored.realm:
        raise Invalid("the person with that foreign_id is in another realm")
    if arrival.name_key not in (None, stored.user_name_folded):
        raise Invalid("user_name of a person who is here already cannot change")
    if row.number not in (None, stored.number):
        raise Invalid("number of a person who is here already cannot change")


def _values(arrival: Arrival, known: KnownPerson) -> dict[str, Any]:
    row, stored = arrival.row, known.row
    said = {
        "first_name": (row.first_name, stored.first_name),
        "last_name": (row.last_name, stored.last_name),
        "active": (row.active, stored.active),
        "disabled": (_disabled(arrival, known), stored.disabled),
        "group_names": (arrival.groups, stored.group_names or []),
        "role_names": (arrival.roles, stored.role_names or []),
    }
    return {name: new for name, (new, old) in said.items() if new is not None and new != old}


def _disabled(arrival: Arrival, known: KnownPerson) -> bool | None:
    """A block comes. Its end comes only where the block came from another system too."""
    said = arrival.row.disabled
    return said if said or known.has_foreign_block else None


def _factor(arrival: Arrival, known: KnownPerson, opened: OpenFactor) -> tuple[bytes | None, bool]:
    """A new key, and whether a factor is missing. A factor that was set or settled here stays."""
    stored = known.factor
    if stored is None:
        return arrival.factor, bool(arrival.row.factor_missing)
    is_here = stored.pending_sealed is not None or known.has_codes
    if arrival.factor is None or is_here:
        return None, False
    if stored.totp_sealed is None:
        return arrival.factor if stored.missing else None, False
    same = hmac.compare_digest(opened(stored.user_id, stored.totp_sealed), arrival.factor)
    return None if same else arrival.factor, False


def merged(arrival: Arrival, known: KnownPerson, profiles: Profiles) -> Arrival:
    """The row, with those members of stored parts that it does not say. Invalid."""
    parts: dict[str, Any] = {}
    for part in profiles.separate:
        said, stored = arrival.said_parts.get(part.key), known.parts.get(part.dialect)
        if said is not None and stored is not None:
            given = {name: value for name, value in said.items() if value is not None}
            try:
                parts[part.key] = converted({**stored, **given}, part.kind)
            except Faulty as faulty:
                path, words = faulty.fault
                raise Invalid(f"{part.key}{path_of(path)} {words}") from None
    return replace(arrival, row=msgspec.structs.replace(arrival.row, **parts))


def narrowed(arrival: Arrival, known: KnownPerson, own: Difference) -> Arrival:
    """The row, without groups, roles and memberships that are as they are stored."""
    same = {
        member: None
        for member in PLACES
        if is_same(getattr(arrival.row, member), known.places[member])
    }
    return replace(
        arrival,
        row=msgspec.structs.replace(arrival.row, **same),
        groups=own.values.get("group_names"),
        roles=own.values.get("role_names"),
    )


def stored_rights(arrival: Arrival, known: KnownPerson) -> Arrival:
    """The row, with the groups, roles and memberships that are stored, where it changes them."""
    places = {
        member: known.places[member]
        for member in PLACES
        if getattr(arrival.row, member) is not None
    }
    return replace(
        arrival,
        row=msgspec.structs.replace(arrival.row, **places),
        groups=None if arrival.groups is None else known.row.group_names,
        roles=None if arrival.roles is None else known.row.role_names,
    )


def is_same(one: object, other: object) -> bool:
    """Whether two values are the same in JSON."""
    return _in_json(one) == _in_json(other)


def _in_json(value: object) -> bytes:
    return msgspec.json.encode(msgspec.to_builtins(value, str_keys=True), order="sorted")
