"""How the connection of a slow client is ended."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

from reticket.http.connection.phase_timer import Phase

NOT_READING = (Phase.UNREAD, Phase.CLOSING)
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: the system drops the unsent bytes and resets the connection."""


def abort(transport: asyncio.Transport, phase: Phase) -> None:
    """End a connection without a response.

    For a client that does not read, the system's unsent bytes are dropped too: up to some MiB. The
    client could otherwise hold them for as long as it likes. In other phases they may be a response
    that is still being sent.
    """
    if phase in NOT_READING:
        with suppress(OSError):  # the client is gone
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, RESET
            )
    transport.abort()
