"""Where a sign-in comes from, as its limits count it (ADR 0023). Pure."""

from __future__ import annotations

from typing import NamedTuple

from reticket.core.addresses import network_of
from reticket.core.model import Caller
from reticket.core.storage.budget import Owner


class Asker(NamedTuple):
    """An authenticated program that sends the passwords of its visitors.

    Args:
        realm: the people whom it asks for.
        program: its id.
    """

    realm: str
    program: str


class Origin(NamedTuple):
    """The network of a caller, or an authenticated program.

    Args:
        place: its name in counters, and among the places where an account is known.
        asker: None for a network.
    """

    place: str
    asker: Asker | None = None


def origin_of(caller: Caller, through: Owner | None, realm: str) -> Origin:
    """The origin of a request. The address of a program's server is not that of its visitors, so
    the program is counted, in each realm apart.
    """
    if through is None:
        return Origin(network_of(caller.address))
    return Origin(f"{through.kind}:{realm}:{through.name}", Asker(realm, through.name))
