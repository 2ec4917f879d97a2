"""Limits the storage of short-lived entries, in total and for each owner.

An entry is charged by its size to its owner and its pool, for as long as it may live. Callers
without credentials have a pool of their own, and so have marks against replay and counters of
guesses. So none of them can fill another's. Without room the result is Unavailable: a mark that
cannot be stored must not let a request pass.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from reticket.core.addresses import network_of
from reticket.core.errors import Unavailable
from reticket.core.policy import DAY, SECOND, whole_seconds
from reticket.core.ports import Counted, Ephemeral

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
        share: percent of room or reserve for one address or one account.
        client_share: percent of either for one authenticated client.
    """

    room: int = 2**30
    reserve: int = 2**28
    share: int = 1
    client_share: int = 10

    def of(self, owner: Owner | None, pool: Pool) -> int:
        """Bytes that an owner may be charged in a window; None is one counter of the total."""
        is_room = pool in (Pool.STRANGERS, Pool.ENTRIES)
        total = self.room if is_room else self.reserve
        if owner is None:
            return total // (2 if is_room else 1) // 2 // SHARDS
        return total * self._percent(owner) // 100 // 2

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

    def accounts(self, owner: Owner | None) -> dict[str, int]:
        """The counters of an owner, by their windows; None is the total."""
        name = f"{owner.kind}:{owner.name}" if owner else f"#{self.shard}"
        windows = dict.fromkeys((*WINDOWS, self.window))
        return {f"used:{self.pool}:{name}:{window}": window for window in windows}

    def charged(self, owner: Owner | None) -> dict[str, int]:
        """The counter that this charge adds to."""
        return {key: at for key, at in self.accounts(owner).items() if at == self.window}


class BudgetedEphemeral:
    """The port `Ephemeral` with owners; `once`, `count` and `guess` raise Unavailable without room.

    Args:
        ephemeral: the store.
        budget: the limits.
        secret: of this process; chooses the shards. Callers choose keys, and with known shards one
            share could fill one counter of the total.
    """

    def __init__(
        self,
        ephemeral: Ephemeral,
        budget: Budget = DEFAULT_BUDGET,
        secret: bytes = b"",
    ) -> None:
        self._ephemeral = ephemeral
        self._budget = budget
        self._secret = secret
        self.peek = ephemeral.peek
        self.present = ephemeral.present
        self.take = ephemeral.take
        """A charge remains until its window ends: the caller that takes an entry need not be its
        owner.
        """
        self.count_each = ephemeral.count_each
        """Charges nothing: new counters are created by `count` and `guess`."""
        self.forget = ephemeral.forget

    def once(self, key: str, lifetime: int, value: str, owner: Owner) -> bool:
        """Set a key unless it exists. A key without a value is a mark."""
        if owner is COVERED:
            return self._ephemeral.once(key, lifetime, value)
        charge = self._charge(pool_of(owner, value), owner, key, lifetime, len(value.encode()))
        self._take(charge)
        if self._ephemeral.once(key, lifetime, value):
            return True
        self._give_back(charge)
        return False

    def reserve(self, key: str, lifetime: int, size: int, owner: Owner) -> Charge:
        """Charge an owner for a text whose size is known but whose content is not. Unavailable."""
        charge = self._charge(pool_of(owner, "a text"), owner, key, lifetime, size)
        self._take(charge)
        return charge

    def keep_reserved(self, reserved: Charge, value: str) -> bool:
        """As `once`; the owner's charge is corrected to the text's size."""
        if not self._ephemeral.once(reserved.key, reserved.lifetime, value):
            self.release(reserved)
            return False
        size = OVERHEAD + len(reserved.key.encode()) + len(value.encode())
        self._give_back(reserved._replace(size=reserved.size - size))
        return True

    def release(self, reserved: Charge) -> None:
        """Nothing will be stored for this charge."""
        self._give_back(reserved)

    def count(self, key: str, window: int, add: int, owner: Owner) -> Counted:
        """Add to a counter; a new one is charged to its owner like an entry."""
        counted = self._ephemeral.count(key, window, add)
        if owner is not COVERED and _is_new(counted, window, add):
            pool = Pool.STRANGERS if owner.kind is OwnerKind.ADDRESS else Pool.ENTRIES
            self._charge_counters([self._charge(pool, owner, key, window)])
        return counted

    def guess(
        self, windows: Mapping[str, int], covered: Collection[str], owner: Owner
    ) -> Sequence[Counted]:
        """Count one guess for each of the keys. When it raises Unavailable nothing is counted.

        Args:
            windows: seconds for which each is counted.
            covered: keys that are stored however full the pool is, because their number is bounded.
            owner: is charged for the other keys when they are new.
        """
        counted = self._ephemeral.count_each(windows)
        found = zip(windows.items(), counted, strict=True)
        new = [
            self._charge(Pool.GUESSES, owner, key, window)
            for (key, window), each in found
            if key not in covered and _is_new(each, window, 1)
        ]
        try:
            self._charge_counters(new)
        except Unavailable:
            self._ephemeral.count_each(windows, -1)
            raise
        return counted

    def _charge(self, pool: Pool, owner: Owner, key: str, lifetime: int, length: int = 0) -> Charge:
        size = OVERHEAD + len(key.encode()) + length
        return Charge(pool, owner, key, size, lifetime, shard_of(key, self._secret))

    def _charge_counters(self, charges: Sequence[Charge]) -> None:
        for charge in charges:
            try:
                self._take(charge)
            except Unavailable:
                self._ephemeral.forget(*(each.key for each in charges))
                raise

    def _take(self, charge: Charge) -> None:
        """Charge, unless the owner or the total is at its limit: then nothing is written."""
        owners = [None, charge.owner]
        others = {owner: self._used(charge, owner) for owner in owners}
        charged = {key: at for owner in owners for key, at in charge.charged(owner).items()}
        counted = self._ephemeral.count_each(charged, charge.size)
        for owner, sums in zip(owners, counted, strict=True):
            if sums.total + others[owner] > self._budget.of(owner, charge.pool):
                self._give_back(charge)
                raise _full(owner, sums.left)

    def _used(self, charge: Charge, owner: Owner | None) -> int:
        """What an owner is charged in the other windows."""
        accounts = charge.accounts(owner)
        counted = dict(zip(accounts, self._ephemeral.count_each(accounts, 0), strict=True))
        used = sum(each.total for each in counted.values())
        if used + charge.size > self._budget.of(owner, charge.pool):
            raise _full(owner, max(each.left for each in counted.values()))
        return used - sum(counted[key].total for key in charge.charged(owner))

    def _give_back(self, charge: Charge) -> None:
        owners = [None, charge.owner]
        charged = {key: at for owner in owners for key, at in charge.charged(owner).items()}
        self._ephemeral.count_each(charged, -charge.size)


def shard_of(key: str, secret: bytes) -> int:
    """The counter of the total that an entry changes."""
    return int.from_bytes(blake2b(key.encode(), key=secret, digest_size=8).digest()) % SHARDS


def _is_new(counted: Counted, window: int, add: int) -> bool:
    """Whether the counter consists of this addition only, and its window has just begun."""
    return counted.total == add > 0 and counted.left >= (window - 1) * SECOND


def _full(owner: Owner | None, left: int) -> Unavailable:
    reason = f"one {owner.kind} has used its share" if owner else "there is no room"
    reason = f"the budget of short-lived entries: {reason}"
    return Unavailable(reason, min(LONGEST_RETRY, max(1, whole_seconds(left))))
