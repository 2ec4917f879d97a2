"""Files of JSON lines: the objects with their places, or a clear error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from reticket.core.errors import StartupError

LONGEST_LINE = 1_048_576
"""Bytes of a line."""


def json_lines(lines: Iterable[bytes], file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line's place and object; empty lines are left out. StartupError."""
    for number, line in enumerate(lines, 1):
        place = f"{file}, line {number}"
        if line.strip():
            yield place, _object(line, place)


def _object(line: bytes, place: str) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise StartupError(f"{place}: longer than {LONGEST_LINE} bytes")
    try:
        said = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise StartupError(f"{place}: no JSON") from None
    if not isinstance(said, dict):
        raise StartupError(f"{place}: no JSON object")
    return said
