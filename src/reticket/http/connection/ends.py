"""How a connection ends whose client took too long."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

from reticket.http.connection.phase_timer import Phase

DEAF = (Phase.UNREAD, Phase.CLOSING)
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: the system forgets what it holds for the connection, and resets it."""


def abort(transport: asyncio.Transport, phase: Phase) -> None:
    """End it without a word, and for a client that does not read also what the system holds for it:
    up to some MiB, for as long as the client likes. In other phases that may be an answer which is
    on its way.
    """
    if phase in DEAF:
        with suppress(OSError):  # it is gone
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE
            )
    transport.abort()
