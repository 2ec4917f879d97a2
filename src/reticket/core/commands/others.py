"""Commands that find records, keep texts for a while, and write to the audit log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from reticket.core.commands.command import Command
from reticket.core.people import Client, Tenant, User
from reticket.core.ports import Counted
from reticket.core.realms import USUAL
from reticket.core.storage.budget import Charge, Owner
from reticket.core.tokens.keys import AccessKey

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class FindTenant(Command[Tenant | None]):
    """Find a tenant. Result: `Tenant | None`."""

    tenant_id: int


@dataclass(frozen=True, slots=True)
class FindUser(Command[User | None]):
    """Find a user by e-mail, or by user name in a realm of a dialect. Result: `User | None`."""

    email: str
    realm: str = USUAL


@dataclass(frozen=True, slots=True)
class FindUserById(Command[User | None]):
    """Find a user of a realm by id. Result: `User | None`."""

    user_id: str
    realm: str = USUAL


@dataclass(frozen=True, slots=True)
class FindUserByNumber(Command[User | None]):
    """Find a user by the number in a realm. Result: `User | None`."""

    realm: str
    number: int


@dataclass(frozen=True, slots=True)
class FindUserByShortId(Command[User | None]):
    """Find a user of the usual realm by the short id. Result: `User | None`."""

    short_id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FindClient(Command[Client | None]):
    """Find a client, disabled or not. Result: `Client | None`, at most half a second old."""

    client_id: str


@dataclass(frozen=True, slots=True)
class CheckOrigin(Command[bool]):
    """Check that an enabled client has registered an origin (RFC 6454). Result: bool, at most some
    seconds old.
    """

    origin: str


@dataclass(frozen=True, slots=True)
class PutIfAbsent(Command[bool]):
    """Keep a text for a while, unless that key has one; all processes see it. Result: whether it
    was kept. Unavailable when the share of its owner is full (`core.storage.budget`).

    Args:
        key: begins with the dialect's name; a secret is hashed into it, never written.
        value: an empty one makes it a mark; an owner with credentials has it in the reserve.
        lifetime: seconds.
        owner: whose share it takes, after an authentication; None takes the share of the caller's
            address.
    """

    key: str
    value: str = field(repr=False)
    lifetime: int
    owner: Owner | None = None


@dataclass(frozen=True, slots=True)
class Reserve(Command[Charge]):
    """Reserve room for a text that is not known yet. Result: `budget.Charge`, for `PutReserved` or
    `Release`. Unavailable as in `PutIfAbsent`.

    Args:
        size: bytes that the text will take.
        key / lifetime / owner: as in `PutIfAbsent`.
    """

    key: str
    size: int
    lifetime: int
    owner: Owner


@dataclass(frozen=True, slots=True)
class PutReserved(Command[bool]):
    """Keep a text in the reserved room. Result: whether it was kept, as in `PutIfAbsent`."""

    reserved: Charge
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Release(Command[None]):
    """Give reserved room back, when there will be no text. Result: None."""

    reserved: Charge


@dataclass(frozen=True, slots=True)
class Peek(Command[str | None]):
    """Read a kept text. Result: `str | None`."""

    key: str


@dataclass(frozen=True, slots=True)
class Pop(Command[str | None]):
    """Read a kept text and delete it: only one of many callers gets it. Result: `str | None`."""

    key: str


@dataclass(frozen=True, slots=True)
class Increment(Command[Counted]):
    """Add to a counter. Result: `ports.Counted`.

    Args:
        window: seconds, from the first count.
        add: 0 only reads; a negative number takes a count back.
        owner: as in `PutIfAbsent`.
        most: the limit of a sum that is never reduced before its window ends. Beyond it this
            process counts on in its memory, and the result comes after a second.
    """

    key: str
    window: int
    add: int = 1
    owner: Owner | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class RandomBytes(Command[bytes]):
    """Make unpredictable random bytes. Result: as many bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class MakeNonce(Command[str]):
    """Make a nonce that every process of this service accepts for five minutes (RFC 9449 §8).
    Result: str.
    """

    resource: str


@dataclass(frozen=True, slots=True)
class CheckNonce(Command[bool]):
    """Check that a nonce is from this service and at most five minutes old. Result: bool."""

    resource: str
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Now(Command[int]):
    """Read the time. Result: milliseconds, int."""


@dataclass(frozen=True, slots=True)
class PublishedKeys(Command[list[Mapping[str, str]]]):
    """List the public keys that verify tokens, now or soon. Result: a list of JWKs (RFC 7517)."""


@dataclass(frozen=True, slots=True)
class ReadAccessKeys(Command[Sequence[AccessKey]]):
    """Read the symmetric keys of the access tokens of a kind. Result: `Sequence[AccessKey]`, the
    newest first. INVALID_PARAMETER for a kind that has none: others check its tokens by the
    published keys.
    """

    resource: str


@dataclass(frozen=True, slots=True)
class SignJwt(Command[str]):
    """Sign a JWT that is neither an access token nor an ID token, on a thread. Result: its text.

    Args:
        claims: all of them; none is added.
        algorithm: `ES256`, `EdDSA` or `RS256`; None is that of the service.
        type: `typ` of the header, which tells such tokens apart (RFC 8725 §3.11), as `logout+jwt`.
            None for a header without it.
    """

    claims: Mapping[str, Any] = field(repr=False)
    algorithm: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Audit(Command[None]):
    """Record an event that only the dialect knows in the audit log. Result: None.

    Args:
        resource: the token kind; the name of the dialect when the event has none.
        event / cause: words for the log; never text from the request.
    """

    resource: str
    event: str
    cause: str | None = None
    subject: str | None = None
    family: bytes | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Hash(Command[str]):
    """Hash a secret from an operator. It waits for its turn among sign-ins. Result: str.

    Args:
        operator: the client of the admin API.
    """

    secret: str = field(repr=False)
    operator: str


@dataclass(frozen=True, slots=True)
class Compute(Command[R], Generic[R]):
    """Run a calculation of some milliseconds on a thread, when the caller's network has its turn.
    Result: the result of `work`.
    """

    work: Callable[[], R] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RunInDirectory(Command[R], Generic[R]):
    """Run a verb of an operator on the thread of the directory. Families that it must end have
    ended when it returns. Result: the result of `work`, which may raise a ReticketError.
    """

    work: Callable[[], R] = field(repr=False)
