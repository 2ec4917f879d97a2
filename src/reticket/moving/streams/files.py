"""Opens files of other systems, and lists those of a folder."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from reticket.moving.streams.meter import Meter
from reticket.moving.streams.source import SourceError

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DIGITS = re.compile(r"(\d+)")


@contextmanager
def opened(path: Path, meter: Meter | None = None) -> Iterator[BinaryIO]:
    """The file, behind a byte order mark of UTF-8. SourceError: unreadable, or UTF-16.

    A meter follows the file. There is none for a look that is no progress.
    """
    try:
        with path.open("rb") as file:
            _skip_mark(file, path)
            with meter.reading(file) if meter else nullcontext():
                yield file
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror}.") from error


def _skip_mark(file: BinaryIO, path: Path) -> None:
    start = file.read(len(codecs.BOM_UTF8))
    if start.startswith(_UTF16):
        raise not_utf8(path)
    if start != codecs.BOM_UTF8:
        file.seek(0)


def not_utf8(path: Path) -> SourceError:
    """The error for a file of another encoding."""
    return SourceError(f"{path.name} is not UTF-8: save it as UTF-8, and try again.")


def files_of(source: Path, pattern: str) -> list[Path]:
    """The file itself, or the files of a folder that match the pattern; file 2 before file 10.

    SourceError when there is none.
    """
    if not source.is_dir():
        return [source]
    found = sorted((path for path in source.glob(pattern) if path.is_file()), key=_in_order)
    if not found:
        raise SourceError(f"{source.name} has no file {pattern}.")
    return found


def _in_order(path: Path) -> list[tuple[int, str]]:
    parts = _DIGITS.split(path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
