"""Reads an answer, and stops at the first part that is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import h11

from reticket.core.fetching.lifetime import lifetime_of
from reticket.core.fetching.model import Fetched, FetchFault, FetchRequest
from reticket.fetching.faults import Failed

LONGEST_BODY = 65_536
"""Bytes of a body."""

LONGEST_ANSWER = 3 * LONGEST_BODY
"""Bytes of an answer with its headers, the framing of its chunks, and what came before it."""

OK = range(200, 300)
REDIRECTS = range(300, 400)

Receive = Callable[[], bytes]


def read_answer(protocol: h11.Connection, receive: Receive, request: FetchRequest) -> Fetched:
    """The answer to a request that was sent.

    Raises:
        Failed: the answer is refused.
        h11.RemoteProtocolError: it is not HTTP, or its headers are too long.
    """
    events = Events(protocol, receive)
    head = events.head()
    headers = headers_by_name(head)
    _check_head(head.status_code, headers, request)
    body = events.body()
    content_type = _media_type(headers)
    wanted = tuple((name, headers[name]) for name in request.wanted if name in headers)
    return Fetched(head.status_code, content_type, body, lifetime_of(headers), wanted)


class Events:
    """Owns how many bytes were received."""

    def __init__(self, protocol: h11.Connection, receive: Receive) -> None:
        self._protocol = protocol
        self._receive = receive
        self._received = 0

    def head(self) -> h11.Response:
        """The head of the final response; interim ones are passed over (RFC 9110 §15.2)."""
        while not isinstance(event := self._next(), h11.Response):
            pass
        return event

    def body(self) -> bytes:
        """The whole body."""
        body = bytearray()
        while isinstance(event := self._next(), h11.Data):
            body += event.data
            if len(body) > LONGEST_BODY:
                raise Failed(FetchFault.TOO_LARGE)
        return bytes(body)

    def _next(self) -> h11.Event:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            data = self._receive()
            self._received += len(data)
            if self._received > LONGEST_ANSWER:
                raise Failed(FetchFault.TOO_LARGE)
            self._protocol.receive_data(data)
        if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
            raise Failed(FetchFault.BAD_HTTP)
        return cast(h11.Event, event)


def headers_by_name(head: h11.Response) -> Mapping[str, str]:
    """Headers by name in lower case; commas join repeated ones (RFC 9110 §5.3)."""
    found: dict[str, str] = {}
    for raw_name, raw_value in head.headers:
        name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _check_head(status: int, headers: Mapping[str, str], request: FetchRequest) -> None:
    if status in REDIRECTS:
        raise Failed(FetchFault.REDIRECTED, status)
    is_good = status in (OK if request.body is not None else (200,))
    if not is_good and status not in request.expected:
        raise Failed(FetchFault.BAD_STATUS, status)
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Failed(FetchFault.ENCODED, status)
    if int(headers.get("content-length", "0")) > LONGEST_BODY:
        raise Failed(FetchFault.TOO_LARGE, status)
    if request.accept and not _is_accepted(_media_type(headers), request.accept):
        raise Failed(FetchFault.BAD_TYPE, status)


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_accepted(media_type: str, accept: tuple[str, ...]) -> bool:
    return any(
        media_type.endswith(each) if each.startswith("+") else media_type == each for each in accept
    )
