"""Accepts connections on a listening socket."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

AT_ONCE = 16
"""Connections that are accepted before others of the loop have their turn."""


class Door:
    """Owns a listening socket while connections are accepted on it.

    Args:
        open_connection: makes the protocol of a new connection.
        tls: None for plain HTTP.
        listening: set to non-blocking.
        handshake: seconds for TLS.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        open_connection: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext | None,
        listening: socket.socket,
        handshake: float,
    ) -> None:
        self._loop = loop
        self._open_connection = open_connection
        self._tls = tls
        self._handshake = handshake if tls else None
        self._listening = listening
        self._opening: set[asyncio.Task[None]] = set()
        listening.setblocking(False)
        loop.add_reader(listening.fileno(), self._accept)

    def close(self) -> None:
        """Accept nobody any more."""
        self._loop.remove_reader(self._listening.fileno())

    async def wait_closed(self) -> None:
        """Until those who are about to come in are in."""
        if self._opening:
            await asyncio.wait(self._opening)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            task = self._loop.create_task(self._open(accepted))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        try:
            await self._loop.connect_accepted_socket(
                self._open_connection,
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=self._handshake,
            )
        except OSError:  # of TLS as well; the client is gone or speaks something else
            accepted.close()
