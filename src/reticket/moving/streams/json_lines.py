"""Files with a value of JSON on each line (NDJSON). A broken line does not stop the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from reticket.moving.streams.files import opened
from reticket.moving.streams.lines import Lines, TooLong
from reticket.moving.streams.meter import Meter
from reticket.moving.streams.source import Unreadable

NOT_JSON = Unreadable("the row is not JSON")


def lines(path: Path, meter: Meter | None = None) -> Iterator[tuple[str, Any]]:
    """The value of each line with its place, such as `line 7`; Unreadable for one that has none.

    Empty lines are left out. SourceError if the file cannot be read.
    """
    with opened(path, meter) as file:
        for place, line in raw_lines(Lines(file)):
            yield place, decoded(line)


def raw_lines(read: Lines) -> Iterator[tuple[str, bytes | Unreadable]]:
    """Each line as it is, with its place; Unreadable for one that is too long."""
    while (line := _next(read)) is not None:
        if isinstance(line, Unreadable) or line.strip():
            yield f"line {read.number}", line


def _next(read: Lines) -> bytes | Unreadable | None:
    try:
        return next(read, None)
    except TooLong as error:
        return Unreadable(str(error))


def decoded(line: bytes | Unreadable) -> Any:
    """The value of a line; Unreadable for one that has none."""
    if isinstance(line, Unreadable):
        return line
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NOT_JSON
