"""One request and its response, as an ASGI application sees them."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any, Protocol

from reticket.http.asgi import Scope
from reticket.http.connection.answers import CONTINUE
from reticket.http.connection.head import Head, Headers
from reticket.http.connection.load import Refusals
from reticket.http.connection.response import Response
from reticket.http.connection.shared import Shared

WINDOW = 65_536
"""Bytes of a body that may wait for the application before the client must wait."""

MOST_DROPPED = 8 * 1024 * 1024
"""Bytes of a body that are received before a response that does not need them."""

Message = MutableMapping[str, Any]


class CycleConnection(Protocol):
    """A connection, as a request cycle sees it."""

    @property
    def defaults(self) -> Headers:
        """Headers of every response."""
        ...

    @property
    def is_write_paused(self) -> bool:
        """Whether its client does not read."""
        ...

    @property
    def keeps_open(self) -> bool:
        """Whether the connection can take another request after this one."""
        ...

    def write(self, data: bytes) -> None: ...

    async def writable(self) -> None:
        """Returns once the client reads, or is gone."""
        ...

    def read_on(self) -> None: ...

    def answered(self, closes: bool, refused: bool) -> None:
        """The response is complete; says whether the connection closes, and whether it was a
        refusal.
        """
        ...

    def failed(self) -> None:
        """The response will be missing or incomplete."""
        ...

    def client_gone(self) -> None:
        """The application has ended, and the client is gone."""
        ...


class RequestCycle:
    """Owns the part of the body that the application has not taken, and the progress of the
    response. It tells the connection once the response is complete.
    """

    __slots__ = (
        "_asked_for_body", "_body", "_connection", "_delivered", "_head", "_refusals", "_response",
        "_waiting", "answered", "gone", "whole",
    )  # fmt: skip

    def __init__(self, head: Head, connection: CycleConnection, refusals: Refusals) -> None:
        self._head = head
        self._connection = connection
        self._refusals = refusals
        self._body = bytearray()
        self._delivered = False
        self._asked_for_body = not head.expects
        self._response: Response | None = None
        self._waiting: asyncio.Future[None] | None = None
        self.answered = False
        self.gone = False
        self.whole = not head.length

    @property
    def begun(self) -> bool:
        """Whether a part of the response was written."""
        return self._response is not None and self._response.begun

    @property
    def full(self) -> bool:
        """Whether the client must wait until the application takes the body."""
        return len(self._body) >= WINDOW

    def feed(self, piece: bytes, whole: bool) -> None:
        """Add a piece of the body; `whole` says that it was the last."""
        self._body += piece
        self.whole = whole
        if self._waiting and (whole or self.full):
            self._wake()

    def leave(self) -> None:
        """The client is gone: the application is told, and its response is dropped."""
        self.gone = True
        self._wake()

    async def run(self, shared: Shared, scope: Scope) -> None:
        """Run the application."""
        try:
            await shared.app(scope, self.receive, self.send)
        except Exception as error:
            shared.incidents.failed("application_failed", error)
        finally:
            if self.gone:
                self._connection.client_gone()
            elif not self.answered:
                self._connection.failed()

    async def receive(self) -> Message:
        """The ASGI callable. A body comes in pieces of at least WINDOW bytes, except the last."""
        if not self._asked_for_body:
            self._ask_for_body()
        while not (self._can_deliver() or self.gone or self.answered):
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        if self.gone or self.answered:
            return {"type": "http.disconnect"}
        body = bytes(self._body)
        self._body.clear()
        self._delivered = self.whole
        if not self.whole:
            self._connection.read_on()
        return {"type": "http.request", "body": body, "more_body": not self.whole}

    async def send(self, message: Message) -> None:
        """The ASGI callable."""
        if self._connection.is_write_paused:
            await self._connection.writable()
        if self._response and self._response.refuses and not self._response.begun:
            await self._refusals.wait_before()
        if self.gone:
            return
        if self._response is None:
            self._response = Response(self._head, message)
            return
        if self.answered:
            raise RuntimeError("the response was complete")
        if not (self.whole or self._response.begun):
            await self._drop_rest()
            if self.gone:
                return
        keeps_open = self._connection.keeps_open
        self._connection.write(
            self._response.bytes_of(message, self._connection.defaults, keeps_open)
        )
        if self._response.ended:
            self.answered = True
            self._connection.answered(self._response.closes, self._response.refuses)

    async def _drop_rest(self) -> None:
        """Receive the rest of a body that the application has not taken. A proxy that still writes
        it may lose an early response, as Caddy does. A client that waits for 100 Continue is not
        asked for it.
        """
        left = MOST_DROPPED if self._head.length <= MOST_DROPPED and self._asked_for_body else 0
        while left > 0 and not (self.whole or self.gone):
            left -= len((await self.receive()).get("body", b""))

    def _ask_for_body(self) -> None:
        """Send 100 Continue, once, to a client that waits for it (RFC 9110 §10.1.1)."""
        if not (self.whole or self._body or self._response):
            self._connection.write(CONTINUE)
        self._asked_for_body = True

    def _can_deliver(self) -> bool:
        return (self.whole and not self._delivered) or self.full

    def _wake(self) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)
