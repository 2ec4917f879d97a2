"""How many bytes of requests a worker holds that are not answered yet, in all and per network."""

from __future__ import annotations

FREE = 8192
"""Bytes of each connection that are not counted, so that a usual request always has room. The caps
of connections limit them.
"""

SMALL = 65_536
"""Bytes. A request that is larger must leave a quarter of the room to smaller ones."""

_SHARES = 16


class RequestMemory:
    """Owns the counts of one worker.

    Args:
        limit: bytes of all connections; one network may have a sixteenth.
        largest: bytes of the largest request; a network may have two of them, however small its
            share is.
    """

    def __init__(self, limit: int, largest: int) -> None:
        self._limit = limit
        self._share = max(limit // _SHARES, 2 * largest)
        self._held = 0
        self._held_by: dict[str, int] = {}

    def take(self, network: str, count: int, is_small: bool) -> bool:
        """Count these bytes, unless it has no room for them; whether it had.

        Args:
            network: whose bytes they are (`core.addresses`); empty for a peer that speaks for many.
            count: how many.
            is_small: whether they belong to a request of at most SMALL bytes.
        """
        mine = self._held_by.get(network, 0) + count
        fits = _fits(self._held + count, self._limit, is_small)
        if not fits or (network and not _fits(mine, self._share, is_small)):
            return False
        self._held += count
        self._held_by[network] = mine
        return True

    def give_back(self, network: str, count: int) -> None:
        """These bytes are gone."""
        self._held -= count
        self._held_by[network] -= count
        if not self._held_by[network]:
            del self._held_by[network]


class NetworkShare:
    """Owns how many bytes one connection holds.

    Args:
        network: of the peer; empty for one that speaks for many.
    """

    __slots__ = ("_counted", "_held", "_network", "_owner", "_room")

    def __init__(self, room: RequestMemory, network: str) -> None:
        self._room = room
        self._network = self._owner = network
        self._held = self._counted = 0

    @property
    def owner(self) -> str:
        """Whose request it is; the peer's own network between two requests."""
        return self._owner

    def add(self, count: int) -> bool:
        """More bytes came; False when there is no room for them."""
        held = self._held + count
        if held > FREE:
            more = held - FREE - self._counted
            if not self._room.take(self._owner, more, held <= SMALL):
                return False
            self._counted += more
        self._held = held
        return True

    def keep(self, held: int) -> None:
        """The request is over; so many bytes of the next one are here."""
        self._held = held
        if self._counted:
            counted = max(held - FREE, 0)
            self._room.give_back(self._owner, self._counted - counted)
            self._counted = counted
        if self._owner is not self._network:
            self.belongs_to(self._network)

    def belongs_to(self, owner: str) -> bool:
        """The request is one of this network; False when that has no room for it."""
        counted, old = self._counted, self._owner
        self._owner = owner
        if owner == old or not counted:
            return True
        self._room.give_back(old, counted)
        fits = self._room.take(owner, counted, self._held <= SMALL)
        self._counted = counted if fits else 0
        return fits


def _fits(count: int, limit: int, is_small: bool) -> bool:
    return count <= (limit if is_small else limit - limit // 4)
