"""Bytes of a connection to requests, however the network cut them. Pure: no socket, no clock."""

from __future__ import annotations

from reticket.http.connection.body import Body, Chunked, Counted
from reticket.http.connection.head import BARE, CHUNKED, Head, check_beginning, parse
from reticket.http.connection.limits import Limits
from reticket.http.connection.refused import Refused

_END = b"\r\n\r\n"
_CR = ord("\r")


class Reader:
    """Owns the bytes that are not understood yet, and how far they were searched: each byte is
    looked at once, in however many pieces it comes.

    After `Refused` or `drop` it must not be used again.
    """

    __slots__ = ("_begun", "_body", "_buffer", "_limits", "_line_end", "_looked")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._body: Body = Counted(0)
        self._begun = False
        self._looked = 0
        self._line_end = -1

    @property
    def pending(self) -> int:
        """Bytes that nobody has taken."""
        return len(self._buffer)

    @property
    def ended(self) -> bool:
        """Whether the body of the last head was taken whole."""
        return self._body.ended

    def feed(self, data: bytes) -> None:
        """What came next."""
        self._buffer += data

    def drop(self) -> None:
        """Nobody will read what came; use it no more."""
        self._buffer.clear()

    def head(self) -> Head | None:
        """The next head, once it is whole; call after the body before it has ended."""
        buffer = self._buffer
        if not buffer or (buffer[0] == _CR and not self._has_begun()):
            return None
        end = buffer.find(_END, max(self._looked - 3, 0))
        if end < 0:
            self._check_what_there_is()
            return None
        end += len(_END)
        head = parse(bytes(buffer[:end]), self._limits)
        del buffer[:end]
        self._begun, self._looked, self._line_end = False, 0, -1
        self._body = Chunked(self._limits) if head.length == CHUNKED else Counted(head.length)
        return head

    def piece(self) -> bytes:
        """The next bytes of the body; none when more has to come or it has ended."""
        return self._body.take(self._buffer)

    def _has_begun(self) -> bool:
        """Whether a byte of the head is there; one empty line before it goes (RFC 9112 §2.2)."""
        if not self._begun:
            beginning = bytes(self._buffer[:2])
            if beginning == b"\r\n":
                del self._buffer[:2]
            self._begun = beginning != b"\r"
        return self._begun and bool(self._buffer)

    def _check_what_there_is(self) -> None:
        buffer, limits = self._buffer, self._limits
        if BARE.search(buffer, max(self._looked - 1, 0)):
            raise Refused(400, "line_end")
        if self._line_end < 0:
            self._line_end = buffer.find(b"\r\n", max(self._looked - 1, 0))
            longest = len(buffer) - 1 if self._line_end < 0 else self._line_end
            if longest > limits.line:
                raise Refused(414, "request_line_too_long")
            check_beginning(buffer, self._line_end)
        if (
            self._line_end >= 0
            and len(buffer) - self._line_end - len(b"\r\n" + b"\r\n\r") > limits.headers
        ):
            raise Refused(431, "headers_too_long")
        self._looked = len(buffer)
