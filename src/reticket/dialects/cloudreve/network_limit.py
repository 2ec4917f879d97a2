"""How many questions about people a network may ask in a while."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from reticket.core.addresses import network_of
from reticket.core.commands import Asking, Audit, Increment, Peek, PutIfAbsent, RandomBytes
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.policy import DAY, whole_seconds
from reticket.core.storage.budget import COVERED, Owner
from reticket.dialects.cloudreve.tokens import USER
from reticket.wire import WireRequest

WINDOW = 300
"""Seconds, as in the limit of failed sign-ins for each address."""

SHARED_COUNTERS = 2**16
"""The counters use at most 20 MiB, for any number of networks."""


@dataclass(frozen=True, slots=True)
class NetworkLimit:
    """A limit for each network.

    Args:
        key: of its counters.
        most: the requests that one network may make in a window.
    """

    key: str
    most: int

    def count(self, request: WireRequest) -> Asking[None]:
        """Count a request, and refuse it beyond the limit.

        Only the first refusal is audited. Networks share counters when the storage for callers
        without credentials is full.

        Raises:
            Refusal: TOO_MANY_ATTEMPTS.
        """
        network = network_of(request.caller.address)
        try:
            yield from self._add(f"{self.key}:{network}", None)
        except Unavailable:
            yield from self._add((yield from self._shared_counter(network)), COVERED)

    def _add(self, key: str, owner: Owner | None) -> Asking[None]:
        count = yield from Increment(key, WINDOW, owner=owner, most=self.most)
        if count.total == self.most + 1:
            yield from Audit(USER, "refused", Cause.LIMITED)
        if count.total > self.most:
            wait = whole_seconds(count.left)
            raise Refusal(Code.TOO_MANY_ATTEMPTS, Cause.LIMITED, retry_after=wait)

    def _shared_counter(self, network: str) -> Asking[str]:
        """One of a fixed number of counters. A secret that changes daily assigns it to a network,
        and all processes share it.

        Without the secret, a caller could find a network that shares the counter of another one.
        """
        choice = f"{self.key}:choice"
        secret = yield from Peek(choice)
        if secret is None:
            fresh: bytes = yield from RandomBytes(16)
            yield from PutIfAbsent(choice, fresh.hex(), DAY, COVERED)
            secret = (yield from Peek(choice)) or fresh.hex()
        digest = hashlib.blake2b(network.encode(), key=secret.encode(), digest_size=8).digest()
        return f"{self.key}:#{int.from_bytes(digest) % SHARED_COUNTERS}"
