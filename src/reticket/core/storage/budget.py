"""Limits the storage of short-lived entries, in total and for each owner.

An entry is charged by its size to its owner and its pool, for as long as it may live. Callers
without credentials have a pool of their own, and so have marks against replay and counters of
guesses. So none of them can fill another's. Without room the result is Unavailable: a mark that
cannot be stored must not let a request pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from reticket.core.addresses import network_of
from reticket.core.errors import Unavailable
from reticket.core.policy import DAY, whole_seconds

OVERHEAD = 256
"""Bytes charged for an entry beside its key and value: its row, its indexes, and the charge
itself.
"""

WINDOWS = (150, 1200, 3900, DAY, 2 * DAY)
"""Seconds for which an entry is charged: the first window that is at least its lifetime.

An entry may still live while the next window counts already, so each window has room for half of
what may live. Entries of an hour (assertions, revoked access tokens) have a window of their own,
because a day would charge them 24 times too long.
"""

SHARDS = 16
"""Counters for each total: every entry changes one of them."""

OPERATOR_SHARE = 25
"""Percent of the room for one client of the admin API: half of the clients' pool."""

LONGEST_RETRY = 60
"""Seconds of the longest `Retry-After`: other entries may have ended by then."""


class OwnerKind(StrEnum):
    """The kind of an owner.

    An address without credentials, an authenticated client, an account whose session or password
    was shown, or a client of the admin API.
    """

    ADDRESS = "address"
    CLIENT = "client"
    ACCOUNT = "account"
    OPERATOR = "operator"
    COVERED = "covered"


class Owner(NamedTuple):
    """The owner that an entry is charged to."""

    kind: OwnerKind
    name: str


def of_address(address: str) -> Owner:
    """The owner for callers of an address; an IPv6 address counts as its /64."""
    return Owner(OwnerKind.ADDRESS, network_of(address))


def of_client(client_id: str) -> Owner:
    """The owner for an authenticated client."""
    return Owner(OwnerKind.CLIENT, client_id)


def of_account(subject: str) -> Owner:
    """The owner for a person or an application, by id. All sessions of an account have one share:
    with a share for each, one account with many sessions could fill a pool.
    """
    return Owner(OwnerKind.ACCOUNT, subject)


def of_operator(client_id: str) -> Owner:
    """The owner for a client of the admin API, which is trusted with everything."""
    return Owner(OwnerKind.OPERATOR, client_id)


COVERED = Owner(OwnerKind.COVERED, "")
"""The owner of entries whose number is bounded: those that belong to an entry that is charged
already, and fixed ones. They are stored however full a pool is.
"""


class Pool(StrEnum):
    """A part of the storage; one pool cannot fill another."""

    STRANGERS = "s"
    ENTRIES = "e"
    MARKS = "r"
    GUESSES = "g"


_HALVES_OF_ROOM = (Pool.STRANGERS, Pool.ENTRIES)


def pool_of(owner: Owner, value: str) -> Pool:
    """The pool of an entry; a mark has no value."""
    if owner.kind is OwnerKind.ADDRESS:
        return Pool.STRANGERS
    return Pool.ENTRIES if value else Pool.MARKS


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits.

    Args:
        room: bytes of entries that may live at once. One half is for callers without credentials,
            the other for authenticated clients and signed-in users.
        reserve: bytes of marks against replay that may live at once; as many are for counters of
            guesses.
        share: percent of room or reserve for one address or one quota.
        client_share: percent of either for one authenticated client.
    """

    room: int = 2**30
    reserve: int = 2**28
    share: int = 1
    client_share: int = 10

    def share_of(self, owner: Owner, pool: Pool) -> int:
        """Bytes that an owner may be charged in a window."""
        total = self.room if pool in _HALVES_OF_ROOM else self.reserve
        return total * self._percent(owner) // 100 // 2

    def of_shard(self, pool: Pool) -> int:
        """Bytes that one counter of a pool's total may be charged in a window."""
        total = self.room // 2 if pool in _HALVES_OF_ROOM else self.reserve
        return total // 2 // SHARDS

    def _percent(self, owner: Owner) -> int:
        shares = {OwnerKind.CLIENT: self.client_share, OwnerKind.OPERATOR: OPERATOR_SHARE}
        return shares.get(owner.kind, self.share)


DEFAULT_BUDGET = Budget()


class Charge(NamedTuple):
    """An entry to be charged.

    Args:
        pool: where it is charged.
        owner: whose share it uses.
        key: of the entry.
        size: bytes.
        lifetime: seconds.
        shard: which counter of the total it changes.
    """

    pool: Pool
    owner: Owner
    key: str
    size: int
    lifetime: int
    shard: int

    @property
    def window(self) -> int:
        """Seconds for which it is charged."""
        return next((each for each in WINDOWS if each >= self.lifetime), self.lifetime)


class Quota(NamedTuple):
    """What a charge is counted in: the share of its owner, or one counter of its pool's total.

    Args:
        name: as its keys in the store have it.
        limit: bytes that may be charged in a window.
        fault: why there is no room when the limit is reached.
    """

    name: str
    limit: int
    fault: str

    def counters(self, charge: Charge) -> dict[str, int]:
        """Its counters in the charge's pool, and the window of each."""
        windows = dict.fromkeys((*WINDOWS, charge.window))
        return {self._key(charge.pool, window): window for window in windows}

    def counter(self, charge: Charge) -> str:
        """The counter that the charge adds to."""
        return self._key(charge.pool, charge.window)

    def full(self, left: int) -> Unavailable:
        """The error for a charge beyond the limit, for so many milliseconds."""
        reason = f"the budget of short-lived entries: {self.fault}"
        return Unavailable(reason, min(LONGEST_RETRY, max(1, whole_seconds(left))))

    def _key(self, pool: Pool, window: int) -> str:
        return f"used:{pool}:{self.name}:{window}"
