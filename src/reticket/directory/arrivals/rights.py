"""Finds what in a row gives rights of an administrator, which the operator has to allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reticket.core.profiles import Part
from reticket.directory.arrivals.reading import Arrival
from reticket.directory.arrivals.rows import PLACES

SaidPart = tuple[Any, Any]
"""A dialect's `Part`, and the value of it that would be stored, as its type."""


def rights_in(
    placed: Part[Any] | None, arrival: Arrival, parts: Sequence[SaidPart]
) -> Iterator[str]:
    """The members of a row that give rights. `placed` is the part with data beside memberships.

    Groups and roles are names that other programs act on, so each of them counts.
    """
    if arrival.groups:
        yield "groups"
    if arrival.roles:
        yield "roles"
    if placed is not None and placed.gives_rights is not None:
        for member in PLACES:
            said = getattr(arrival.row, member)
            if said and placed.gives_rights(placed.kind(**{member: said})):
                yield member
    for part, value in parts:
        if part.gives_rights is not None and part.gives_rights(value):
            yield part.key
