"""The elements of a JSON array of any size. One element is in memory, and a piece of the file."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from reticket.moving.streams.files import not_utf8, opened
from reticket.moving.streams.meter import Meter
from reticket.moving.streams.source import SourceError

PIECE = 1 << 16
"""Bytes that are read at once."""
LONGEST = 1 << 26
"""Characters of one element, or of one member beside the array."""

_BLANKS = re.compile(r"[ \t\r\n]*")
_decoder = json.JSONDecoder()


def elements(path: Path, member: str = "", meter: Meter | None = None) -> Iterator[tuple[str, Any]]:
    """Each element with its place, such as `users[3]`. SourceError at the first fault.

    Args:
        path: a file with an array, or with several arrays one after another.
        member: the member of an object that has the array. Without it the array is the file.
        meter: follows the file, if there is one.
    """
    with opened(path, meter) as file:
        text = _Text(file, path)
        yield from _of_member(text, member) if member else _of_arrays(text)
        text.check(text.peek() == "", "has text after its end")


def _of_arrays(text: _Text) -> Iterator[tuple[str, Any]]:
    count = 0
    while text.skip("["):
        for value in _of_array(text):
            yield f"[{count}]", value
            count += 1


def _of_member(text: _Text, member: str) -> Iterator[tuple[str, Any]]:
    text.check(text.skip("{"), "is not an object in JSON")
    while not text.skip("}"):
        name = text.value()
        text.check(text.skip(":"), "is not JSON")
        if name == member and text.skip("["):
            for count, value in enumerate(_of_array(text, member)):
                yield f"{member}[{count}]", value
        else:
            text.value()
        text.check(text.skip(",") or text.peek() == "}", "is not JSON")


def _of_array(text: _Text, member: str = "") -> Iterator[Any]:
    count = 0
    while not text.skip("]"):
        text.place = f"{member}[{count}]"
        yield text.value()
        text.check(text.skip(",") or text.peek() == "]", "is not JSON")
        count += 1
    text.place = ""


class _Text:
    """The text of a file, of which the part from `_at` on is in memory.

    Args:
        place: where the reader is, for messages.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.place = ""
        self._file = file
        self._path = path
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._text = ""
        self._at = 0
        self._ended = False

    def check(self, holds: bool, words: str) -> None:
        """SourceError unless it holds."""
        if not holds:
            name = self._path.name
            raise SourceError(f"{name} {f'{self.place} '.lstrip()}{words}.")

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            blanks = _BLANKS.match(self._text, self._at)
            self._at = blanks.end() if blanks else self._at
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._read_on()

    def skip(self, character: str) -> bool:
        """Skip the character, if it is the next one."""
        found = self.peek() == character
        self._at += found
        return found

    def value(self) -> Any:
        """The next value of JSON."""
        self.check(self.peek() != "", "is cut off")
        while True:
            value, end = self._tried()
            if end < len(self._text) or (self._ended and end == len(self._text)):
                self._at = end
                return value
            self.check(not self._ended, "is not JSON, or is cut off")
            self.check(len(self._text) - self._at < LONGEST, "is not JSON, or is too long")
            self._read_on()

    def _tried(self) -> tuple[Any, int]:
        """The value and its end, which lies beyond the text if more of it is needed."""
        try:
            return _decoder.raw_decode(self._text, self._at)
        except RecursionError:
            raise SourceError(f"{self._path.name} {self.place} has too many levels.") from None
        except ValueError:
            return None, len(self._text) + 1

    def _read_on(self) -> None:
        """Read as much again as is in memory, so that a long value is not tried too often."""
        rest = self._text[self._at :]
        data = self._file.read(max(PIECE, len(rest)))
        self._ended = not data
        try:
            self._text, self._at = rest + self._decode(data, final=self._ended), 0
        except UnicodeDecodeError:
            raise not_utf8(self._path) from None
