"""A connection of a client: its bytes become requests, one at a time, in order."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop
from typing import cast

from reticket.core.addresses import network_of
from reticket.http.asgi import Scope
from reticket.http.connection import answers
from reticket.http.connection.address import address_of
from reticket.http.connection.buffers import keep_little
from reticket.http.connection.connection_limits import CountedConnection
from reticket.http.connection.ends import abort
from reticket.http.connection.head import Head, Headers
from reticket.http.connection.load import Refusals, RefusalsOfMany
from reticket.http.connection.phase_timer import Phase
from reticket.http.connection.reader import Reader
from reticket.http.connection.refused import Refused
from reticket.http.connection.request_cycle import RequestCycle
from reticket.http.connection.request_memory import NetworkShare
from reticket.http.connection.scope import scope_of
from reticket.http.connection.shared import Shared
from reticket.http.correlation import new_id
from reticket.http.forwarding import is_forwarded


class Connection(asyncio.Protocol):
    """Owns one connection: its bytes, its request in progress, its end."""

    __slots__ = (
        "_account", "_client", "_counted", "_cycle", "_ended", "_head", "_loop", "_may_be_unnamed",
        "_paused", "_peer", "_phase", "_reader", "_refusals", "_scheme", "_server", "_shared",
        "_stopping", "_transport", "_trusted", "_writable", "is_write_paused",
    )  # fmt: skip

    def __init__(self, shared: Shared, loop: AbstractEventLoop, counted: CountedConnection) -> None:
        self._shared = shared
        self._loop = loop
        self._counted = counted
        self._reader = Reader(shared.limits)
        self._refusals = Refusals(shared.load)
        self._cycle: RequestCycle | None = None
        self._head: Head | None = None
        self._phase: Phase | None = None
        self._paused = self.is_write_paused = self._ended = self._stopping = False
        self._writable: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        shared = self._shared
        self._transport = cast("asyncio.Transport", transport)
        self._client = address_of(transport.get_extra_info("peername"))
        self._peer = self._client[0] if self._client else ""
        self._trusted = shared.proxies.trusts(self._peer)
        self._account = NetworkShare(shared.memory, "" if self._trusted else network_of(self._peer))
        if self._trusted:
            self._refusals = RefusalsOfMany(shared.load, self._account)
        self._may_be_unnamed = shared.proxies.may_be_unnamed(self._peer)
        self._server = address_of(transport.get_extra_info("sockname"))
        self._scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        keep_little(self._transport)
        shared.state.connections.add(self)  # type: ignore[arg-type]
        self._enter(Phase.FRESH)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._counted()
        self._shared.state.connections.discard(self)
        self._enter(None)
        self.resume_writing()
        if self._cycle:
            self._cycle.leave()
        else:
            self._account.keep(0)

    def data_received(self, data: bytes) -> None:
        """Bytes were received."""
        if self._phase is Phase.LINGER or self._ended:
            return
        if not self._account.add(len(data)):
            self._overflow()
            return
        self._reader.feed(data)
        if self._phase is Phase.DRAIN:
            self._drain()
        elif self._cycle is None:
            self._next()
        elif self._cycle.whole:
            self._pause()
        else:
            self._take_body(self._cycle)

    def eof_received(self) -> bool:
        """The client sends no more. Returns whether it may still be answered."""
        self._ended = True
        if self._cycle is None:
            return False
        if not self._cycle.whole:
            self._cycle.leave()
            return False
        return self._scheme == "http"

    def pause_writing(self) -> None:
        """The client does not read."""
        self.is_write_paused = True
        self._shared.watch.enter(Phase.UNREAD, self)

    def resume_writing(self) -> None:
        """The client has read everything."""
        self.is_write_paused = False
        self._shared.watch.leave(Phase.UNREAD, self)
        if self._writable and not self._writable.done():
            self._writable.set_result(None)
        ending = self._phase in (Phase.DRAIN, Phase.LINGER) or self._transport.is_closing()
        if self._cycle is None and not ending:
            self._next()

    def shutdown(self) -> None:
        """Answer what was accepted, then close. A request that is incomplete was not accepted."""
        self._stopping = True
        if self._cycle is None:
            self._close()
        elif not self._cycle.whole:
            self._refuse(503, "stopping")

    def too_late(self, phase: Phase) -> None:
        """The client took too long."""
        if phase in (Phase.HEAD, Phase.BODY):
            self._refuse(408, f"{phase.name.lower()}_timeout")
        elif phase in (Phase.FRESH, Phase.IDLE):
            self._close()
        else:
            if phase is Phase.UNREAD:
                self._shared.incidents.ended("unread", self._peer)
            abort(self._transport, phase)

    @property
    def held(self) -> int:
        """Connections of its network."""
        return self._counted.held

    def evict(self, phase: Phase) -> None:
        """Close this connection, whose client is waited for, for another one."""
        self._shared.incidents.ended("gave_way", self._peer)
        self._enter(None)
        self._shared.watch.leave(Phase.UNREAD, self)
        self._counted()
        abort(self._transport, phase)

    @property
    def defaults(self) -> Headers:
        """Headers of every response."""
        return self._shared.state.default_headers

    @property
    def keeps_open(self) -> bool:
        """Whether another request may follow."""
        keep_alive = self._head is not None and self._head.keep_alive
        return keep_alive and self._reader.ended and not (self._stopping or self._ended)

    def write(self, data: bytes) -> None:
        """Send these bytes, unless the connection is gone."""
        if not self._transport.is_closing():
            self._transport.write(data)

    async def writable(self) -> None:
        """Returns once the client has read, or is gone."""
        while self.is_write_paused:
            self._writable = self._loop.create_future()
            await self._writable

    def read_on(self) -> None:
        """Continue to read from the client."""
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def answered(self, closes: bool, refused: bool) -> None:
        """The response is written. After refusals under load, the connection is read later."""
        self._account.keep(self._reader.pending)
        if closes:
            self._settle(closes)
        else:
            self._refusals.call_after(refused, self._settle)

    def _settle(self, closes: bool = False) -> None:
        """The request is done: drain its body, begin the next one, or close."""
        self._cycle = self._head = None
        if self._transport.is_closing():
            self._account.keep(0)
            return
        if not self._reader.ended:
            self._enter(Phase.DRAIN)
            self.read_on()
        elif not (closes or self._stopping):
            self._next()
        elif self._reader.pending:
            self._linger()
        else:
            self._close()

    def failed(self) -> None:
        """The application has failed."""
        self._refuse(500, "application")

    def client_gone(self) -> None:
        """The application has ended, and the client is gone; what it sent is freed."""
        self._account.keep(0)
        self._cycle = self._head = None

    def _next(self) -> None:
        """Begin the next request, if it is complete."""
        if self.is_write_paused:
            self._pause()
            return
        try:
            head = self._reader.head()
        except Refused as refused:
            self._refuse(refused.status, refused.reason)
            return
        if head:
            self._begin(head)
        elif self._ended:
            self._close()
        else:
            self._wait()

    def _wait(self) -> None:
        """Wait for the rest of a head, or for another request."""
        self.read_on()
        if not self._reader.pending:
            if self._phase is None:
                self._enter(Phase.IDLE)
        elif self._phase is not Phase.HEAD:
            self._enter(Phase.HEAD)

    def _begin(self, head: Head) -> None:
        self._head = head
        cycle = self._cycle = RequestCycle(head, self, self._refusals)
        scope = self._scope(head)
        if self._trusted and not self._account.belongs_to(network_of(scope["client"][0])):
            self._refuse(503, "no_room")
            return
        if not cycle.whole:
            self._take_body(cycle)
        else:
            self._enter(None)
        if not cycle.gone:
            task = self._loop.create_task(cycle.run(self._shared, scope))
            self._shared.state.tasks.add(task)
            task.add_done_callback(self._shared.state.tasks.discard)

    def _take_body(self, cycle: RequestCycle) -> None:
        reader = self._reader
        try:
            while (piece := reader.piece()) or reader.ended:
                cycle.feed(piece, reader.ended)
                if reader.ended:
                    self._enter(None)
                    return
        except Refused as refused:
            self._refuse(refused.status, refused.reason)
            return
        if self._phase is not Phase.BODY:
            self._enter(Phase.BODY)
        if cycle.full:
            self._pause()
        else:
            self.read_on()

    def _scope(self, head: Head) -> Scope:
        client, scheme = self._client, self._scheme
        if self._trusted:
            proxies = self._shared.proxies
            client = (proxies.client(self._peer, head.known), 0)
            scheme = proxies.scheme(head.known) or scheme
        elif self._may_be_unnamed and is_forwarded(head.headers):
            self._shared.forwarded_by_untrusted(self._peer)
        return scope_of(head, scheme, client, self._server, self._shared.lifespan)

    def _overflow(self) -> None:
        """No memory is left, so nothing more can be read. A complete request is still answered."""
        if self._cycle and self._cycle.whole:
            self._ended = True
            self._pause()
        else:
            self._refuse(503, "no_room")

    def _refuse(self, status: int, reason: str) -> None:
        """Answer in place of the application, and close."""
        cycle, self._cycle = self._cycle, None
        if cycle:
            cycle.leave()
            if cycle.begun:
                self._transport.abort()
                return
        correlation_id = new_id()
        self._shared.incidents.refused(status, reason, self._peer, correlation_id)
        response = answers.refusal(status, correlation_id, self.defaults)
        is_head = cycle is not None and self._head is not None and self._head.method == "HEAD"
        self.write(answers.without_body(response) if is_head else response)
        self._linger()

    def _linger(self) -> None:
        """Send the end of the stream, later under load, and wait for the client to close. Closing a
        socket with unread bytes would destroy the response (RFC 9112 §9.6).
        """
        if self._ended or self._transport.is_closing():
            self._close()
            return
        self._reader.drop()
        self._account.keep(0)
        self._enter(Phase.LINGER)
        self._pause()
        self._shared.load.after_refusal(self._write_eof)

    def _write_eof(self) -> None:
        self.read_on()
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()

    def _drain(self) -> None:
        """Drop a body that was answered before it was complete."""
        try:
            while self._reader.piece():
                pass
        except Refused:
            self._close()
            return
        self._account.keep(self._reader.pending)
        if self._reader.ended:
            self._close()

    def _close(self) -> None:
        self._enter(Phase.CLOSING)
        self._transport.close()

    def _pause(self) -> None:
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _enter(self, phase: Phase | None) -> None:
        if self._phase:
            self._shared.watch.leave(self._phase, self)
        self._phase = phase
        if phase:
            self._shared.watch.enter(phase, self)
