"""A file that a command reads, or standard input in its place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from reticket.core.errors import StartupError

STANDARD_INPUT = "-"


@contextmanager
def opened_input(source: str | Path) -> Iterator[BinaryIO]:
    """The bytes of a file, or of standard input for `-`. StartupError."""
    if str(source) == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    file = Path(source)
    try:
        with file.open("rb") as stream:
            yield stream
    except OSError as error:
        raise StartupError(f"cannot read {file}: {error.strerror}.") from error
