"""What Kibo needs to know of a person: the behaviors granted in each tenant and account."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from reticket.core.people import User
from reticket.core.profiles import Part

Behavior = Annotated[int, Meta(ge=-(2**31), lt=2**31)]


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """Behaviors by the id of the tenant or the account."""

    tenants: dict[int, tuple[Behavior, ...]] = {}
    developer_accounts: dict[int, tuple[Behavior, ...]] = {}


PERSON = Part(dialect="kibo", kind=Person, key="kibo", has_places=True)
NOBODY = Person()


def person_of(user: User) -> Person:
    """The part of a person; an empty one for who has none."""
    return PERSON.of(user) or NOBODY
