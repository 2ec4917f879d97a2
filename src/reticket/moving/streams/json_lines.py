"""Files with a value of JSON in each line (NDJSON). A broken line does not stop the others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from reticket.moving.streams.files import opened
from reticket.moving.streams.source import Unreadable

LONGEST = 1 << 20
"""Bytes of a line."""

_NOT_JSON = Unreadable("is not JSON")
_TOO_LONG = Unreadable("is longer than 1 MiB")


def lines(path: Path) -> Iterator[tuple[str, Any]]:
    """The value of each line with its place, such as `line 7`; Unreadable for one that has none.

    Blank lines are left out. SourceError if the file cannot be read.
    """
    with opened(path) as file:
        for number in count(1):
            line = file.readline(LONGEST + 1)
            if not line:
                return
            if len(line) > LONGEST:
                _skip_line(file)
                yield f"line {number}", _TOO_LONG
            elif line.strip():
                yield f"line {number}", _value(line)


def _value(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _NOT_JSON


def _skip_line(file: BinaryIO) -> None:
    while (piece := file.readline(LONGEST)) and not piece.endswith(b"\n"):
        continue
