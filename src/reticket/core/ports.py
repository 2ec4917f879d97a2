"""What the rules need from outside: stores, people, hashing, audit, time, randomness.

Everything here is synchronous. Any of it may raise `Unavailable`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from reticket.core.model import Family, Selection
from reticket.core.people import Application, Client, Credentials, Factor, Tenant, User

Clock = Callable[[], int]
"""Milliseconds since 1970-01-01T00:00:00Z."""

Entropy = Callable[[int], bytes]
"""That many bytes from the system's generator."""

R = TypeVar("R")


class StepResult(NamedTuple, Generic[R]):
    """What a step leaves: the row to keep (the same object when unchanged) and its result."""

    row: Family | None
    result: R


class Step(Protocol[R]):
    """Pure, may be re-run: (row or None, the engine's now) -> (row after, result)."""

    def __call__(self, row: Family | None, now: int) -> StepResult[R]: ...


class RowLocked(Enum):
    """In the place of a result: somebody else has that family just now, nothing was decided."""

    ROW_LOCKED = "held"


ROW_LOCKED = RowLocked.ROW_LOCKED


class NotReplicated(NamedTuple, Generic[R]):
    """What a step came to whose row is kept, but less durably than a revocation must be."""

    result: R


class Page(NamedTuple):
    """Families in ascending order of id; `cursor` continues after them, None at the end."""

    families: Sequence[Family]
    cursor: bytes | None


class Store(Protocol):
    """Families at rest. What is returned is durable as the engine promises."""

    def transact(self, batch: Sequence[tuple[bytes, Step[Any]]]) -> Sequence[Any]:
        """Run each step on its family's row, atomically, and return the results in order.

        A family may occur twice; its second step sees what the first one left. A step must
        never make a row where there was none. Refusals are values in results; so are
        `NotReplicated`, and `ROW_LOCKED` where a family would have to be waited for. It raises
        Unavailable when it does not know what of the batch was kept.
        """

    def create(self, batch: Sequence[Family]) -> None:
        """Insert families whose ids are new. An id that is there already raises KeyError."""

    def find(self, family: bytes) -> Family | None:
        """The row as it is, ended or not."""

    def page(self, selection: Selection, limit: int, after: bytes | None = None) -> Page:
        """At most `limit` families that fit, after the cursor."""

    def walk(self) -> Iterator[Sequence[Family]]:
        """Every family, a batch at a time, in no order; one may come twice."""

    def revoke(self, selection: Selection, cause: str) -> Sequence[Family]:
        """End every live family that fits, with the engine's strongest durability.

        Returns the rows that it ended, after. Doing it twice ends nothing more.
        """

    def absorb(self, batch: Sequence[Family]) -> None:
        """Merge copies from elsewhere (`rotation.merge`), creating what is absent."""

    def expire(self, before: int, limit: int) -> int:
        """Delete at most `limit` families whose newest token died before that time; how many."""

    def backup(self, path: Path) -> None:
        """Copy everything into a new file (mode 0600) while in use. StartupError where the
        engine has nothing that a file could hold.
        """

    def check(self) -> None:
        """Look at what is stored as a whole. StartupError when it is damaged."""

    def now(self) -> int:
        """The engine's clock: milliseconds."""

    def close(self) -> None:
        """Release everything; a closed store raises Unavailable."""


class Counted(NamedTuple):
    """What a counter says.

    Args:
        total: the sum in its window.
        left: milliseconds until it is forgotten; 0 where nothing is counted.
    """

    total: int
    left: int


LEAP = 60
"""Seconds. What ends later than its life and so much more was written while the clock ran ahead."""


class Ephemeral(Protocol):
    """What lives for seconds and must be seen by all processes. Times by the engine's clock."""

    def once(self, key: str, lifetime: int, value: str = "") -> bool:
        """Set a key for `lifetime` seconds unless it is there; whether it was set. One of a clock
        that ran ahead (`LEAP`) is not there.
        """

    def peek(self, key: str) -> str | None:
        """The value, or None when absent or past its end."""

    def present(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys that are there, in one trip."""

    def take(self, key: str) -> str | None:
        """Remove a key and return its value; of many callers one gets it."""

    def count(self, key: str, window: int, add: int = 1) -> Counted:
        """Add to a counter that forgets `window` seconds after its first addition; what it says
        then. 0 only reads; a negative number gives back what was counted, never below 0. One of a
        clock that ran ahead (`LEAP`) begins anew.
        """

    def count_each(self, windows: Mapping[str, int], add: int = 1) -> Sequence[Counted]:
        """The same for several counters in one trip: `windows` says seconds by key, and the
        results are in its order.
        """

    def forget(self, *keys: str) -> None:
        """Drop counters."""

    def sweep(self, limit: int) -> int:
        """Delete at most `limit` entries past their end; how many."""

    def close(self) -> None:
        """Release everything; a closed one raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A change in the directory that must end families; written in its transaction."""

    id: int
    selection: Selection
    cause: str


class Recognised(NamedTuple):
    """What is known of an account and a network before a password is checked.

    Args:
        account: its name in counts: a keyed digest, another one with every password. An e-mail
            that nobody has gets one as well.
        exists: whether somebody has that e-mail.
        known: whether the account has signed in from that network under that password.
    """

    account: str
    exists: bool
    known: bool


class Directory(Protocol):
    """People, tenants, accounts, applications, as the service reads them."""

    def catch_up_now(self) -> None:
        """See every change that was committed before this call. Unavailable."""

    def catch_up(self) -> None:
        """See what other processes have changed, but for the last half second at most."""

    def user(self, user_id: str) -> User | None:
        """The record, disabled or not; None when deleted or never there. Cached."""

    def application(self, application_id: str) -> Application | None:
        """The record, disabled or not. Cached."""

    def client(self, client_id: str) -> Client | None:
        """The record, disabled or not; the same object until the directory changes. Cached."""

    def client_at_hand(self, client_id: str) -> tuple[Client, Credentials | None] | None:
        """The record, and what its secret is checked against, if they were so half a second ago."""

    def tenant(self, tenant_id: int) -> Tenant | None:
        """The record. Cached."""

    def user_by_email(self, email: str) -> User | None:
        """The record; the case of the e-mail does not matter."""

    def user_credentials(self, email: str) -> Credentials | None:
        """What the password is checked against."""

    def application_credentials(self, application_id: str) -> Credentials | None:
        """What the secret is checked against."""

    def client_credentials(self, client_id: str) -> Credentials | None:
        """What the secret of a confidential client is checked against."""

    def renew_hash(self, subject: str, old: str, new: str) -> None:
        """Replace a hash by one with newer parameters, if it is still the old one."""

    def signed_in(self, user_id: str, at: int) -> int | None:
        """Record a sign-in and return the one before."""

    def recognise(self, asked: Sequence[tuple[str, str]]) -> Sequence[Recognised]:
        """What is known of each e-mail and the network that asks for it."""

    def remember_network(self, user_id: str, network: str, at: int) -> None:
        """Somebody has signed in from there (milliseconds)."""

    def pending(self, subject: str) -> bool:
        """Whether an intent for this subject waits to be applied; its refreshes fail then."""

    def intents(self) -> Sequence[Intent]:
        """Those that wait, in the order in which they were written."""

    def settle(self, intent: Intent) -> None:
        """Forget an intent that was applied."""


class Factors(Protocol):
    """Second factors as a sign-in reads and changes them. Each change is atomic: of many processes
    that bring the same code, one is let in.
    """

    def factor(self, user_id: str) -> Factor | None:
        """The person's factor, locked or not; None without one."""

    def pass_step(self, user_id: str, step: int) -> bool:
        """Accept a time step once, and none before it, unless the factor is locked; failures
        begin anew.
        """

    def may_pass(self, user_id: str, step: int) -> bool:
        """Whether `pass_step` would accept it now; changes nothing."""

    def spend_code(self, user_id: str, code: str) -> int | None:
        """Accept a recovery code once, unless the factor is locked, and begin failures anew; how
        many are left, or None for one that is not there.
        """

    def has_code(self, user_id: str, code: str) -> bool:
        """Whether `spend_code` would accept it now; changes nothing."""

    def fail(self, user_id: str) -> int:
        """Count a wrong code; how many there were in a row, 0 without a factor."""


class SecretHasher(Protocol):
    """Password hashing with parameters inside the hash."""

    def hash(self, secret: str) -> str: ...

    def verify(self, secret_hash: str, secret: str) -> bool: ...

    def is_old(self, secret_hash: str) -> bool: ...

    def absent(self) -> str:
        """A hash that no secret fits and that costs as much as any other."""


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
    """Where events go. Losing one must not lose a session: it logs its own failures."""

    def record(self, events: Sequence[Event], *, durable: bool = False) -> None:
        """Append, in order. `durable` returns after the disk has them (revocations)."""

    def lose(self, count: int) -> None:
        """So many events will not come, since too many wait already. It waits for nothing."""

    def tend(self) -> int:
        """Append what was held back, and keep the file in order; call it every second. How many
        events could not be written since the last call.
        """

    def close(self) -> None:
        """Release the file."""
