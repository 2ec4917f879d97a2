"""Lines of a file in UTF-8, in bounded memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from reticket.core.errors import StartupError

LONGEST = 256 * 1024
"""Bytes of a line. The longest row of a person that can be stored takes a tenth of it."""

_QUOTE = b'"'

OTHER_ENCODINGS = {
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    codecs.BOM_UTF32_BE: "UTF-32",
}


class TooLong(ValueError):
    """A line, or a row of several lines, has more than `LONGEST` bytes.

    Args:
        noun: which of them.
        has_open_quote: whether it has an odd number of quotes.
    """

    def __init__(self, noun: str = "line", *, has_open_quote: bool = False) -> None:
        super().__init__(f"the {noun} has more than {LONGEST} bytes")
        self.has_open_quote = has_open_quote


class Lines:
    """Iterates over the lines, without their ends. TooLong is raised for such a line; the next call
    goes on behind it.

    Args:
        stream: is read to its end; not closed.

    Attributes:
        number: of the newest line, from 1.
        position: bytes that were read.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.number = 0
        self.position = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self._read()
        if not line:
            raise StopIteration
        self.number += 1
        if self.number == 1:
            line = _without_mark(line)
        if len(line) > LONGEST and not line.endswith(b"\n"):
            quotes = line.count(_QUOTE) + self._skip()
            raise TooLong(has_open_quote=quotes % 2 == 1)
        return line.rstrip(b"\r\n")

    def _read(self) -> bytes:
        line = self._stream.readline(LONGEST + 1)
        self.position += len(line)
        return line

    def _skip(self) -> int:
        """Read the rest of a line. Returns how many quotes it has."""
        quotes = 0
        while rest := self._read():
            quotes += rest.count(_QUOTE)
            if rest.endswith(b"\n"):
                break
        return quotes


def _without_mark(line: bytes) -> bytes:
    """The first line without the mark of UTF-8. StartupError for the mark of another encoding."""
    for mark, name in OTHER_ENCODINGS.items():
        if line.startswith(mark):
            raise StartupError(f"the file is in {name}: convert it to UTF-8.")
    return line.removeprefix(codecs.BOM_UTF8)
