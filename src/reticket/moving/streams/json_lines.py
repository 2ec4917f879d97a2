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

_NOT_JSON = Unreadable("the row is not JSON")


def lines(path: Path, meter: Meter | None = None) -> Iterator[tuple[str, Any]]:
    """The value of each line with its place, such as `line 7`; Unreadable for one that has none.

    Empty lines are left out. SourceError if the file cannot be read.
    """
    with opened(path, meter) as file:
        read = Lines(file)
        while (line := _next(read)) is not None:
            if isinstance(line, Unreadable) or line.strip():
                value = line if isinstance(line, Unreadable) else _value(line)
                yield f"line {read.number}", value


def _next(read: Lines) -> bytes | Unreadable | None:
    try:
        return next(read, None)
    except TooLong as error:
        return Unreadable(str(error))


def _value(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _NOT_JSON
