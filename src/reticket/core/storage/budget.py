"""How much of the ephemeral store there is for everybody, and for one owner of entries.

An entry is charged to its owner, and to its pool, by its size, for as long as it may live. Callers
that have shown no credentials have a pool of their own, and so have marks against replay and
counters of guesses: none of them can fill another. Where there is no room it is Unavailable: a mark
that cannot be kept must not let anybody through.
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
"""Bytes that an entry takes beside its key and its value: rows, indexes, what is charged for it."""

WINDOWS = (150, 1200, 3900, DAY, 2 * DAY)
"""Seconds for which an entry is charged: the first that is not shorter than its life. It may live
while the next window counts already, so that a window has room for half of what may live. What
lives for an hour (assertions, revoked access tokens) has a window of its own; a day would charge it
24 times as long.
"""

SHARDS = 16
"""Counters for what all have: everybody who keeps something changes one of them."""

OPERATOR_SHARE = 25
"""Percent of room for one client of the admin API: half of the pool that clients have."""

LONGEST_RETRY = 60
"""Seconds after which it is worth trying again: others may have made room by then."""


class OwnerKind(StrEnum):
    """Whose an entry is: an address that has shown nothing, a client that has authenticated, an
    account whose session or password somebody has shown, or a client of the admin API.
    """

    ADDRESS = "address"
    CLIENT = "client"
    ACCOUNT = "account"
    OPERATOR = "operator"
    COVERED = "covered"


class Owner(NamedTuple):
    """Whom an entry is charged to."""

    kind: OwnerKind
    name: str


def of_address(address: str) -> Owner:
    """Whoever comes from there: an IPv6 address stands for its /64."""
    return Owner(OwnerKind.ADDRESS, network_of(address))


def of_client(client_id: str) -> Owner:
    """A client that has authenticated."""
    return Owner(OwnerKind.CLIENT, client_id)


def of_account(subject: str) -> Owner:
    """A person, or an application, by id. All sessions of one have its share together: with a
    share for each, one account with enough of them could fill a pool.
    """
    return Owner(OwnerKind.ACCOUNT, subject)


def of_operator(client_id: str) -> Owner:
    """A client of the admin API, which may do everything anyway."""
    return Owner(OwnerKind.OPERATOR, client_id)


COVERED = Owner(OwnerKind.COVERED, "")
"""Of entries and counters of which there are only so many: one for another entry that is charged
already, or a fixed number. They are kept however full a pool is.
"""


class Pool(StrEnum):
    """What an entry takes room of: one pool cannot fill another."""

    STRANGERS = "s"
    ENTRIES = "e"
    MARKS = "r"
    GUESSES = "g"


def pool_of(owner: Owner, value: str) -> Pool:
    """Where an entry is charged; a mark has no value."""
    if owner.kind is OwnerKind.ADDRESS:
        return Pool.STRANGERS
    return Pool.ENTRIES if value else Pool.MARKS


@dataclass(frozen=True, slots=True)
class Budget:
    """What there is.

    Args:
        room: bytes of entries that may live at once. Half of them are for callers that have shown
            no credentials, half for clients that have authenticated and for people who have signed
            in.
        reserve: bytes of marks against replay that may live at once; as many are for counters of
            guesses.
        share: percent of room or reserve for one address or one account.
        client_share: percent of either for one client that has authenticated.
    """

    room: int = 2**30
    reserve: int = 2**28
    share: int = 1
    client_share: int = 10

    def of(self, owner: Owner | None, pool: Pool) -> int:
        """Bytes that an owner may be charged in a window; None is everybody in one shard."""
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
    """Something to be kept.

    Args:
        pool: where it is charged.
        owner: whose share it takes.
        key: what is kept.
        size: bytes.
        lifetime: seconds.
        shard: which counter of everybody's it changes.
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
        """The counters of an owner, by their windows; None is everybody."""
        name = f"{owner.kind}:{owner.name}" if owner else f"#{self.shard}"
        windows = dict.fromkeys((*WINDOWS, self.window))
        return {f"used:{self.pool}:{name}:{window}": window for window in windows}

    def charged(self, owner: Owner | None) -> dict[str, int]:
        """The one that grows."""
        return {key: at for key, at in self.accounts(owner).items() if at == self.window}


class BudgetedEphemeral:
    """The port `Ephemeral` with owners; `once`, `count` and `guess` raise Unavailable where there
    is no room.

    Args:
        secret: of this process; chooses shards. Callers choose keys, and whoever knows the shards
            of keys can fill one with a share.
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
        """What was charged stays so until its window ends: who takes is not who kept."""
        self.count_each = ephemeral.count_each
        """Charges nothing: new counters are made by `count` and `guess`."""
        self.forget = ephemeral.forget

    def once(self, key: str, lifetime: int, value: str, owner: Owner) -> bool:
        """Set a key unless it is there. One without a value is a mark."""
        if owner is COVERED:
            return self._ephemeral.once(key, lifetime, value)
        charge = self._charge(pool_of(owner, value), owner, key, lifetime, len(value.encode()))
        self._take(charge)
        if self._ephemeral.once(key, lifetime, value):
            return True
        self._give_back(charge)
        return False

    def reserve(self, key: str, lifetime: int, size: int, owner: Owner) -> Charge:
        """Charge an owner for a text of so many bytes that is not known yet. Unavailable."""
        charge = self._charge(pool_of(owner, "a text"), owner, key, lifetime, size)
        self._take(charge)
        return charge

    def keep_reserved(self, reserved: Charge, value: str) -> bool:
        """As `once`, and its owner is charged for what the text takes, less or more."""
        if not self._ephemeral.once(reserved.key, reserved.lifetime, value):
            self.release(reserved)
            return False
        size = OVERHEAD + len(reserved.key.encode()) + len(value.encode())
        self._give_back(reserved._replace(size=reserved.size - size))
        return True

    def release(self, reserved: Charge) -> None:
        """Nothing will be kept there."""
        self._give_back(reserved)

    def count(self, key: str, window: int, add: int, owner: Owner) -> Counted:
        """Count; a new counter takes the room that entries of its owner do."""
        counted = self._ephemeral.count(key, window, add)
        if owner is not COVERED and _is_new(counted, window, add):
            pool = Pool.STRANGERS if owner.kind is OwnerKind.ADDRESS else Pool.ENTRIES
            self._charge_counters([self._charge(pool, owner, key, window)])
        return counted

    def guess(
        self, windows: Mapping[str, int], covered: Collection[str], owner: Owner
    ) -> Sequence[Counted]:
        """Count one guess by each of the keys. Where it is Unavailable nothing is counted.

        Args:
            windows: seconds for which each is counted.
            covered: those that are kept however full the pool is, since there are only so many.
            owner: whose share the others take when they are new.
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
        """Nothing is written for those who have their share already."""
        owners = [None, charge.owner]
        others = {owner: self._used(charge, owner) for owner in owners}
        charged = {key: at for owner in owners for key, at in charge.charged(owner).items()}
        counted = self._ephemeral.count_each(charged, charge.size)
        for owner, sums in zip(owners, counted, strict=True):
            if sums.total + others[owner] > self._budget.of(owner, charge.pool):
                self._give_back(charge)
                raise _full(owner, sums.left)

    def _used(self, charge: Charge, owner: Owner | None) -> int:
        """What an owner has in the windows that this charge leaves alone."""
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
    """Which counter of everybody's an entry changes."""
    return int.from_bytes(blake2b(key.encode(), key=secret, digest_size=8).digest()) % SHARDS


def _is_new(counted: Counted, window: int, add: int) -> bool:
    """Whether the addition is all it has, and its window has just begun."""
    return counted.total == add > 0 and counted.left >= (window - 1) * SECOND


def _full(owner: Owner | None, left: int) -> Unavailable:
    whose = f"one {owner.kind} has its share" if owner else "there is no room for more"
    reason = f"the budget of short-lived entries: {whose}"
    return Unavailable(reason, min(LONGEST_RETRY, max(1, whole_seconds(left))))
