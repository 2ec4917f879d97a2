"""Files of JSON lines: the objects with their places, or a clear error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from reticket.core.errors import StartupError
from reticket.moving.streams.json_lines import decoded, raw_lines
from reticket.moving.streams.lines import Lines
from reticket.moving.streams.source import Unreadable


def objects(stream: BinaryIO, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line's place and object; empty lines are left out. StartupError."""
    for place, line in raw_lines(Lines(stream)):
        said = decoded(line)
        if isinstance(said, Unreadable):
            raise StartupError(f"{file}, {place}: {said.reason}")
        if not isinstance(said, dict):
            raise StartupError(f"{file}, {place}: the row is no JSON object")
        yield f"{file}, {place}", said
