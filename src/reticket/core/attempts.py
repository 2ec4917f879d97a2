"""Failed tries to sign in: how many there were, whether more may follow, and who hears of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from reticket.core import chronicle
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Caller
from reticket.core.policy import whole_seconds
from reticket.core.ports import Clock, Ephemeral, Event

FREE = 500
"""Milliseconds for which an address that had few failures, and no new one, is not asked for."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `failures` failed attempts in `window` seconds."""

    failures: int
    window: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What failed sign-ins are limited by."""

    account: Limit = Limit(10, 300)
    address: Limit = Limit(200, 300)


Guards = Sequence[tuple[str, Limit]]
"""Under which names failures are counted, and how many there may be."""


class Attempts:
    """Owns the counts.

    Args:
        tell: takes events for the audit log; may be called from any thread.
    """

    def __init__(
        self, ephemeral: Ephemeral, limits: Limits, tell: Callable[[Event], None], clock: Clock
    ) -> None:
        self._ephemeral = ephemeral
        self._limits = limits
        self._tell = tell
        self._clock = clock
        self._free: dict[str, int] = {}
        """Until when (milliseconds) an address is not asked for; another one after each failure."""

    def of_account(self, name: str) -> tuple[str, Limit]:
        """The guard of a name that stands for somebody."""
        return name, self._limits.account

    def of_address(self, caller: Caller) -> tuple[str, Limit]:
        """The guard of where somebody comes from."""
        return f"address:{caller.address}", self._limits.address

    def admit(self, guards: Guards, resource: str, caller: Caller) -> None:
        """TOO_MANY_ATTEMPTS where one of the guards has counted too many failures."""
        for name, limit in guards:
            if left := self.left(name, limit):
                self._free = {}
                refusal = Refusal(
                    Code.TOO_MANY_ATTEMPTS, Cause.LIMITED, retry_after=whole_seconds(left)
                )
                raise self.told(resource, None, refusal, caller)

    def is_over(self, name: str, limit: Limit) -> bool:
        """Whether a guard has counted too many."""
        return self.left(name, limit) > 0

    def left(self, name: str, limit: Limit) -> int:
        """Milliseconds until a guard that has counted too many lets somebody in; 0 for now."""
        counted = self._ephemeral.count(_failures(name), limit.window, add=0)
        return counted.left if counted.total >= limit.failures else 0

    def failed(
        self, guards: Guards, resource: str, subject: str | None, cause: Cause, caller: Caller
    ) -> Refusal:
        """INVALID_CREDENTIALS, to be raised; one more for each of the guards."""
        for name, limit in guards:
            self._ephemeral.count(_failures(name), limit.window)
        self._free = {}
        return self.told(resource, subject, Refusal(Code.INVALID_CREDENTIALS, cause), caller)

    def told(self, resource: str, subject: str | None, refusal: Refusal, caller: Caller) -> Refusal:
        """The same refusal, of which the audit log has heard."""
        self._tell(chronicle.sign_in_failed(self._clock(), resource, subject, refusal, caller))
        return refusal

    def forget(self, *guards: tuple[str, Limit]) -> None:
        """Somebody has proved who it is."""
        for name, _ in guards:
            self._ephemeral.forget(_failures(name))

    def free_among(self, addresses: Set[str]) -> Set[str]:
        """Those that may still try. A failure meanwhile puts another dict in the place of this."""
        limit, now, kept = self._limits.address, self._clock(), self._free
        free = {each for each in addresses if not self.is_over(f"address:{each}", limit)}
        for each in [name for name, until in kept.items() if name in addresses or until < now]:
            del kept[each]
        kept.update(dict.fromkeys(free, now + FREE))
        return free

    def is_free(self, address: str) -> bool:
        """Whether it was found so half a second ago at most."""
        return 0 <= self._free.get(address, 0) - self._clock() <= FREE


def _failures(name: str) -> str:
    return f"failures:{name}"
