"""How many connections may be open, in all and per address, whichever worker has them.

The counts are in memory that all workers share; each writes its own alone. A table of counts by
hash is as long as ever, however many addresses there are. Each address is counted in two places
and the smaller count holds, so few others are ever counted with it.
"""

from __future__ import annotations

import mmap
from collections import deque
from collections.abc import Callable, Sequence
from hashlib import blake2b

from reticket.core.addresses import network_of

WIDTH = 8192
"""Places in each of two tables."""

SPARED = 64
"""Addresses that a worker spares; the oldest is limited again when there are more."""

SPEAKS_FOR = 64
"""A spared address counts as so many that share its connections: some clients behind a proxy, but
no more. Otherwise whoever says that it forwards could take every place and give none away.
"""

_ROW = 1 + 2 * WIDTH + WIDTH
"""Of a worker: all, the two tables, and marks of addresses that are spared."""


class LimitReached(Exception):
    """Nobody more is let in; the reason is `total` or `address`."""


class ConnectionLimits:
    """Owns the shared counts. Make it before the workers are.

    Args:
        total: connections of all workers.
        per_address: connections of one network (`core.addresses`).
        kept: how many of `total` are for peers that speak for many alone.
        key: hides from clients which addresses share a place.
    """

    def __init__(
        self, workers: int, total: int, per_address: int, key: bytes, kept: int = 0
    ) -> None:
        self._cells = memoryview(mmap.mmap(-1, 4 * workers * _ROW)).cast("I")
        self._starts = [number * _ROW for number in range(workers)]
        self._total = total
        self._for_all = total - kept
        self._per_address = per_address
        self._key = key

    def seat(self, number: int, changed: Callable[[int], None]) -> WorkerCounts:
        """The counts of a worker, from zero on: connections of one that died are gone.

        Args:
            number: of the worker, from 0 on.
            changed: hears how many connections it has.
        """
        start = self._starts[number]
        for cell in range(start, start + _ROW):
            self._cells[cell] = 0
        return WorkerCounts(self, self._cells[start : start + _ROW], changed)

    def is_full(self, is_trusted: bool) -> bool:
        """Whether there are more than may be, once such a peer has one more."""
        return self._sum(0) > (self._total if is_trusted else self._for_all)

    def has_too_many(self, places: Sequence[int]) -> bool:
        """Whether an address has more than it may."""
        return self.held(places) > self._per_address

    def held(self, places: Sequence[int]) -> int:
        """Connections of the address that is counted there; 0 for one that is counted nowhere. Of
        a spared one, as many as each that it speaks for.
        """
        count = min(map(self._sum, places), default=0)
        return -(-count // SPEAKS_FOR) if count and self.is_spared(_mark(places[0])) else count

    def is_spared(self, mark: int) -> bool:
        """Whether any worker has marked an address."""
        return self._sum(mark) > 0

    def places(self, address: str) -> tuple[int, int, int]:
        """Where an address is counted, and where it is marked."""
        digest = blake2b(network_of(address).encode(), key=self._key, digest_size=8).digest()
        first = int.from_bytes(digest[:4], "little") % WIDTH
        second = int.from_bytes(digest[4:], "little") % WIDTH
        return 1 + first, 1 + WIDTH + second, _mark(1 + first)

    def _sum(self, cell: int) -> int:
        return sum(self._cells[start + cell] for start in self._starts)


def _mark(first: int) -> int:
    """Where an address is marked that is counted there in the first table."""
    return first + 2 * WIDTH


class CountedConnection:
    """Owns that one connection is counted. To call it gives that back, once."""

    __slots__ = ("_cells", "_seat")

    def __init__(self, seat: WorkerCounts, cells: Sequence[int]) -> None:
        self._seat = seat
        self._cells = [0, *cells]
        seat.add(self._cells, 1)

    def __call__(self) -> None:
        self._seat.add(self._cells, -1)
        self._cells.clear()

    @property
    def held(self) -> int:
        """Connections of the same network at all workers, as `ConnectionLimits.held`."""
        return self._seat.held_at(self._cells[1:])


class WorkerCounts:
    """Owns the counts of one worker."""

    def __init__(
        self, caps: ConnectionLimits, cells: memoryview[int], changed: Callable[[int], None]
    ) -> None:
        self._caps = caps
        self._cells = cells
        self._changed = changed
        self._spared: deque[int] = deque()
        changed(0)

    @property
    def taken(self) -> int:
        """Connections of this worker."""
        return self._cells[0]

    def take(self, address: str) -> CountedConnection:
        """Count a connection of this address. Raises Full beyond the limit. It is counted first
        and compared then, so two workers never both have the last place.
        """
        first, second, mark = self._caps.places(address)
        taken = CountedConnection(self, (first, second))
        if self._caps.has_too_many((first, second)) and not self._caps.is_spared(mark):
            taken()
            raise LimitReached("address")
        return self._unless_full(taken, is_trusted=False)

    def take_trusted(self) -> CountedConnection:
        """The same for a peer that speaks for many."""
        return self._unless_full(CountedConnection(self, ()), is_trusted=True)

    def held(self, address: str) -> int:
        """Connections of this address at all workers, as `ConnectionLimits.held`."""
        first, second, _ = self._caps.places(address)
        return self._caps.held((first, second))

    def held_at(self, places: Sequence[int]) -> int:
        """Connections of the address that is counted there, as `ConnectionLimits.held`."""
        return self._caps.held(places)

    def spare(self, address: str) -> None:
        """From now on it may have more connections than an address may, at any worker."""
        mark = self._caps.places(address)[2]
        if self._cells[mark]:
            return
        if len(self._spared) == SPARED:
            self._cells[self._spared.popleft()] = 0
        self._cells[mark] = 1
        self._spared.append(mark)

    def add(self, cells: Sequence[int], step: int) -> None:
        """Count at these places; the first is that of all connections."""
        for cell in cells:
            self._cells[cell] += step
        self._changed(self._cells[0])

    def _unless_full(self, taken: CountedConnection, *, is_trusted: bool) -> CountedConnection:
        if self._caps.is_full(is_trusted):
            taken()
            raise LimitReached("total")
        return taken
