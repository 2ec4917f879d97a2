"""Correlation ids: chosen by the client where its dialect lets it, else drawn here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from reticket.http.asgi import Send

MANY = 256
DIGITS = 32

_UUID = re.compile(rb"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _drawn() -> Iterator[str]:
    """Many at once: at every call to the system another thread takes over, for a while."""
    while True:
        digits = os.urandom(MANY * DIGITS // 2).hex()
        yield from (digits[at : at + DIGITS] for at in range(0, len(digits), DIGITS))


new_id = _drawn().__next__
"""A correlation id. Call on the event loop."""


def chosen_id(said: bytes) -> str | None:
    """The digits of a UUID, or None for what is none."""
    found = _UUID.fullmatch(said)
    return found[0].replace(b"-", b"").lower().decode() if found else None


def correlated(send: Send) -> Send:
    """The same, with a correlation id on every answer."""
    correlation_id = new_id().encode()

    async def tell(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-correlation-id", correlation_id)]
        await send(message)

    return tell
