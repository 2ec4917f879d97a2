"""The data about a person that Akinon needs: an organization, and the person's roles in it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from reticket.core.profiles import Part, Shared

ORDINARY = "user"
"""The type of people who administrate nothing."""

_NAMED = Meta(min_length=1)


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """A membership in an organization. A person without one is unknown to this dialect."""

    name: Annotated[
        str,
        _NAMED,
        Meta(description="name of the organization; one of this name is created if there is none"),
    ]
    roles: tuple[Annotated[str, _NAMED], ...] = ()
    user_type: Annotated[str, _NAMED] = ORDINARY
    id: Annotated[
        str, Meta(pattern="^([0-9a-f]{24})?$", description="the id of a new organization")
    ] = ""


PERSON = Part(
    dialect="akinon",
    kind=Person,
    key="organization",
    shared=Shared("organization", lambda entropy: entropy(12).hex()),
    gives_rights=lambda person: bool(person.roles) or person.user_type != ORDINARY,
    demo={
        "ada@example.com": {"name": "Acme", "roles": ["admin"], "user_type": "admin"},
        "alan@example.com": {"name": "Acme"},
    },
)
