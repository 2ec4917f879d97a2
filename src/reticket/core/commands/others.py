"""Commands that look records up, keep texts for a while, and tell the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from reticket.core.commands.command import Command
from reticket.core.people import Client, Tenant, User
from reticket.core.ports import Counted
from reticket.core.storage.budget import Charge, Owner

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class FindTenant(Command[Tenant | None]):
    """Result: `Tenant | None`."""

    tenant_id: int


@dataclass(frozen=True, slots=True)
class FindUser(Command[User | None]):
    """Look a user up by e-mail without a password. Result: `User | None`."""

    email: str


@dataclass(frozen=True, slots=True)
class FindClient(Command[Client | None]):
    """Result: `Client | None`, disabled or not, as it was half a second ago or later."""

    client_id: str


@dataclass(frozen=True, slots=True)
class PutIfAbsent(Command[bool]):
    """Remember a text for a while, unless there is one under that key; all processes see it.
    Result: whether it was kept. Unavailable where its owner has a full share (`core.budget`).

    Args:
        key: begins with the dialect's name; a secret is hashed into it, never written.
        value: an empty one makes it a mark; an owner with credentials has it in the reserve.
        lifetime: seconds.
        owner: whose share it takes, once somebody has shown more than an address; None takes that
            of the caller's address.
    """

    key: str
    value: str = field(repr=False)
    lifetime: int
    owner: Owner | None = None


@dataclass(frozen=True, slots=True)
class Reserve(Command[Charge]):
    """Take room for a text before it is known. Result: `budget.Charge`, for `PutReserved` or
    `Release`. Unavailable as `PutIfAbsent`.

    Args:
        size: bytes that the text will take.
        key / lifetime / owner: as of `PutIfAbsent`.
    """

    key: str
    size: int
    lifetime: int
    owner: Owner


@dataclass(frozen=True, slots=True)
class PutReserved(Command[bool]):
    """Remember the text; there is room for it. Result: whether it was kept, as of `PutIfAbsent`."""

    reserved: Charge
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Release(Command[None]):
    """Give back the room: there will be no text. Result: None."""

    reserved: Charge


@dataclass(frozen=True, slots=True)
class Peek(Command[str | None]):
    """What was kept. Result: `str | None`."""

    key: str


@dataclass(frozen=True, slots=True)
class Pop(Command[str | None]):
    """The same, and forget it: of many that ask one gets it. Result: `str | None`."""

    key: str


@dataclass(frozen=True, slots=True)
class Increment(Command[Counted]):
    """Count something. Result: `ports.Counted`.

    Args:
        window: seconds, from the first that was counted.
        add: 0 only reads; a negative number gives back what was counted.
        owner: as of `PutIfAbsent`.
        most: the limit of a sum from which nothing is taken before its window ends. Beyond it this
            process counts on in its memory, and the result comes after a second.
    """

    key: str
    window: int
    add: int = 1
    owner: Owner | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class RandomBytes(Command[bytes]):
    """Randomness that nobody can guess. Result: that many bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class MakeNonce(Command[str]):
    """A text that only this service makes and that any of its processes knows for a while.
    Result: str.
    """

    resource: str


@dataclass(frozen=True, slots=True)
class CheckNonce(Command[bool]):
    """Whether such a text is ours and not older than five minutes. Result: bool."""

    resource: str
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Now(Command[int]):
    """The time. Result: milliseconds, int."""


@dataclass(frozen=True, slots=True)
class PublishedKeys(Command[list[Mapping[str, str]]]):
    """The public keys that may have signed, or soon will. Result: a list of JWKs (RFC 7517)."""


@dataclass(frozen=True, slots=True)
class Audit(Command[None]):
    """Let the audit log hear of something that only the dialect knows. Result: None.

    Args:
        resource: of which it is, or the dialect where it is of none.
        event / cause: words for the log; never what was sent.
    """

    resource: str
    event: str
    cause: str | None = None
    subject: str | None = None
    family: bytes | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Hash(Command[str]):
    """Hash a secret that an operator gives, in the operator's turn among sign-ins. Result: str.

    Args:
        operator: the client of the admin API.
    """

    secret: str = field(repr=False)
    operator: str


@dataclass(frozen=True, slots=True)
class RunInDirectory(Command[R], Generic[R]):
    """Run a verb of an operator where the directory is; families that it must end have ended
    when it returns. Result: what the work returns; it may raise a ReticketError.
    """

    work: Callable[[], R] = field(repr=False)
