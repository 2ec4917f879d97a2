"""Accepts connections on a listening socket, up to the limits."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from reticket.core.addresses import normal_address
from reticket.http.connection.answers import refusal
from reticket.http.connection.connection_limits import CountedConnection, LimitReached, WorkerCounts
from reticket.http.connection.eviction import evict
from reticket.http.connection.opening import Opening
from reticket.http.connection.phase_timer import Phase, PhaseTimer
from reticket.http.correlation import new_id
from reticket.http.files import is_scarce, lowest_free
from reticket.http.incidents import Incidents
from reticket.http.proxies import Proxies

ACCEPTED_AT_ONCE = 4
"""Connections that are accepted before other work of the event loop gets its turn."""

PAUSE = 1.0
"""Seconds before the next try when the system cannot provide a connection."""


class Acceptor:
    """Owns a listening socket while connections are accepted on it.

    Args:
        loop: the event loop.
        open_connection: makes the protocol of a new connection, which returns its count at the end.
        watch: knows the waiting connections, one of which may be evicted.
        counts: of this worker's connections.
        proxies: the trusted ones.
        incidents: logs and counts refusals.
        tls: None for plain HTTP.
        handshake: seconds for TLS.
        listening: the socket; set to non-blocking.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        open_connection: Callable[[CountedConnection], asyncio.Protocol],
        watch: PhaseTimer,
        counts: WorkerCounts,
        proxies: Proxies,
        incidents: Incidents,
        tls: ssl.SSLContext | None,
        handshake: float,
        listening: socket.socket,
    ) -> None:
        self._loop = loop
        self._open_connection = open_connection
        self._watch = watch
        self._counts = counts
        self._proxies = proxies
        self._incidents = incidents
        self._tls = tls
        self._handshake = handshake if tls else None
        self._listening = listening
        self._other_files = lowest_free()
        self._opening: set[asyncio.Task[None]] = set()
        self._retry: asyncio.TimerHandle | None = None
        listening.setblocking(False)
        self._listen()

    def close(self) -> None:
        """Accept no more connections."""
        if self._retry:
            self._retry.cancel()
        self._loop.remove_reader(self._listening.fileno())

    async def wait_closed(self) -> None:
        """Wait until the connections that are being opened are open."""
        if self._opening:
            await asyncio.wait(self._opening)

    def _listen(self) -> None:
        self._retry = None
        self._loop.add_reader(self._listening.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                accepted, address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._pause(error)
                return
            self._admit(accepted, normal_address(address[0]))

    def _pause(self, error: OSError) -> None:
        """Pause accepting; waiting clients stay in the system's queue."""
        self._incidents.not_accepted(error)
        self._loop.remove_reader(self._listening.fileno())
        self._retry = self._loop.call_later(PAUSE, self._listen)

    def _admit(self, accepted: socket.socket, address: str) -> None:
        accepted.setblocking(False)
        try:
            counted = self._count(accepted, address)
        except LimitReached as full:
            self._incidents.ended(str(full), address)
            self._refuse(accepted)
            return
        opening = Opening(accepted, counted, self._incidents, address)
        self._watch.enter(Phase.OPENING, opening)  # at once: the next may evict it
        task = self._loop.create_task(self._open(accepted, counted, opening))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def _count(self, accepted: socket.socket, address: str) -> CountedConnection:
        """Count a new connection, if necessary by evicting another: few strangers must not shut
        others out.
        """
        if is_scarce(self._files_with(accepted)) and not self._evict(address):
            raise LimitReached("files")
        try:
            return self._counted(address)
        except LimitReached as full:
            if str(full) != "total" or not self._evict(address):
                raise
            return self._counted(address)

    def _files_with(self, accepted: socket.socket) -> int:
        """The number of open files, approximately. A low number of the new one proves little: it
        may be the number of a connection that was just evicted.
        """
        return max(accepted.fileno(), self._other_files + self._counts.total)

    def _evict(self, address: str) -> bool:
        is_trusted = self._proxies.trusts(address)
        return evict(self._watch, 0 if is_trusted else self._counts.held(address))

    def _counted(self, address: str) -> CountedConnection:
        if self._proxies.trusts(address):
            return self._counts.count_trusted()
        return self._counts.count(address)

    def _refuse(self, accepted: socket.socket) -> None:
        """Send 503 in plain HTTP. In TLS just close: the handshake costs more than the answer is
        worth.
        """
        with accepted, suppress(OSError):
            if self._tls is None:
                accepted.send(refusal(503, new_id(), ()))
                accepted.shutdown(socket.SHUT_WR)
                accepted.recv(65_536)  # closing with unread bytes would destroy the answer

    async def _open(
        self, accepted: socket.socket, counted: CountedConnection, opening: Opening
    ) -> None:
        try:
            await self._loop.connect_accepted_socket(
                lambda: self._open_connection(counted),
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=self._handshake,
            )
        except OSError:  # also of TLS: the client is gone, too slow or does not speak TLS
            opening.failed()
        finally:
            self._watch.leave(Phase.OPENING, opening)
