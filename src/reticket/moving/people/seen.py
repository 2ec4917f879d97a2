"""Which people a file has named already, in 8 bytes each."""

from __future__ import annotations

from array import array

FIRST = 1 << 16
"""Places of a new table; a power of two."""
_MASK = (1 << 64) - 1


class Seen:
    """A set of hashes of 64 bits. Two keys have one hash in one of 30 million files of a million
    people. The directory is asked as well before a row is refused.
    """

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 * FIRST))
        self._many = 0

    def add(self, key: tuple[str, ...]) -> bool:
        """Put a key in. Returns whether it was there."""
        if self._many * 3 > len(self._table) * 2:
            self._grow()
        number = (hash(key) & _MASK) or 1
        place = self._place(self._table, number)
        if self._table[place]:
            return True
        self._table[place] = number
        self._many += 1
        return False

    def _grow(self) -> None:
        larger = array("Q", bytes(16 * len(self._table)))
        for number in filter(None, self._table):
            larger[self._place(larger, number)] = number
        self._table = larger

    @staticmethod
    def _place(table: array[int], number: int) -> int:
        """Where the number is, or would be."""
        mask = len(table) - 1
        place = number & mask
        while table[place] not in (0, number):
            place = (place + 1) & mask
        return place
