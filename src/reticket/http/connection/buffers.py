"""How much a transport keeps of what one side has sent and the other has not read."""

from __future__ import annotations

import asyncio
from typing import Any

UNREAD_BY_US = 16_384
"""Bytes that TLS takes from the system while a request is answered; it never gives memory back that
it has once needed for them.
"""


def keep_little(transport: asyncio.Transport) -> None:
    """An answer that the client has not read is known at once, however short it is, and TLS takes
    no more than `UNREAD_BY_US` from a client that we do not read.
    """
    transport.set_write_buffer_limits(high=1, low=0)
    if transport.get_extra_info("sslcontext"):
        with_tls: Any = transport  # of asyncio and of uvloop alike
        with_tls.set_read_buffer_limits(high=UNREAD_BY_US)
