"""A response as it is sent: ASGI messages to bytes.

The head and the first part of the body are one write, because each write wakes the reader.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from reticket.http.connection import answers
from reticket.http.connection.head import Head, Headers

_OURS = frozenset({b"connection", b"transfer-encoding"})
"""Headers that the connection writes itself (RFC 9110 §7.6.1)."""


class Response:
    """Owns the progress of a response.

    Args:
        request: the head that is answered.
        start: the message `http.response.start`. Beyond ASGI it may have `refuses`, for a refusal
            that the status does not show.
    """

    __slots__ = (
        "_bodiless", "_chunked", "_headers", "_is_http11", "_left", "_status", "begun", "closes",
        "ended", "refuses",
    )  # fmt: skip

    def __init__(self, request: Head, start: MutableMapping[str, Any]) -> None:
        if start["type"] != "http.response.start":
            raise RuntimeError(f"a response cannot begin with {start['type']}")
        self._status: int = start["status"]
        self._headers: Headers = list(start.get("headers", ()))
        self._is_http11 = request.version == "1.1"
        self._bodiless = request.method == "HEAD" or self._status in answers.WITHOUT_BODY
        self._chunked = False
        self._left: int | None = None
        self.begun = False
        self.ended = False
        self.closes = False
        self.refuses = self._status >= 400 or start.get("refuses", False)

    def bytes_of(
        self, message: MutableMapping[str, Any], defaults: Headers, keeps_open: bool
    ) -> bytes:
        """The bytes to write for a message.

        Args:
            message: `http.response.body`.
            defaults: headers of every response.
            keeps_open: whether the connection can take another request.
        """
        if message["type"] != "http.response.body":
            raise RuntimeError(f"a response cannot continue with {message['type']}")
        body: bytes = message.get("body", b"")
        more: bool = message.get("more_body", False)
        head = b"" if self.begun else self._head(defaults, keeps_open, None if more else len(body))
        written = head + self._framed(body, more)
        self.begun = True
        self.ended = not more
        return written

    def _head(self, defaults: Headers, keeps_open: bool, whole: int | None) -> bytes:
        """The head. `whole` is the length of the body when it is complete."""
        headers = [*defaults, *[each for each in self._headers if each[0] not in _OURS]]
        self._left = self._declared()
        if self._left is None and not self._bodiless:
            if whole is not None:
                self._left = whole
                headers.append((b"content-length", b"%d" % whole))
            elif self._is_http11:
                self._chunked = True
                headers.append((b"transfer-encoding", b"chunked"))
        ends_by_closing = self._left is None and not self._chunked and not self._bodiless
        self.closes = (
            ends_by_closing or not keeps_open or (b"connection", b"close") in self._headers
        )
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
                raise RuntimeError("the body of a response has not the length in its head")
        return body
