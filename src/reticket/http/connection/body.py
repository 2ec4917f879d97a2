"""The body of a request (RFC 9112 §6 and §7), taken off a buffer piece by piece. Pure."""

from __future__ import annotations

import re
from typing import Protocol

from reticket.http.connection.head import BARE, FIELD
from reticket.http.connection.limits import CHUNK_LINE, MOST_SMALL, SMALL_CHUNK, Limits
from reticket.http.connection.refused import Refused

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*+;[\t\x20-\x7e\x80-\xff]*+)?")
_TRAILERS = re.compile(FIELD + rb"*+\r\n")


class Body(Protocol):
    """Owns how much of a body has not been received yet."""

    ended: bool

    def take(self, buffer: bytearray) -> bytes:
        """Take the next bytes of the body off the buffer; none when more has to come or it has
        ended.

        Raises:
            Refused: its form is broken.
        """
        ...


class FixedLength:
    """A body of known length."""

    __slots__ = ("_left", "ended")

    def __init__(self, length: int) -> None:
        self._left = length
        self.ended = not length

    def take(self, buffer: bytearray) -> bytes:
        """As `Body`."""
        piece = bytes(buffer[: self._left])
        del buffer[: self._left]
        self._left -= len(piece)
        self.ended = not self._left
        return piece


class Chunked:
    """A body in chunks; its trailers are checked and dropped."""

    __slots__ = (
        "_chunk_ended",
        "_in_trailers",
        "_left",
        "_limits",
        "_searched",
        "_small_chunks",
        "ended",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = 0
        self._chunk_ended = False
        self._in_trailers = False
        self._searched = self._small_chunks = 0
        self.ended = False

    def take(self, buffer: bytearray) -> bytes:
        """As `Body`."""
        if not self._left and not self._next_chunk(buffer):
            return b""
        piece = bytes(buffer[: self._left])
        del buffer[: self._left]
        self._left -= len(piece)
        self._chunk_ended = not self._left
        return piece

    def _next_chunk(self, buffer: bytearray) -> bool:
        """Whether a chunk begins here; its size line and the end of the last chunk are then taken
        off.
        """
        if self.ended or (self._chunk_ended and not self._close_chunk(buffer)):
            return False
        if not self._in_trailers:
            self._left = self._size(buffer)
        if self._in_trailers:
            self._take_trailers(buffer)
        return self._left > 0

    def _close_chunk(self, buffer: bytearray) -> bool:
        if not b"\r\n".startswith(buffer[:2]):
            raise Refused(400, "chunk")
        if len(buffer) < 2:
            return False
        del buffer[:2]
        self._chunk_ended = False
        return True

    def _size(self, buffer: bytearray) -> int:
        end = buffer.find(b"\r\n", 0, CHUNK_LINE + 2)
        if end < 0:
            if len(buffer) > CHUNK_LINE + 1 or b"\n" in buffer:
                raise Refused(400, "chunk")
            return 0
        found = _SIZE.fullmatch(buffer, 0, end)
        if found is None:
            raise Refused(400, "chunk")
        size = int(found[1], 16)
        del buffer[: end + 2]
        self._in_trailers = not size
        self._count_small(size)
        return size

    def _count_small(self, size: int) -> None:
        self._small_chunks += 0 < size < SMALL_CHUNK
        if self._small_chunks > MOST_SMALL:
            raise Refused(400, "small_chunks")

    def _take_trailers(self, buffer: bytearray) -> None:
        if buffer.startswith(b"\r\n"):
            end = 2
        else:
            end = buffer.find(b"\r\n\r\n", max(self._searched - 3, 0)) + 4
        if end > self._limits.headers or (end < 4 and len(buffer) > self._limits.headers):
            raise Refused(431, "trailers_too_long")
        if end == 3:
            if BARE.search(buffer, max(self._searched - 1, 0)):
                raise Refused(400, "trailer")
            self._searched = len(buffer)
        elif not _TRAILERS.fullmatch(buffer, 0, end):
            raise Refused(400, "trailer")
        else:
            del buffer[:end]
            self.ended = True
