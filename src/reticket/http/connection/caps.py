"""How many connections may be open, in all and per address, whichever worker has them.

The counts are in memory that all workers share; each writes its own alone. A table of counts by
hash is as long as ever, however many addresses there are. Each address is counted in two places
and the smaller count holds, so few others are ever counted with it.
"""

from __future__ import annotations

import mmap
from collections import deque
from collections.abc import Callable
from hashlib import blake2b

from reticket.core.addresses import network_of

WIDTH = 8192
"""Places in each of two tables."""

SPARED = 64
"""Addresses that a worker spares; the oldest is counted again when there are more."""

_ROW = 1 + 2 * WIDTH + WIDTH
"""Of a worker: all, the two tables, and marks of addresses that are spared."""


class Full(Exception):
    """Nobody more is let in; the reason is `total` or `address`."""


class Caps:
    """Owns the shared counts. Make it before the workers are.

    Args:
        total: connections of all workers.
        per_address: connections of one network (`core.addresses`).
        key: hides from clients which addresses share a place.
    """

    def __init__(self, workers: int, total: int, per_address: int, key: bytes) -> None:
        self._cells = memoryview(mmap.mmap(-1, 4 * workers * _ROW)).cast("I")
        self._starts = [number * _ROW for number in range(workers)]
        self._total = total
        self._per_address = per_address
        self._key = key

    def seat(self, number: int, changed: Callable[[int], None]) -> Seat:
        """The counts of a worker, from zero on: connections of one that died are gone.

        Args:
            number: of the worker, from 0 on.
            changed: hears how many connections it has.
        """
        start = self._starts[number]
        for cell in range(start, start + _ROW):
            self._cells[cell] = 0
        return Seat(self, self._cells[start : start + _ROW], changed)

    def is_full(self) -> bool:
        """Whether there are more than may be."""
        return self._sum(0) > self._total

    def has_too_many(self, places: tuple[int, int]) -> bool:
        """Whether an address has more than it may."""
        return all(self._sum(place) > self._per_address for place in places)

    def is_spared(self, mark: int) -> bool:
        """Whether any worker has marked an address."""
        return self._sum(mark) > 0

    def places(self, address: str) -> tuple[int, int, int]:
        """Where an address is counted, and where it is marked."""
        digest = blake2b(network_of(address).encode(), key=self._key, digest_size=8).digest()
        first = int.from_bytes(digest[:4], "little") % WIDTH
        second = int.from_bytes(digest[4:], "little") % WIDTH
        return 1 + first, 1 + WIDTH + second, 1 + 2 * WIDTH + first

    def _sum(self, cell: int) -> int:
        return sum(self._cells[start + cell] for start in self._starts)


class Seat:
    """Owns the counts of one worker."""

    def __init__(self, caps: Caps, cells: memoryview[int], changed: Callable[[int], None]) -> None:
        self._caps = caps
        self._cells = cells
        self._changed = changed
        self._spared: deque[int] = deque()
        changed(0)

    @property
    def taken(self) -> int:
        """Connections of this worker."""
        return self._cells[0]

    def take(self, address: str) -> Callable[[], None]:
        """Count a connection of this address. Returns the function that gives it back. Raises Full
        beyond the limit. It is counted first and compared then, so two workers never both have the
        last place.
        """
        first, second, mark = self._caps.places(address)
        if self._caps.is_spared(mark):
            return self.take_trusted()
        give_back = self._took((first, second))
        if self._caps.has_too_many((first, second)):
            give_back()
            raise Full("address")
        return self._unless_full(give_back)

    def take_trusted(self) -> Callable[[], None]:
        """The same for a peer that speaks for many."""
        return self._unless_full(self._took(()))

    def spare(self, address: str) -> None:
        """From now on it is not counted by its address, at any worker."""
        mark = self._caps.places(address)[2]
        if self._cells[mark]:
            return
        if len(self._spared) == SPARED:
            self._cells[self._spared.popleft()] = 0
        self._cells[mark] = 1
        self._spared.append(mark)

    def _unless_full(self, give_back: Callable[[], None]) -> Callable[[], None]:
        if self._caps.is_full():
            give_back()
            raise Full("total")
        return give_back

    def _took(self, places: tuple[int, ...]) -> Callable[[], None]:
        held = [0, *places]
        self._add(held, 1)

        def give_back() -> None:
            self._add(held, -1)
            held.clear()

        return give_back

    def _add(self, cells: list[int], step: int) -> None:
        for cell in cells:
            self._cells[cell] += step
        self._changed(self._cells[0])
