"""Accepts connections on a listening socket, as many as may be open."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from reticket.core.addresses import normal_address
from reticket.http.connection.answers import refusal
from reticket.http.connection.connection_limits import CountedConnection, LimitReached, WorkerCounts
from reticket.http.connection.eviction import make_room
from reticket.http.connection.opening import Opening
from reticket.http.connection.phase_timer import Phase, PhaseTimer
from reticket.http.correlation import new_id
from reticket.http.files import is_scarce, lowest_free
from reticket.http.incidents import Incidents
from reticket.http.proxies import Proxies

AT_ONCE = 16
"""Connections that are accepted before others of the loop have their turn."""

PAUSE = 1.0
"""Seconds before the next try when the system has no connection for us."""


class Acceptor:
    """Owns a listening socket while connections are accepted on it.

    Args:
        open_connection: makes the protocol of a new connection, which gives back its place.
        watch: knows the connections that wait, one of which may have to give way.
        tls: None for plain HTTP.
        handshake: seconds for TLS.
        listening: set to non-blocking.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        open_connection: Callable[[CountedConnection], asyncio.Protocol],
        watch: PhaseTimer,
        seat: WorkerCounts,
        proxies: Proxies,
        incidents: Incidents,
        tls: ssl.SSLContext | None,
        handshake: float,
        listening: socket.socket,
    ) -> None:
        self._loop = loop
        self._open_connection = open_connection
        self._watch = watch
        self._seat = seat
        self._proxies = proxies
        self._incidents = incidents
        self._tls = tls
        self._handshake = handshake if tls else None
        self._listening = listening
        self._other_files = lowest_free()
        self._opening: set[asyncio.Task[None]] = set()
        self._later: asyncio.TimerHandle | None = None
        listening.setblocking(False)
        self._listen()

    def close(self) -> None:
        """Accept nobody any more."""
        if self._later:
            self._later.cancel()
        self._loop.remove_reader(self._listening.fileno())

    async def wait_closed(self) -> None:
        """Until those who are about to come in are in."""
        if self._opening:
            await asyncio.wait(self._opening)

    def _listen(self) -> None:
        self._later = None
        self._loop.add_reader(self._listening.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._wait(error)
                return
            self._let_in(accepted, normal_address(address[0]))

    def _wait(self, error: OSError) -> None:
        """Those who wait keep their place in the system's queue."""
        self._incidents.not_accepted(error)
        self._loop.remove_reader(self._listening.fileno())
        self._later = self._loop.call_later(PAUSE, self._listen)

    def _let_in(self, accepted: socket.socket, address: str) -> None:
        accepted.setblocking(False)
        try:
            taken = self._place(accepted, address)
        except LimitReached as full:
            self._incidents.ended(str(full), address)
            self._turn_away(accepted)
            return
        opening = Opening(accepted, taken, self._incidents, address)
        self._watch.enter(Phase.OPENING, opening)  # at once: the next one may need its place
        task = self._loop.create_task(self._open(accepted, taken, opening))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def _place(self, accepted: socket.socket, address: str) -> CountedConnection:
        """For a newcomer. Another may have to give way, so that few strangers shut nobody out."""
        if is_scarce(self._files_with(accepted)) and not self._make_room(address):
            raise LimitReached("files")
        try:
            return self._taken(address)
        except LimitReached as full:
            if str(full) != "total" or not self._make_room(address):
                raise
            return self._taken(address)

    def _files_with(self, accepted: socket.socket) -> int:
        """How many files are open. A low number alone says little: it may be that of a connection
        which has just given way.
        """
        return max(accepted.fileno(), self._other_files + self._seat.taken)

    def _make_room(self, address: str) -> bool:
        is_trusted = self._proxies.trusts(address)
        return make_room(self._watch, 0 if is_trusted else self._seat.held(address))

    def _taken(self, address: str) -> CountedConnection:
        if self._proxies.trusts(address):
            return self._seat.take_trusted()
        return self._seat.take(address)

    def _turn_away(self, accepted: socket.socket) -> None:
        """503 in the clear, nothing in TLS, whose handshake costs more than it says."""
        with accepted, suppress(OSError):
            if self._tls is None:
                accepted.send(refusal(503, new_id(), ()))
                accepted.shutdown(socket.SHUT_WR)
                accepted.recv(65_536)  # closing over what nobody has read would take the answer

    async def _open(
        self, accepted: socket.socket, taken: CountedConnection, opening: Opening
    ) -> None:
        try:
            await self._loop.connect_accepted_socket(
                lambda: self._open_connection(taken),
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=self._handshake,
            )
        except OSError:  # of TLS as well; the client is gone, too slow or speaks something else
            opening.failed()
        finally:
            self._watch.leave(Phase.OPENING, opening)
