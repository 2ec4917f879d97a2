"""How much an application may cause in a while, in all and from one network."""

from __future__ import annotations

from dataclasses import dataclass

from reticket.core.addresses import network_of
from reticket.core.commands import Asking, Audit, Increment
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.policy import whole_seconds
from reticket.dialects.kibo.shoppers.shop import Shop
from reticket.wire import WireRequest

WINDOW = 600
"""Seconds."""


@dataclass(frozen=True, slots=True)
class ShopLimit:
    """A limit for each application.

    Args:
        key: of its counters.
        resource: the token kind, for the audit log.
        per_address / per_application: requests in a window, from one network and in all.
    """

    key: str
    resource: str
    per_address: int
    per_application: int

    def count(self, request: WireRequest, shop: Shop) -> Asking[None]:
        """Count a request of an authenticated application. Only the first refusal is audited.

        Raises:
            Refusal: TOO_MANY_ATTEMPTS.
        """
        name = f"kibo:{self.key}:{shop.application.id}"
        network = network_of(request.caller.address)
        yield from self._add(f"{name}:{network}", self.per_address, shop)
        yield from self._add(name, self.per_application, shop)

    def _add(self, key: str, most: int, shop: Shop) -> Asking[None]:
        count = yield from Increment(key, WINDOW, owner=shop.owner, most=most)
        if count.total == most + 1:
            yield from Audit(self.resource, "refused", Cause.LIMITED, subject=shop.application.id)
        if count.total > most:
            wait = whole_seconds(count.left)
            raise Refusal(Code.TOO_MANY_ATTEMPTS, Cause.LIMITED, retry_after=wait)
