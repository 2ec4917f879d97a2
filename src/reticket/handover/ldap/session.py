"""One LDAP session (RFC 4511): binds and searches, each a request and its answers.

It follows no referral, and reads no message that is long or is of another request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from reticket.core.fetching.stream import Stream
from reticket.handover.ldap.ber import (
    BOOLEAN,
    ENUMERATED,
    INTEGER,
    OCTETS,
    SEQUENCE,
    SET,
    Element,
    elements,
    encoded,
    number,
    sequence,
    size_of,
)

SUCCESS, SIZE_LIMIT, INVALID_CREDENTIALS = 0, 4, 49
"""Result codes (RFC 4511 Appendix A)."""

LONGEST_MESSAGE = 65_536
"""Bytes."""

_BIND, _BOUND, _UNBIND, _SEARCH, _ENTRY, _DONE, _REFERENCE = (
    0x60, 0x61, 0x42, 0x63, 0x64, 0x65, 0x73,
)  # fmt: skip
_SIMPLE = 0x80
_VERSION = 3
_SUBTREE, _NEVER = 2, 0
"""The scope of a search, and which aliases it follows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a search has found: its name, and values by the attribute in lower case."""

    name: bytes
    values: Mapping[str, Sequence[str]] = field(repr=False)


class Session:
    """Owns the number of the newest request, and what was received and not yet read."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._number = 0
        self._received = b""

    def bind(self, name: bytes, password: bytes) -> int:
        """The result code of a simple bind. Neither may be empty: a server takes that for no name,
        or no password, and lets anybody in (RFC 4513 §5.1).
        """
        if not name or not password:
            raise ValueError("an empty name or password")
        self._send(
            sequence(number(_VERSION), encoded(OCTETS, name), encoded(_SIMPLE, password), tag=_BIND)
        )
        return _code_of(self._answer(_BOUND))

    def search(
        self, base: str, condition: bytes, attributes: Sequence[str], most: int
    ) -> tuple[list[Entry], int]:
        """At most so many entries below a base, and the result code."""
        self._send(
            sequence(
                encoded(OCTETS, base.encode()),
                number(_SUBTREE, ENUMERATED),
                number(_NEVER, ENUMERATED),
                number(most),
                number(0),
                encoded(BOOLEAN, b"\0"),
                condition,
                sequence(*(encoded(OCTETS, each.encode()) for each in attributes)),
                tag=_SEARCH,
            )
        )
        return self._found(most)

    def unbind(self) -> None:
        """Say that the session is over."""
        self._send(encoded(_UNBIND))

    def _found(self, most: int) -> tuple[list[Entry], int]:
        entries: list[Entry] = []
        while len(entries) <= most:
            answer = self._answer(_ENTRY, _DONE, _REFERENCE)
            if answer.tag == _DONE:
                return entries, _code_of(answer)
            if answer.tag == _ENTRY:
                entries.append(_entry_of(answer))
        return entries, SIZE_LIMIT

    def _send(self, operation: bytes) -> None:
        self._number += 1
        self._stream.send(sequence(number(self._number), operation))

    def _answer(self, *tags: int) -> Element:
        """The next message, which must answer the newest request. ValueError."""
        (message,) = elements(self._message())
        found, operation, *_ = message.parts()
        is_ours = (message.tag, found.tag) == (SEQUENCE, INTEGER)
        if not is_ours or found.number() != self._number or operation.tag not in tags:
            raise ValueError("no answer to the request")
        return operation

    def _message(self) -> bytes:
        while (size := size_of(self._received)) is None or size > len(self._received):
            is_message = self._received[:1] in (b"", bytes([SEQUENCE]))
            if not is_message or (size or 0) > LONGEST_MESSAGE:
                raise ValueError("no message, or a long one")
            data = self._stream.receive()
            if not data:
                raise ValueError("no whole message")
            self._received += data
        message, self._received = self._received[:size], self._received[size:]
        return message


def _code_of(result: Element) -> int:
    code, *_ = result.parts()
    if code.tag != ENUMERATED:
        raise ValueError("no result")
    return code.number()


def _entry_of(answer: Element) -> Entry:
    name, attributes = answer.parts()
    return Entry(name.content, dict(_attributes(attributes)))


def _attributes(found: Element) -> Iterator[tuple[str, list[str]]]:
    for attribute in found.parts():
        kind, values = attribute.parts()
        if values.tag != SET:
            raise ValueError("no values")
        yield kind.content.decode("ascii").lower(), list(_texts(values))


def _texts(values: Element) -> Iterator[str]:
    """The values that are texts. A person may have set another, and that is no fault."""
    for value in values.parts():
        with suppress(UnicodeDecodeError):
            yield value.content.decode()
