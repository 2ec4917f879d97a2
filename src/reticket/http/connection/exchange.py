"""One request and its answer, as an ASGI application sees them."""

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
"""Bytes of a body that wait for the application before the client must wait."""

Message = MutableMapping[str, Any]


class Line(Protocol):
    """The connection, for an exchange."""

    @property
    def defaults(self) -> Headers:
        """Headers of every answer."""
        ...

    @property
    def unread(self) -> bool:
        """Whether its client does not read."""
        ...

    @property
    def stays(self) -> bool:
        """Whether it can take another request after this one."""
        ...

    def write(self, data: bytes) -> None: ...

    async def writable(self) -> None:
        """Returns once the client reads, or is gone."""
        ...

    def read_on(self) -> None: ...

    def answered(self, closes: bool, refused: bool) -> None:
        """The answer is whole, and says whether the connection closes and whether it refuses."""
        ...

    def failed(self) -> None:
        """There will be no answer, or no end of it."""
        ...

    def left(self) -> None:
        """The application is done, and the client is gone."""
        ...


class Exchange:
    """Owns the body as far as it came and the application did not take it, and how far the answer
    is. It tells the connection once the answer is whole.
    """

    __slots__ = (
        "_body", "_given", "_head", "_invited", "_line", "_refusals", "_response", "_waiting",
        "answered", "gone", "whole",
    )  # fmt: skip

    def __init__(self, head: Head, line: Line, refusals: Refusals) -> None:
        self._head = head
        self._line = line
        self._refusals = refusals
        self._body = bytearray()
        self._given = False
        self._invited = not head.expects
        self._response: Response | None = None
        self._waiting: asyncio.Future[None] | None = None
        self.answered = False
        self.gone = False
        self.whole = not head.length

    @property
    def begun(self) -> bool:
        """Whether something of the answer was written."""
        return self._response is not None and self._response.begun

    @property
    def full(self) -> bool:
        """Whether the client must wait until the application has taken what there is."""
        return len(self._body) >= WINDOW

    def feed(self, piece: bytes, whole: bool) -> None:
        """What came of the body, and whether that was its end."""
        self._body += piece
        self.whole = whole
        if self._waiting and (whole or self.full):
            self._wake()

    def leave(self) -> None:
        """The client is gone: the application hears of it, and its answer goes nowhere."""
        self.gone = True
        self._wake()

    async def run(self, shared: Shared, scope: Scope) -> None:
        """Let the application answer."""
        try:
            await shared.app(scope, self.receive, self.send)
        except Exception as error:
            shared.incidents.failed("application_failed", error)
        finally:
            if self.gone:
                self._line.left()
            elif not self.answered:
                self._line.failed()

    async def receive(self) -> Message:
        """The ASGI callable. A body comes in pieces of at least WINDOW bytes, the last excepted."""
        if not self._invited:
            self._invite()
        while not (self._has_more() or self.gone or self.answered):
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        if self.gone or self.answered:
            return {"type": "http.disconnect"}
        body = bytes(self._body)
        self._body.clear()
        self._given = self.whole
        if not self.whole:
            self._line.read_on()
        return {"type": "http.request", "body": body, "more_body": not self.whole}

    async def send(self, message: Message) -> None:
        """The ASGI callable."""
        if self._line.unread:
            await self._line.writable()
        if self._response and self._response.refuses and not self._response.begun:
            await self._refusals.before()
        if self.gone:
            return
        if self._response is None:
            self._response = Response(self._head, message)
            return
        if self.answered:
            raise RuntimeError("the answer was whole")
        stays = self._line.stays
        self._line.write(self._response.bytes_of(message, self._line.defaults, stays))
        if self._response.ended:
            self.answered = True
            self._line.answered(self._response.closes, self._response.refuses)

    def _invite(self) -> None:
        """Ask for the body, once, of a client that waits to be asked (RFC 9110 §10.1.1)."""
        if not (self.whole or self._body or self._response):
            self._line.write(CONTINUE)
        self._invited = True

    def _has_more(self) -> bool:
        return (self.whole and not self._given) or self.full

    def _wake(self) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)
