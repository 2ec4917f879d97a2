"""Splits the bytes of a connection into requests, whatever pieces they come in. Pure."""

from __future__ import annotations

from reticket.http.connection.body import Body, Chunked, FixedLength
from reticket.http.connection.head import BARE, CHUNKED, Head, check_start, parse
from reticket.http.connection.limits import Limits
from reticket.http.connection.refused import Refused

_END = b"\r\n\r\n"
_CR = ord("\r")


class Reader:
    """Owns the bytes that are not parsed yet, and how far they were searched: each byte is searched
    once, in however many pieces it comes.

    After `Refused` or `drop` it must not be used again.
    """

    __slots__ = ("_begun", "_body", "_buffer", "_limits", "_line_end", "_searched")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._body: Body = FixedLength(0)
        self._begun = False
        self._searched = 0
        self._line_end = -1

    @property
    def pending(self) -> int:
        """Bytes that are not taken yet."""
        return len(self._buffer)

    @property
    def ended(self) -> bool:
        """Whether the body of the last head was taken completely."""
        return self._body.ended

    def feed(self, data: bytes) -> None:
        """Add received bytes."""
        self._buffer += data

    def drop(self) -> None:
        """Drop all bytes; use it no more."""
        self._buffer.clear()

    def head(self) -> Head | None:
        """The next head, once it is complete. Call it only after the body before it has ended."""
        buffer = self._buffer
        if not buffer or (buffer[0] == _CR and not self._has_begun()):
            return None
        end = buffer.find(_END, max(self._searched - 3, 0))
        if end < 0:
            self._check_incomplete()
            return None
        end += len(_END)
        head = parse(bytes(buffer[:end]), self._limits)
        del buffer[:end]
        self._begun, self._searched, self._line_end = False, 0, -1
        self._body = Chunked(self._limits) if head.length == CHUNKED else FixedLength(head.length)
        return head

    def piece(self) -> bytes:
        """The next bytes of the body; none when more has to come or it has ended."""
        return self._body.take(self._buffer)

    def _has_begun(self) -> bool:
        """Whether a byte of the head is there; one empty line before it is dropped (RFC
        9112 §2.2).
        """
        if not self._begun:
            start = bytes(self._buffer[:2])
            if start == b"\r\n":
                del self._buffer[:2]
            self._begun = start != b"\r"
        return self._begun and bool(self._buffer)

    def _check_incomplete(self) -> None:
        buffer, limits = self._buffer, self._limits
        if BARE.search(buffer, max(self._searched - 1, 0)):
            raise Refused(400, "line_end")
        if self._line_end < 0:
            self._line_end = buffer.find(b"\r\n", max(self._searched - 1, 0))
            longest = len(buffer) - 1 if self._line_end < 0 else self._line_end
            if longest > limits.line:
                raise Refused(414, "request_line_too_long")
            check_start(buffer, self._line_end)
        if (
            self._line_end >= 0
            and len(buffer) - self._line_end - len(b"\r\n" + b"\r\n\r") > limits.headers
        ):
            raise Refused(431, "headers_too_long")
        self._searched = len(buffer)
