"""The bytes of answers: heads for the application's, and the plain answers to what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
RETRY_AFTER = (b"retry-after", b"5")
WITHOUT_BODY = frozenset({204, 304})
"""They have no body and need not say its length (RFC 9110 §15.3.5, §15.4.5)."""

_FORBIDDEN = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}

Pairs = Iterable[tuple[bytes, bytes]]


def status_line(status: int) -> bytes:
    """The first line of an answer."""
    return _LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


def head(status: int, headers: Pairs) -> bytes:
    """The head of an answer. ValueError for a header that would begin another line."""
    lines = [b"%b: %b" % each for each in headers]
    if _FORBIDDEN.search(b"".join(lines)):
        raise ValueError("a header of an answer has a control character")
    return b"%b%b\r\n\r\n" % (status_line(status), b"\r\n".join(lines))


def refusal(status: int, correlation_id: str, defaults: Pairs) -> bytes:
    """A whole answer that says its status alone, and closes; a 503 says when to come again."""
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


def without_body(answer: bytes) -> bytes:
    """Its head alone, as HEAD is answered (RFC 9110 §9.3.2)."""
    return answer[: answer.index(b"\r\n\r\n") + 4]
