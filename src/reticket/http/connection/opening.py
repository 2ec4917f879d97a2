"""A connection that is being opened, which with TLS includes its handshake."""

from __future__ import annotations

import socket
from contextlib import suppress

from reticket.http.connection.connection_limits import CountedConnection
from reticket.http.connection.phase_timer import Phase
from reticket.http.incidents import Incidents


class Opening:
    """Owns the end of a connection that fails to open.

    Args:
        accepted: the socket; it is shut down, which makes the handshake fail.
        counted: the count of this connection.
        incidents: logs and counts its end.
        address: of the client.
    """

    __slots__ = ("_accepted", "_address", "_counted", "_has_ended", "_incidents")

    def __init__(
        self,
        accepted: socket.socket,
        counted: CountedConnection,
        incidents: Incidents,
        address: str,
    ) -> None:
        self._accepted = accepted
        self._counted = counted
        self._incidents = incidents
        self._address = address
        self._has_ended = False

    @property
    def held(self) -> int:
        """Connections of its network."""
        return self._counted.held

    def too_late(self, phase: Phase) -> None:
        """The client took too long."""
        self._end("handshake")

    def evict(self, phase: Phase) -> None:
        """Another connection takes its place."""
        self._end("gave_way")

    def failed(self) -> None:
        """The client is gone, or does not speak TLS."""
        self._end("handshake")
        self._accepted.close()

    def _end(self, reason: str) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        self._incidents.ended(reason, self._address)
        self._counted()
        with suppress(OSError):  # the client is gone
            self._accepted.shutdown(socket.SHUT_RDWR)
