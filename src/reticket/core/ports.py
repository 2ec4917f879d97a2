"""The ports of the rules: stores, directory, hashing, audit, time, randomness.

Everything here is synchronous. Any of it may raise `Unavailable`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from reticket.core.logouts import Logouts
from reticket.core.model import Family, Selection
from reticket.core.named_people import NamedPeople
from reticket.core.people import Application, Client, Credentials, Factor, Tenant, User
from reticket.core.realms import SignInName

Clock = Callable[[], int]
"""Milliseconds since 1970-01-01T00:00:00Z."""

Entropy = Callable[[int], bytes]
"""Random bytes from the system's generator, as many as the argument says."""

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


StepResult: TypeAlias = tuple[Family | None, R]
"""What a step leaves: the row to keep (the same object when unchanged) and its result."""


class Step(Protocol[R_co]):
    """Pure, may be re-run: (row or None, the engine's now) -> (row after, result)."""

    def __call__(self, row: Family | None, now: int) -> StepResult[R_co]: ...


class RowLocked(Enum):
    """In place of a result: another process has locked the family, so nothing was decided."""

    ROW_LOCKED = "held"


ROW_LOCKED = RowLocked.ROW_LOCKED


class NotReplicated(NamedTuple, Generic[R]):
    """The result of a step whose row was stored, but less durably than a revocation requires."""

    result: R


class Page(NamedTuple):
    """Families in ascending order of id; `cursor` continues after them, None at the end."""

    families: Sequence[Family]
    cursor: bytes | None


class Store(Protocol):
    """Stored families. What a method returns is as durable as the engine promises."""

    def transact(self, batch: Sequence[tuple[bytes, Step[Any]]]) -> Sequence[Any]:
        """Run each step on its family's row, atomically, and return the results in order.

        A family may occur twice; its second step sees the row that the first one left. A step must
        never create a row. Refusals are values among the results. So are `NotReplicated`, and
        `ROW_LOCKED` for a family that is locked elsewhere.

        Raises:
            Unavailable: it is unknown which rows of the batch were stored.
        """

    def create(self, batch: Sequence[Family]) -> None:
        """Insert families with new ids. KeyError when an id exists already."""

    def find(self, family: bytes) -> Family | None:
        """The row as it is, revoked or not."""

    def page(self, selection: Selection, limit: int, after: bytes | None = None) -> Page:
        """At most `limit` families that match, after the cursor."""

    def walk(self) -> Iterator[Sequence[Family]]:
        """Every family, in batches and in no order; one may come twice."""

    def revoke(self, selection: Selection, cause: str) -> Sequence[Family]:
        """Revoke every live family that matches, with the engine's strongest durability.

        Returns the rows that this call revoked. A second call revokes nothing more.
        """

    def absorb(self, batch: Sequence[Family]) -> None:
        """Merge copies from elsewhere (`rotation.merge`); missing rows are inserted."""

    def expire(self, before: int, limit: int) -> int:
        """Delete at most `limit` families whose newest token expired before that time. Returns how
        many.
        """

    def backup(self, path: Path) -> None:
        """Copy everything into a new file (mode 0600) while in use. StartupError when the engine
        cannot be copied into a file.
        """

    def check(self) -> None:
        """Check the stored data as a whole. StartupError when it is damaged."""

    def now(self) -> int:
        """The engine's clock: milliseconds."""

    def close(self) -> None:
        """Release everything; a closed store raises Unavailable."""


class Counted(NamedTuple):
    """The state of a counter.

    Args:
        total: the sum in its window.
        left: milliseconds until the window ends; 0 when nothing is counted.
    """

    total: int
    left: int


LEAP = 60
"""Seconds. An entry that ends later than its lifetime plus this was written while the clock ran
ahead, and counts as absent.
"""


class Ephemeral(Protocol):
    """Short-lived entries that all processes share. Times are by the engine's clock."""

    def put_if_absent(self, key: str, lifetime: int, value: str = "") -> bool:
        """Set a key for `lifetime` seconds unless it exists. Returns whether it was set. An entry
        of a clock that ran ahead (`LEAP`) does not exist.
        """

    def peek(self, key: str) -> str | None:
        """The value, or None when absent or past its end."""

    def present(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys that exist, in one round trip."""

    def pop(self, key: str) -> str | None:
        """Remove a key and return its value; of parallel callers, one gets it."""

    def count(self, key: str, window: int, add: int = 1) -> Counted:
        """Add to a counter that is reset `window` seconds after its first addition; returns its
        state.

        0 only reads. A negative number subtracts, never below 0. A counter of a clock that ran
        ahead (`LEAP`) starts again.
        """

    def count_each(self, windows: Mapping[str, int], add: int = 1) -> Sequence[Counted]:
        """The same for several counters in one round trip: `windows` has seconds by key, and the
        results are in its order.
        """

    def forget(self, *keys: str) -> None:
        """Remove counters."""

    def sweep(self, limit: int) -> int:
        """Delete at most `limit` entries that have ended. Returns how many."""

    def close(self) -> None:
        """Release everything; a closed one raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A change in the directory that must revoke families; written in the same transaction."""

    id: int
    selection: Selection
    cause: str


class Recognised(NamedTuple):
    """What is known of an account and an origin before a password is checked.

    Args:
        account: its name in counters: a keyed digest that changes with the password. A name without
            an account has one too.
        exists: whether there is an account with that name.
        known: whether the account has signed in from that origin with its current password.
    """

    account: str
    exists: bool
    known: bool


class Directory(NamedPeople, Protocol):
    """People, tenants, accounts and applications, as the service reads them."""

    @property
    def logouts(self) -> Logouts:
        """The clients that are told when sessions end."""
        ...

    def catch_up_now(self) -> None:
        """See every change that was committed before this call. Unavailable."""

    def catch_up(self) -> None:
        """See other processes' changes, except those of the last half second."""

    def user(self, user_id: str) -> User | None:
        """The record, disabled or not; None when it does not exist. Cached."""

    def application(self, application_id: str) -> Application | None:
        """The record, disabled or not. Cached."""

    def client(self, client_id: str) -> Client | None:
        """The record, disabled or not; the same object until the directory changes. Cached."""

    def client_at_hand(self, client_id: str) -> tuple[Client, Credentials | None] | None:
        """The record, and the data for checking its secret, from a cache at most half a
        second old.
        """

    def has_origin(self, origin: str) -> bool:
        """Whether an enabled client has registered that origin. Cached."""

    def tenant(self, tenant_id: int) -> Tenant | None:
        """The record. Cached."""

    def application_credentials(self, application_id: str) -> Credentials | None:
        """The data for checking the secret."""

    def client_credentials(self, client_id: str) -> Credentials | None:
        """The data for checking the secret of a confidential client."""

    def renew_hash(self, subject: str, old: str, new: str) -> None:
        """Replace a hash by one with newer parameters, unless it has changed."""

    def signed_in(self, user_id: str, at: int) -> int | None:
        """Record a sign-in and return the one before."""

    def recognise(self, asked: Sequence[tuple[SignInName, str]]) -> Sequence[Recognised]:
        """What is known of each name at its origin."""

    def remember_network(self, user_id: str, network: str, at: int) -> None:
        """Note that the user has signed in from that network, or other origin (milliseconds)."""

    def pending(self, subject: str) -> bool:
        """Whether an intent for this subject is pending; its refreshes fail meanwhile."""

    def intents(self) -> Sequence[Intent]:
        """The pending intents, in the order in which they were written."""

    def settle(self, intent: Intent) -> None:
        """Remove an intent that was applied."""


class Factors(Protocol):
    """Second factors, as a sign-in reads and changes them. Each change is atomic: of parallel
    processes with the same code, one succeeds.
    """

    def factor(self, user_id: str) -> Factor | None:
        """The person's factor, locked or not; None without one."""

    def pass_step(self, user_id: str, step: int) -> bool:
        """Accept a time step once, and none before it, unless the factor is locked. A success
        resets the failures.
        """

    def may_pass(self, user_id: str, step: int) -> bool:
        """Whether `pass_step` would accept it now; changes nothing."""

    def spend_code(self, user_id: str, code: str) -> int | None:
        """Accept a recovery code once, unless the factor is locked, and reset the failures. Returns
        how many codes are left, or None for an unknown one.
        """

    def has_code(self, user_id: str, code: str) -> bool:
        """Whether `spend_code` would accept it now; changes nothing."""

    def fail(self, user_id: str) -> int:
        """Count a wrong code. Returns how many there were in a row; 0 without a factor."""


class SecretHasher(Protocol):
    """Password hashing with parameters inside the hash."""

    def hash(self, secret: str) -> str: ...

    def verify(self, secret_hash: str, secret: str) -> bool: ...

    def is_old(self, secret_hash: str) -> bool: ...

    def counts_whole(self, secret_hash: str, secret: str) -> bool:
        """Whether no part of the secret is left out of the hash. Otherwise a match does not say
        that the whole secret is right.
        """

    def absent(self) -> str:
        """A hash that no secret matches, and that costs as much to check as any other."""


class OneTimePasswords(Protocol):
    """RFC 6238."""

    def match(self, secret: bytes, otp: str, now: int) -> int | None:
        """The time step that the code belongs to (now, one before or after), or None."""


class Event(NamedTuple):
    """A line of the audit stream; members that are None are left out."""

    at: int
    event: str
    resource: str | None = None
    family: str | None = None
    subject: str | None = None
    context: str | None = None
    cause: str | None = None
    generation: int | None = None
    address: str | None = None
    device: str | None = None
    correlation_id: str | None = None
    detail: Mapping[str, Any] | None = None
    count: int | None = None  # type: ignore[assignment]  # nobody counts in a tuple


class AuditLog(Protocol):
    """The audit log. Losing an event must not lose a session: the log reports its own failures."""

    def record(self, events: Sequence[Event], *, durable: bool = False) -> None:
        """Append the events in order. `durable` returns after they are on disk (revocations)."""

    def lose(self, count: int) -> None:
        """Count events that were dropped because too many were waiting. It does not block."""

    def tend(self) -> int:
        """Append what was held back, and maintain the file; call it every second. Returns how many
        events could not be written since the last call.
        """

    def close(self) -> None:
        """Release the file."""
