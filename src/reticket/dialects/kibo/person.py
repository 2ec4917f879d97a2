"""What Kibo needs to know of a person: the behaviors granted in each tenant and account."""

from __future__ import annotations

from msgspec import Struct

from reticket.core.people import User
from reticket.core.profiles import Part
from reticket.dialects.kibo.kept import Int32


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """Behaviors by the id of the tenant or the account."""

    tenants: dict[int, tuple[Int32, ...]] = {}
    developer_accounts: dict[int, tuple[Int32, ...]] = {}


def _gives_rights(person: Person) -> bool:
    """A behavior is what its owner may do in Kibo's administration."""
    return any((*person.tenants.values(), *person.developer_accounts.values()))


PERSON = Part(dialect="kibo", kind=Person, key="kibo", has_places=True, gives_rights=_gives_rights)
NOBODY = Person()


def person_of(user: User) -> Person:
    """The part of a person; an empty one for who has none."""
    return PERSON.of(user) or NOBODY
