"""The port `Ephemeral` with a budget: every entry is charged before it is stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b

from reticket.core.errors import Unavailable
from reticket.core.policy import SECOND
from reticket.core.ports import Counted, Ephemeral
from reticket.core.storage.budget import (
    COVERED,
    DEFAULT_BUDGET,
    OVERHEAD,
    SHARDS,
    Budget,
    Charge,
    Owner,
    OwnerKind,
    Pool,
    Quota,
    pool_of,
)


class BudgetedEphemeral:
    """The port `Ephemeral` with owners. Without room `put_if_absent`, `count` and `guess` raise
    Unavailable.

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
        self.pop = ephemeral.pop
        """A charge remains until its window ends: the caller that takes an entry need not be its
        owner.
        """
        self.count_each = ephemeral.count_each
        """Charges nothing: new counters are created by `count` and `guess`."""
        self.forget = ephemeral.forget

    def put_if_absent(self, key: str, lifetime: int, value: str, owner: Owner) -> bool:
        """Set a key unless it exists. Returns whether it was set.

        The owner is charged before, and gets the charge back if the key exists. A key without a
        value is a mark.

        Raises:
            Unavailable: there is no room.
        """
        if owner is COVERED:
            return self._ephemeral.put_if_absent(key, lifetime, value)
        charge = self._charge(pool_of(owner, value), owner, key, lifetime, len(value.encode()))
        self._take(charge)
        if self._ephemeral.put_if_absent(key, lifetime, value):
            return True
        self._give_back(charge)
        return False

    def reserve(self, key: str, lifetime: int, size: int, owner: Owner) -> Charge:
        """Charge an owner for a text whose size is known but whose content is not. Unavailable."""
        charge = self._charge(pool_of(owner, "a text"), owner, key, lifetime, size)
        self._take(charge)
        return charge

    def put_reserved(self, reserved: Charge, value: str) -> bool:
        """As `put_if_absent`; the owner's charge is corrected to the text's size."""
        if not self._ephemeral.put_if_absent(reserved.key, reserved.lifetime, value):
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
        quotas = self._quotas(charge)
        others = [self._require_room(charge, quota) for quota in quotas]
        for quota, other, sums in zip(quotas, others, self._add(charge), strict=True):
            if sums.total + other > quota.limit:
                self._give_back(charge)
                raise quota.full(sums.left)

    def _require_room(self, charge: Charge, quota: Quota) -> int:
        """What the quota is charged in the other windows. Unavailable when it has no room for the
        charge.
        """
        counters = quota.counters(charge)
        counted = dict(zip(counters, self._ephemeral.count_each(counters, 0), strict=True))
        used = sum(each.total for each in counted.values())
        if used + charge.size > quota.limit:
            raise quota.full(max(each.left for each in counted.values()))
        return used - counted[quota.counter(charge)].total

    def _give_back(self, charge: Charge) -> None:
        self._add(charge._replace(size=-charge.size))

    def _add(self, charge: Charge) -> Sequence[Counted]:
        """Add the size to the quotas of a charge. Returns their sums."""
        windows = {each.counter(charge): charge.window for each in self._quotas(charge)}
        return self._ephemeral.count_each(windows, charge.size)

    def _quotas(self, charge: Charge) -> tuple[Quota, Quota]:
        pool, owner = charge.pool, charge.owner
        total = Quota(f"#{charge.shard}", self._budget.of_shard(pool), "there is no room")
        share = self._budget.share_of(owner, pool)
        fault = f"one {owner.kind} has used its share"
        return total, Quota(f"{owner.kind}:{owner.name}", share, fault)


def shard_of(key: str, secret: bytes) -> int:
    """The counter of the total that an entry changes."""
    return int.from_bytes(blake2b(key.encode(), key=secret, digest_size=8).digest()) % SHARDS


def _is_new(counted: Counted, window: int, add: int) -> bool:
    """Whether the counter consists of this addition only, and its window has just begun."""
    return counted.total == add > 0 and counted.left >= (window - 1) * SECOND
