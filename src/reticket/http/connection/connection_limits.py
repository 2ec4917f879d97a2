"""Limits on open connections, in total and for each address, across all workers.

The counts are in memory that all workers share; each worker writes only its own. A table of counts
by hash has a fixed size, however many addresses there are. Each address is counted in two cells and
the smaller count is valid, so two addresses are rarely counted together.
"""

from __future__ import annotations

import mmap
from collections import deque
from collections.abc import Callable, Sequence
from hashlib import blake2b

from reticket.core.addresses import network_of

CELLS = 8192
"""Cells in each of two tables."""

MOST_EXEMPT = 64
"""Exempt addresses of a worker; beyond that, the oldest exemption ends."""

CLIENTS_PER_EXEMPT = 64
"""An exempt address counts as this many clients that share its connections. Without that limit, a
client that pretends to be a proxy could use every connection and never be evicted.
"""

_ROW = 1 + 2 * CELLS + CELLS
"""Cells of a worker: the total, two tables, and the marks of exempt addresses."""


class LimitReached(Exception):
    """The connection is refused; the reason is `total` or `address`."""


class ConnectionLimits:
    """Owns the shared counts. Create it before the workers start.

    Args:
        workers: how many there are.
        total: connections of all workers.
        per_address: connections of one network (`core.addresses`).
        key: hides from clients which addresses share a cell.
        reserved: how many of `total` only trusted proxies may use.
    """

    def __init__(
        self, workers: int, total: int, per_address: int, key: bytes, reserved: int = 0
    ) -> None:
        self._cells = memoryview(mmap.mmap(-1, 4 * workers * _ROW)).cast("I")
        self._starts = [number * _ROW for number in range(workers)]
        self._total = total
        self._for_untrusted = total - reserved
        self._per_address = per_address
        self._key = key

    def for_worker(self, number: int, changed: Callable[[int], None]) -> WorkerCounts:
        """The counts of a worker, reset to zero: the connections of a dead worker are gone.

        Args:
            number: of the worker, from 0 on.
            changed: called with the worker's number of connections.
        """
        start = self._starts[number]
        for cell in range(start, start + _ROW):
            self._cells[cell] = 0
        return WorkerCounts(self, self._cells[start : start + _ROW], changed)

    def is_full(self, is_trusted: bool) -> bool:
        """Whether the total is exceeded, for a trusted proxy or for other clients."""
        return self._sum(0) > (self._total if is_trusted else self._for_untrusted)

    def has_too_many(self, cells: Sequence[int]) -> bool:
        """Whether an address has more connections than allowed."""
        return self.held(cells) > self._per_address

    def held(self, cells: Sequence[int]) -> int:
        """Connections of the address with these cells, at all workers; 0 without cells. For an
        exempt address, the share of each client behind it.
        """
        count = min(map(self._sum, cells), default=0)
        return (
            -(-count // CLIENTS_PER_EXEMPT) if count and self.is_exempt(_mark(cells[0])) else count
        )

    def is_exempt(self, mark: int) -> bool:
        """Whether any worker has exempted an address."""
        return self._sum(mark) > 0

    def cells_of(self, address: str) -> tuple[int, int, int]:
        """The two cells where an address is counted, and the one that marks it as exempt."""
        digest = blake2b(network_of(address).encode(), key=self._key, digest_size=8).digest()
        first = int.from_bytes(digest[:4], "little") % CELLS
        second = int.from_bytes(digest[4:], "little") % CELLS
        return 1 + first, 1 + CELLS + second, _mark(1 + first)

    def _sum(self, cell: int) -> int:
        return sum(self._cells[start + cell] for start in self._starts)


def _mark(first: int) -> int:
    """The cell that marks an address as exempt, from its cell in the first table."""
    return first + 2 * CELLS


class CountedConnection:
    """Owns the count of one connection. Calling it releases the count, once."""

    __slots__ = ("_cells", "_counts")

    def __init__(self, counts: WorkerCounts, cells: Sequence[int]) -> None:
        self._counts = counts
        self._cells = [0, *cells]
        counts.add(self._cells, 1)

    def __call__(self) -> None:
        self._counts.add(self._cells, -1)
        self._cells.clear()

    @property
    def held(self) -> int:
        """Connections of the same network at all workers, as `ConnectionLimits.held`."""
        return self._counts.held_at(self._cells[1:])


class WorkerCounts:
    """Owns the counts of one worker."""

    def __init__(
        self, limits: ConnectionLimits, cells: memoryview[int], changed: Callable[[int], None]
    ) -> None:
        self._limits = limits
        self._cells = cells
        self._changed = changed
        self._exempt: deque[int] = deque()
        changed(0)

    @property
    def total(self) -> int:
        """Connections of this worker."""
        return self._cells[0]

    def count(self, address: str) -> CountedConnection:
        """Count a connection of this address. It is counted before it is compared, so that two
        workers never both admit the last one.

        Raises:
            LimitReached: the address or the total is at its limit.
        """
        first, second, mark = self._limits.cells_of(address)
        connection = CountedConnection(self, (first, second))
        if self._limits.has_too_many((first, second)) and not self._limits.is_exempt(mark):
            connection()
            raise LimitReached("address")
        return self._unless_full(connection, is_trusted=False)

    def count_trusted(self) -> CountedConnection:
        """Count a connection of a trusted proxy. LimitReached."""
        return self._unless_full(CountedConnection(self, ()), is_trusted=True)

    def held(self, address: str) -> int:
        """Connections of this address at all workers, as `ConnectionLimits.held`."""
        first, second, _ = self._limits.cells_of(address)
        return self._limits.held((first, second))

    def held_at(self, cells: Sequence[int]) -> int:
        """Connections of the address with these cells, as `ConnectionLimits.held`."""
        return self._limits.held(cells)

    def exempt(self, address: str) -> None:
        """Exempt an address from the limit for each address, at every worker."""
        mark = self._limits.cells_of(address)[2]
        if self._cells[mark]:
            return
        if len(self._exempt) == MOST_EXEMPT:
            self._cells[self._exempt.popleft()] = 0
        self._cells[mark] = 1
        self._exempt.append(mark)

    def add(self, cells: Sequence[int], step: int) -> None:
        """Add to these cells; the first is the total."""
        for cell in cells:
            self._cells[cell] += step
        self._changed(self._cells[0])

    def _unless_full(self, connection: CountedConnection, *, is_trusted: bool) -> CountedConnection:
        if self._limits.is_full(is_trusted):
            connection()
            raise LimitReached("total")
        return connection
