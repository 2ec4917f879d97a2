"""An answer as it goes out: ASGI messages to bytes, with the head and the first of the body in one
piece, since each write wakes the reader at the other end.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from reticket.http.connection import answers
from reticket.http.connection.head import Head, Headers

_OURS = frozenset({b"connection", b"transfer-encoding"})
"""Headers that the connection writes itself (RFC 9110 §7.6.1)."""


class Response:
    """Owns how far the answer to a request is.

    Args:
        start: the message `http.response.start`. Beside what ASGI says it may say `refuses`, where
            the status does not tell.
    """

    __slots__ = ("_bodiless", "_chunked", "_headers", "_left", "_modern", "_status", "begun",
                 "closes", "ended", "refuses")  # fmt: skip

    def __init__(self, request: Head, start: MutableMapping[str, Any]) -> None:
        if start["type"] != "http.response.start":
            raise RuntimeError(f"an answer cannot begin with {start['type']}")
        self._status: int = start["status"]
        self._headers: Headers = list(start.get("headers", ()))
        self._modern = request.version == "1.1"
        self._bodiless = request.method == "HEAD" or self._status in answers.WITHOUT_BODY
        self._chunked = False
        self._left: int | None = None
        self.begun = False
        self.ended = False
        self.closes = False
        self.refuses = self._status >= 400 or start.get("refuses", False)

    def bytes_of(self, message: MutableMapping[str, Any], defaults: Headers, stays: bool) -> bytes:
        """What to write for a message.

        Args:
            message: `http.response.body`.
            defaults: headers of every answer.
            stays: whether the connection can take another request.
        """
        if message["type"] != "http.response.body":
            raise RuntimeError(f"an answer cannot go on with {message['type']}")
        body: bytes = message.get("body", b"")
        more: bool = message.get("more_body", False)
        first = b"" if self.begun else self._first(defaults, stays, None if more else len(body))
        written = first + self._framed(body, more)
        self.begun = True
        self.ended = not more
        return written

    def _first(self, defaults: Headers, stays: bool, whole: int | None) -> bytes:
        """The head. `whole` are the bytes of the body when all of them are there."""
        headers = [*defaults, *[each for each in self._headers if each[0] not in _OURS]]
        self._left = self._declared()
        if self._left is None and not self._bodiless:
            if whole is not None:
                self._left = whole
                headers.append((b"content-length", b"%d" % whole))
            elif self._modern:
                self._chunked = True
                headers.append((b"transfer-encoding", b"chunked"))
        endless = self._left is None and not self._chunked and not self._bodiless
        self.closes = endless or not stays or (b"connection", b"close") in self._headers
        if self.closes:
            headers.append((b"connection", b"close"))
        return answers.head(self._status, headers)

    def _declared(self) -> int | None:
        for name, value in self._headers:
            if name == b"content-length":
                return int(value)
        return None

    def _framed(self, body: bytes, more: bool) -> bytes:
        if self._bodiless:
            return b""
        if self._chunked:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            return chunk if more else chunk + b"0\r\n\r\n"
        if self._left is not None:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("the body of an answer is not as long as its head says")
        return body
