"""The values of a file that has an array, several arrays, or a value in each line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reticket.moving.streams.files import opened
from reticket.moving.streams.json_array import elements
from reticket.moving.streams.json_lines import lines
from reticket.moving.streams.meter import Meter


def values(path: Path, meter: Meter | None = None) -> Iterator[tuple[str, Any]]:
    """Each value with its place, such as `[3]` or `line 7`. SourceError."""
    return elements(path, meter=meter) if _has_array(path) else lines(path, meter)


def _has_array(path: Path) -> bool:
    with opened(path) as file:
        for line in iter(lambda: file.readline(1 << 16), b""):
            if start := line.lstrip():
                return start.startswith(b"[")
    return False
