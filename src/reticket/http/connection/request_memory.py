"""Limits the memory of requests that a worker has not answered yet, in total and for each
network.
"""

from __future__ import annotations

FREE = 8192
"""Bytes of each connection that are not counted, so that a usual request always fits. The limits on
connections bound them.
"""

SMALL = 65_536
"""Bytes. Larger requests must leave a quarter of the memory to smaller ones."""

_SHARES = 16


class RequestMemory:
    """Owns the counts of one worker.

    Args:
        limit: bytes of all connections; one network may use a sixteenth.
        largest: bytes of the largest request; a network may always use twice that.
    """

    def __init__(self, limit: int, largest: int) -> None:
        self._limit = limit
        self._share = max(limit // _SHARES, 2 * largest)
        self._held = 0
        self._held_by: dict[str, int] = {}

    def count(self, network: str, byte_count: int, is_small: bool) -> bool:
        """Count these bytes, unless there is no memory for them. Returns whether they were counted.

        Args:
            network: their network (`core.addresses`); empty for a trusted proxy.
            byte_count: how many.
            is_small: whether they belong to a request of at most SMALL bytes.
        """
        of_network = self._held_by.get(network, 0) + byte_count
        fits = _fits(self._held + byte_count, self._limit, is_small)
        if not fits or (network and not _fits(of_network, self._share, is_small)):
            return False
        self._held += byte_count
        self._held_by[network] = of_network
        return True

    def release(self, network: str, byte_count: int) -> None:
        """Note that so many bytes are released."""
        self._held -= byte_count
        self._held_by[network] -= byte_count
        if not self._held_by[network]:
            del self._held_by[network]


class NetworkShare:
    """Owns the count of one connection's bytes.

    Args:
        room: the worker's counts.
        network: of the peer; empty for a trusted proxy.
    """

    __slots__ = ("_counted", "_held", "_memory", "_network", "_owner")

    def __init__(self, memory: RequestMemory, network: str) -> None:
        self._memory = memory
        self._network = self._owner = network
        self._held = self._counted = 0

    @property
    def owner(self) -> str:
        """The network of the current request; between two requests that of the peer."""
        return self._owner

    def add(self, byte_count: int) -> bool:
        """Count received bytes; False when there is no memory for them."""
        held = self._held + byte_count
        if held > FREE:
            more = held - FREE - self._counted
            if not self._memory.count(self._owner, more, held <= SMALL):
                return False
            self._counted += more
        self._held = held
        return True

    def keep(self, held: int) -> None:
        """The request is done; `held` bytes of the next one are here."""
        self._held = held
        if self._counted:
            counted = max(held - FREE, 0)
            self._memory.release(self._owner, self._counted - counted)
            self._counted = counted
        if self._owner is not self._network:
            self.belongs_to(self._network)

    def belongs_to(self, owner: str) -> bool:
        """Assign the request to this network; False when that has no memory for it."""
        counted, old = self._counted, self._owner
        self._owner = owner
        if owner == old or not counted:
            return True
        self._memory.release(old, counted)
        fits = self._memory.count(owner, counted, self._held <= SMALL)
        self._counted = counted if fits else 0
        return fits


def _fits(byte_count: int, limit: int, is_small: bool) -> bool:
    return byte_count <= (limit if is_small else limit - limit // 4)
