"""How much of the ephemeral store there is for everybody, and for one owner of entries.

An entry is charged to its owner, and to all, by its size, for as long as it may live; so nobody who
needs no credentials fills what all share. Marks against replay and counters of guesses have room of
their own, so that no flood of entries can end them. Where there is no room it is Unavailable: a
mark that cannot be kept must not let anybody through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from zlib import crc32

from reticket.core.addresses import network_of
from reticket.core.errors import Unavailable
from reticket.core.policy import DAY, SECOND, whole_seconds
from reticket.core.ports import Counted, Ephemeral

OVERHEAD = 256
"""Bytes that an entry takes beside its key and its value: rows, indexes, what is charged for it."""

WINDOWS = (150, 1200, DAY)
"""Seconds for which an entry is charged: the first that is not shorter than its life. It may live
while the next window counts already, so that a window has room for half of what may live.
"""

SHARDS = 16
"""Counters for what all have: everybody who keeps something changes one of them."""

LONGEST_RETRY = 60
"""Seconds after which it is worth trying again: others may have made room by then."""


class Kind(StrEnum):
    """Whose an entry is: an address that has shown nothing, a client that has authenticated, or
    the holder of something that we gave (a session, an account, a device code).
    """

    ADDRESS = "address"
    CLIENT = "client"
    HOLDER = "holder"


class Owner(NamedTuple):
    """Whom an entry is charged to."""

    kind: Kind
    name: str


def of_address(address: str) -> Owner:
    """Whoever comes from there: an IPv6 address stands for its /64."""
    return Owner(Kind.ADDRESS, network_of(address))


def of_client(client_id: str) -> Owner:
    """A client that has authenticated."""
    return Owner(Kind.CLIENT, client_id)


def of_holder(name: str) -> Owner:
    """Whoever holds what has that name: a session, an account, a device code."""
    return Owner(Kind.HOLDER, name)


@dataclass(frozen=True, slots=True)
class Budget:
    """What there is.

    Args:
        room: bytes of entries that may live at once.
        reserve: bytes of marks and counters that may live at once.
        share: percent of either for one address or one holder.
        client_share: percent of either for one client that has authenticated.
    """

    room: int = 2**30
    reserve: int = 2**28
    share: int = 1
    client_share: int = 10

    def of(self, owner: Owner | None, total: int) -> int:
        """Bytes that an owner may be charged in a window; None is everybody in one shard."""
        if owner is None:
            return total // 2 // SHARDS
        percent = self.client_share if owner.kind is Kind.CLIENT else self.share
        return total * percent // 100 // 2


DEFAULT_BUDGET = Budget()


class Charge(NamedTuple):
    """Something to be kept.

    Args:
        pool / total: where it is charged, and how many bytes that has.
        owner: whose share it takes, or None.
        shard: which counter of everybody's it changes.
        size: bytes.
        lifetime: seconds.
    """

    pool: str
    total: int
    owner: Owner | None
    shard: int
    size: int
    lifetime: int

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


class Budgeted:
    """The port `Ephemeral` over another one; `once` and `count` raise Unavailable where there is no
    room.
    """

    def __init__(self, ephemeral: Ephemeral, budget: Budget) -> None:
        self._ephemeral = ephemeral
        self._budget = budget

    def once(self, key: str, lifetime: int, value: str = "", owner: Owner | None = None) -> bool:
        """Set a key unless it is there. One without a value is a mark, and charged to the reserve;
        without an owner it takes nobody's share, only what all have.
        """
        charge = self._charge(key, value, lifetime, owner)
        self._take(charge)
        if self._ephemeral.once(key, lifetime, value):
            return True
        self._give_back(charge)
        return False

    def peek(self, key: str) -> str | None:
        """As below."""
        return self._ephemeral.peek(key)

    def present(self, keys: Sequence[str]) -> set[str]:
        """As below."""
        return self._ephemeral.present(keys)

    def take(self, key: str) -> str | None:
        """As below. What was charged stays so until its window ends: who takes is not who kept."""
        return self._ephemeral.take(key)

    def count(self, key: str, window: int, add: int = 1, owner: Owner | None = None) -> Counted:
        """Count; a new counter is charged to the reserve, and not kept where that is full."""
        counted = self._ephemeral.count(key, window, add)
        self._charge_counters({key: window}, [counted], add, owner)
        return counted

    def count_each(self, windows: Mapping[str, int], add: int = 1) -> Sequence[Counted]:
        """The same for several."""
        counted = self._ephemeral.count_each(windows, add)
        self._charge_counters(windows, counted, add, None)
        return counted

    def forget(self, *keys: str) -> None:
        """As below."""
        self._ephemeral.forget(*keys)

    def sweep(self, limit: int) -> int:
        """As below."""
        return self._ephemeral.sweep(limit)

    def close(self) -> None:
        """As below."""
        self._ephemeral.close()

    def _charge(self, key: str, value: str, lifetime: int, owner: Owner | None) -> Charge:
        size = OVERHEAD + len(key.encode()) + len(value.encode())
        pool, total = ("e", self._budget.room) if value else ("r", self._budget.reserve)
        return Charge(pool, total, owner, crc32(key.encode()) % SHARDS, size, lifetime)

    def _charge_counters(
        self,
        windows: Mapping[str, int],
        counted: Sequence[Counted],
        add: int,
        owner: Owner | None,
    ) -> None:
        """Those that this addition made: it is all they have, and their window has just begun."""
        found = zip(windows.items(), counted, strict=True)
        fresh = {
            key: window
            for (key, window), each in found
            if each.total == add > 0 and each.left >= (window - 1) * SECOND
        }
        for key, window in fresh.items():
            try:
                self._take(self._charge(key, "", window, owner))
            except Unavailable:
                self._ephemeral.forget(*fresh)
                raise

    def _take(self, charge: Charge) -> None:
        """Nothing is written for those who have their share already."""
        owners = [None, charge.owner] if charge.owner else [None]
        others = {owner: self._used(charge, owner) for owner in owners}
        charged = {key: at for owner in owners for key, at in charge.charged(owner).items()}
        counted = self._ephemeral.count_each(charged, charge.size)
        for owner, sums in zip(owners, counted, strict=True):
            if sums.total + others[owner] > self._budget.of(owner, charge.total):
                self._give_back(charge)
                raise _full(owner, sums.left)

    def _used(self, charge: Charge, owner: Owner | None) -> int:
        """What an owner has in the windows that this charge leaves alone."""
        accounts = charge.accounts(owner)
        counted = dict(zip(accounts, self._ephemeral.count_each(accounts, 0), strict=True))
        used = sum(each.total for each in counted.values())
        if used + charge.size > self._budget.of(owner, charge.total):
            raise _full(owner, max(each.left for each in counted.values()))
        return used - sum(counted[key].total for key in charge.charged(owner))

    def _give_back(self, charge: Charge) -> None:
        owners = [None, charge.owner] if charge.owner else [None]
        charged = {key: at for owner in owners for key, at in charge.charged(owner).items()}
        self._ephemeral.count_each(charged, -charge.size)


def _full(owner: Owner | None, left: int) -> Unavailable:
    whose = f"one {owner.kind} has its share" if owner else "there is no room for more"
    reason = f"the budget of short-lived entries: {whose}"
    return Unavailable(reason, min(LONGEST_RETRY, max(1, whole_seconds(left))))
