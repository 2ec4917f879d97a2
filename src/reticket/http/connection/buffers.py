"""How many bytes a transport buffers that one side has sent and the other has not read."""

from __future__ import annotations

import asyncio
from typing import Any

UNREAD_BY_US = 16_384
"""Bytes that TLS reads from the system while a request is answered. TLS never frees this memory."""


def keep_little(transport: asyncio.Transport) -> None:
    """Limit the buffers. Unsent bytes of a response are reported at once, however few they are, and
    TLS reads at most `UNREAD_BY_US` bytes ahead.
    """
    transport.set_write_buffer_limits(high=1, low=0)
    if transport.get_extra_info("sslcontext"):
        with_tls: Any = transport  # of asyncio and of uvloop alike
        with_tls.set_read_buffer_limits(high=UNREAD_BY_US)
