"""The bytes of responses: heads for the application's, and plain responses to refused requests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
RETRY_AFTER = (b"retry-after", b"5")
WITHOUT_BODY = frozenset({204, 304})
"""They have no body and no Content-Length (RFC 9110 §15.3.5, §15.4.5)."""

_FORBIDDEN = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}

Pairs = Iterable[tuple[bytes, bytes]]


def status_line(status: int) -> bytes:
    """The first line of a response."""
    return _LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


def head(status: int, headers: Pairs) -> bytes:
    """The head of a response. ValueError for a header that contains a line end."""
    lines = [b"%b: %b" % each for each in headers]
    if _FORBIDDEN.search(b"".join(lines)):
        raise ValueError("a header of an answer has a control character")
    return b"%b%b\r\n\r\n" % (status_line(status), b"\r\n".join(lines))


def refusal(status: int, correlation_id: str, defaults: Pairs) -> bytes:
    """A whole response with its status as text, which closes the connection; 503 has
    Retry-After.
    """
    text = HTTPStatus(status).phrase.lower().encode()
    headers = [
        *defaults,
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(text)),
        (b"x-correlation-id", correlation_id.encode()),
        (b"connection", b"close"),
        *([RETRY_AFTER] if status == HTTPStatus.SERVICE_UNAVAILABLE else ()),
    ]
    return head(status, headers) + text


def without_body(response: bytes) -> bytes:
    """A response without its body, as the answer to HEAD (RFC 9110 §9.3.2)."""
    return response[: response.index(b"\r\n\r\n") + 4]
