"""A connection that is about to open: with TLS its handshake is under way."""

from __future__ import annotations

import socket
from contextlib import suppress

from reticket.http.connection.connection_limits import CountedConnection
from reticket.http.connection.phase_timer import Phase
from reticket.http.incidents import Incidents


class Opening:
    """Owns the end of a connection that does not open.

    Args:
        accepted: shut down, which fails the handshake.
        taken: its place.
        address: of the client.
    """

    __slots__ = ("_accepted", "_address", "_has_ended", "_incidents", "_taken")

    def __init__(
        self, accepted: socket.socket, taken: CountedConnection, incidents: Incidents, address: str
    ) -> None:
        self._accepted = accepted
        self._taken = taken
        self._incidents = incidents
        self._address = address
        self._has_ended = False

    @property
    def held(self) -> int:
        """How many connections its network has."""
        return self._taken.held

    def too_late(self, phase: Phase) -> None:
        """The client took too long."""
        self._end("handshake")

    def give_way(self, phase: Phase) -> None:
        """Another connection needs its place."""
        self._end("gave_way")

    def failed(self) -> None:
        """The client is gone, or speaks something else."""
        self._end("handshake")
        self._accepted.close()

    def _end(self, reason: str) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        self._incidents.ended(reason, self._address)
        self._taken()
        with suppress(OSError):  # the client is gone
            self._accepted.shutdown(socket.SHUT_RDWR)
