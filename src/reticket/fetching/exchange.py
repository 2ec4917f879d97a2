"""One request over a connection of its own, to an address that was checked."""

from __future__ import annotations

import h11

from reticket.core.fetching.model import Fetched, FetchRequest, FetchResult
from reticket.fetching.answer import read_answer
from reticket.fetching.connection import PIECE, receiver, send
from reticket.fetching.deadline import Deadline, Seconds
from reticket.fetching.faults import or_fault
from reticket.fetching.reach import Reach
from reticket.fetching.target import Target, target_of

TIMEOUT = 5.0
"""Seconds for everything: name, connection, TLS, request and answer."""


class SafeExchange:
    """Sends requests. Used by many threads.

    Args:
        reach: says which servers may be connected to.
        seconds: a monotonic clock.
        timeout: seconds for one request in all.
    """

    def __init__(self, reach: Reach, seconds: Seconds, timeout: float = TIMEOUT) -> None:
        self._reach = reach
        self._seconds = seconds
        self._timeout = timeout

    def __call__(self, request: FetchRequest) -> FetchResult:
        """The answer, or the fault."""
        deadline = Deadline(self._seconds() + self._timeout, self._seconds)
        return or_fault(lambda: self._answered(request, deadline))

    def _answered(self, request: FetchRequest, deadline: Deadline) -> Fetched:
        target = target_of(request.url)
        with self._reach.open(target, deadline) as secured:
            protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=PIECE)
            send(secured, _request_bytes(protocol, target, request), deadline)
            return read_answer(protocol, receiver(secured, deadline), request)


def _request_bytes(protocol: h11.Connection, target: Target, request: FetchRequest) -> bytes:
    headers = [
        ("Host", target.authority),
        ("User-Agent", "reticket"),
        ("Accept", ", ".join(name for name in request.accept if name[0] != "+") or "*/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
        *request.headers,
    ]
    body = request.body
    if body is not None:
        headers += [("Content-Type", request.body_type), ("Content-Length", str(len(body)))]
    method = "GET" if body is None else "POST"
    parts = [
        protocol.send(h11.Request(method=method, headers=headers, target=target.path)),
        protocol.send(h11.Data(data=body)) if body else b"",
        protocol.send(h11.EndOfMessage()),
    ]
    return b"".join(part for part in parts if part)
