"""BER with definite lengths (X.690), as LDAP uses it (RFC 4511 §5.1). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

BOOLEAN, INTEGER, OCTETS, ENUMERATED, SEQUENCE, SET = 0x01, 0x02, 0x04, 0x0A, 0x30, 0x31

MOST_LENGTH_BYTES = 4
"""Bytes that say a length. Other lengths are longer than any message."""


class Element(NamedTuple):
    """A tag and its content."""

    tag: int
    content: bytes

    def parts(self) -> Iterator[Element]:
        """The elements inside. ValueError."""
        return elements(self.content)

    def number(self) -> int:
        """The value of an INTEGER or ENUMERATED of at most four bytes. ValueError."""
        if not 1 <= len(self.content) <= MOST_LENGTH_BYTES:
            raise ValueError("no number")
        return int.from_bytes(self.content, signed=True)


def encoded(tag: int, content: bytes = b"") -> bytes:
    """An element."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def number(value: int, tag: int = INTEGER) -> bytes:
    """A number that is not negative."""
    return encoded(tag, value.to_bytes(value.bit_length() // 8 + 1))


def sequence(*parts: bytes, tag: int = SEQUENCE) -> bytes:
    """A sequence of elements."""
    return encoded(tag, b"".join(parts))


def size_of(data: bytes) -> int | None:
    """The size of the element at the start of the data; None while its length is incomplete.
    ValueError for a length without an end, or of too many bytes.
    """
    if len(data) < 2:
        return None
    short = data[1]
    if short < 0x80:
        return 2 + short
    count = short & 0x7F
    if not 1 <= count <= MOST_LENGTH_BYTES:
        raise ValueError("no definite length")
    if len(data) < 2 + count:
        return None
    return 2 + count + int.from_bytes(data[2 : 2 + count])


def elements(data: bytes) -> Iterator[Element]:
    """The elements of which the data consists. ValueError."""
    while data:
        size = size_of(data)
        if size is None or size > len(data) or data[0] & 0x1F == 0x1F:
            raise ValueError("no element")
        start = 2 + (data[1] & 0x7F if data[1] >= 0x80 else 0)
        yield Element(data[0], data[start:size])
        data = data[size:]
