"""Records of CSV: one line, or several where a quoted cell has the end of a line.

Every record ends behind its last quote, also one that cannot be read. Otherwise the lines of a
cell, whose text a person has chosen in the old system, would count as rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reticket.moving.streams.lines import LONGEST, Lines, TooLong

_IN_QUOTES = rb'"[^"]*+(?:""[^"]*+)*+'
_OPEN = re.compile(rb'(?:(?:%b"[^,]*+|[^",][^,]*+|),)*+%b' % (_IN_QUOTES, _IN_QUOTES))
"""A line whose last cell begins with a quote that it does not close. A quote elsewhere in a cell
opens nothing, as for `csv`.
"""


class Records:
    """Iterates over the records as text. ValueError is raised for one that cannot be read; the next
    call goes on behind it.

    Args:
        lines: of the file.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._first = 0

    @property
    def place(self) -> str:
        """Of the newest record."""
        first, last = self._first, self._lines.number
        return f"line {first}" if last <= first else f"lines {first}-{last}"

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self._first = self._lines.number + 1
        record = _Record()
        while (line := self._line()) is not None:
            record.add(line)
            if not record.is_open:
                return record.text()
        if not record.has_begun:
            raise StopIteration
        return record.text()

    def _line(self) -> bytes | TooLong | None:
        """The next one; None at the end of the file."""
        try:
            return next(self._lines, None)
        except TooLong as error:
            return error


class _Record:
    """The lines of a record, as far as they are kept."""

    def __init__(self) -> None:
        self.has_begun = self.is_open = False
        self._lines: list[bytes] = []
        self._size = 0
        self._fault: TooLong | None = None

    def add(self, line: bytes | TooLong) -> None:
        """Take the next line."""
        self.has_begun = True
        if isinstance(line, TooLong):
            self.is_open ^= line.has_open_quote
            self._fault = line
        else:
            self.is_open = _is_open(line, self.is_open)
            self._keep(line)

    def _keep(self, line: bytes) -> None:
        self._size += len(line) + 1
        if self._size > LONGEST + 1:
            self._fault = self._fault or TooLong("row")
        if self._fault is None:
            self._lines.append(line)
        else:
            self._lines.clear()

    def text(self) -> str:
        """The whole record. ValueError."""
        if self._fault is not None:
            raise self._fault
        return b"\n".join(self._lines).decode() + "\n"


def _is_open(line: bytes, was_open: bool) -> bool:
    """Whether a quoted cell goes on behind the end of the line."""
    if b'"' not in line:
        return was_open
    return _OPEN.fullmatch(b'"' + line if was_open else line) is not None
