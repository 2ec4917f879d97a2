"""Answers in a stream of bytes, read as strictly as our own answers are written."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[^\r\n]*")
_NO_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def answers(stream: bytes, methods: tuple[str, ...] = ()) -> list[Answer]:
    """The answers in a stream; interim ones (1xx) are left out.

    Args:
        stream: what a connection said.
        methods: of the requests, where one of them is HEAD.

    Raises:
        ValueError: the stream is not a row of whole answers.
    """
    found: list[Answer] = []
    while stream:
        method = methods[len(found)] if len(found) < len(methods) else "GET"
        answer, stream = _first(stream, method)
        if answer.status >= 200:
            found.append(answer)
    return found


def whole_answers(stream: bytes) -> list[Answer]:
    """The answers that have come so far; none where the last is not whole yet."""
    try:
        return answers(stream)
    except ValueError:
        return []


def _first(stream: bytes, method: str) -> tuple[Answer, bytes]:
    head, end, rest = stream.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if not end or not status:
        raise ValueError(f"no answer: {stream[:80]!r}")
    code = int(status[1])
    headers = {}
    for line in lines:
        name, _, value = line.partition(b":")
        headers[name.decode().lower()] = value.strip().decode("latin-1")
    if code < 200 or code in _NO_BODY or method == "HEAD":
        return Answer(code, headers, b""), rest
    if headers.get("transfer-encoding") == "chunked":
        body, rest = _chunks(rest)
        return Answer(code, headers, body), rest
    length = int(headers["content-length"]) if "content-length" in headers else len(rest)
    if len(rest) < length:
        raise ValueError(f"half an answer: {stream[:80]!r}")
    return Answer(code, headers, rest[:length]), rest[length:]


def _chunks(rest: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return body, rest.removeprefix(b"\r\n")
        body, rest = body + rest[:length], rest[length + 2 :]
