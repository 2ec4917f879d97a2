"""What the tests of all readers do: read a fixture, and read a file of many people."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from reticket.moving.readers import reader
from reticket.moving.streams import Meter

FIXTURES = Path(__file__).parent / "fixtures"


def rows_of(system: str, source: Path | str) -> dict[str, object]:
    """The rows by their places."""
    return dict(reader(system)(source, Meter()))


def peak_of(system: str, source: Path | str) -> tuple[int, int]:
    """How many rows a source has, and the most bytes of memory while they are read."""
    tracemalloc.start()
    try:
        count = sum(1 for _ in reader(system)(source, Meter()))
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def metered(system: str, source: Path | str) -> tuple[list[int], int | None]:
    """The positions after each row, and the size of the source."""
    meter = Meter()
    positions = [meter.position for _ in reader(system)(source, meter)]
    return [*positions, meter.position], meter.size
