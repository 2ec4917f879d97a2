"""Correlation ids: chosen by the client where its dialect lets it, else drawn here."""

from __future__ import annotations

import os
import re
from collections.abc import MutableMapping
from typing import Any

from reticket.http.asgi import Send

MANY = 256
DIGITS = 32

_UUID = re.compile(rb"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


_stock: list[str] = []
os.register_at_fork(after_in_child=_stock.clear)


def new_id() -> str:
    """A correlation id. Drawn many at once: a call to the system lets another thread take over."""
    while True:
        try:
            return _stock.pop()
        except IndexError:
            digits = os.urandom(MANY * DIGITS // 2).hex()
            _stock.extend(digits[at : at + DIGITS] for at in range(0, len(digits), DIGITS))


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
