"""How far a source of rows has been read, and how large it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


class Meter:
    """What a reader says of its source: bytes of files, or ids of a table.

    Attributes:
        size: where the source ends, or None where that is not known.
    """

    def __init__(self) -> None:
        self.size: int | None = None
        self._passed = 0
        self._file: BinaryIO | None = None

    @property
    def position(self) -> int:
        """How far it is, from 0 to the size."""
        return self._passed + (self._file.tell() if self._file is not None else 0)

    def expect(self, files: Sequence[Path]) -> None:
        """These files will be read. One that is absent has no size."""
        self.size = sum(file.stat().st_size for file in files if file.is_file())

    def reach(self, position: int) -> None:
        """A table is read up to there."""
        self._passed = position

    @contextmanager
    def reading(self, file: BinaryIO) -> Iterator[None]:
        """A file is read, until the end of the block."""
        self._file = file
        try:
            yield
        finally:
            self._passed, self._file = self.position, None
