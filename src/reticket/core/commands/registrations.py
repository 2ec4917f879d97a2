"""Commands of clients that register themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reticket.core.commands.command import Command


@dataclass(frozen=True, slots=True)
class RegisterClient(Command[Sequence[str]]):
    """Register a client. INVALID_PARAMETER for a registration that cannot be; Unavailable when
    there are too many such clients.

    Result: the ids of the clients that were removed to make room. Only clients of documents that
    never got tokens give way, to others of documents: the document registers them again.

    Args:
        secret: of the client, or None.
        token: its registration access token (RFC 7592 §3), of which a digest is kept; None for a
            client of a metadata document.
        most: how many such clients there may be, of those with a token or of those without.
        idle: seconds for which it counts as unused from the beginning.
    """

    client_id: str
    registration: Mapping[str, Any]
    secret: str | None = field(repr=False)
    token: str | None = field(repr=False)
    most: int
    idle: int = 0


@dataclass(frozen=True, slots=True)
class CheckRegistrationToken(Command[bool]):
    """Check a registration access token. Result: whether it is that client's."""

    client_id: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChangeRegistration(Command[None]):
    """Replace the registration of a client. Result: None. INVALID_PARAMETER."""

    client_id: str
    registration: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RemoveClient(Command[None]):
    """Block a client, end its sessions, and remove it. Result: None."""

    client_id: str


@dataclass(frozen=True, slots=True)
class NoteClientUse(Command[None]):
    """Note that a client that registered itself is in use. Result: None."""

    client_id: str
