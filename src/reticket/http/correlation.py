"""Correlation ids: chosen by the client where its dialect allows it, else random."""

from __future__ import annotations

import os
import re
from collections.abc import MutableMapping
from typing import Any

from reticket.http.asgi import Send

MANY = 256
DIGITS = 32

_UUID = re.compile(rb"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


_unused: list[str] = []
os.register_at_fork(after_in_child=_unused.clear)


def new_id() -> str:
    """A random correlation id. Many are made at once, because each system call may switch
    threads.
    """
    while True:
        try:
            return _unused.pop()
        except IndexError:
            digits = os.urandom(MANY * DIGITS // 2).hex()
            _unused.extend(digits[at : at + DIGITS] for at in range(0, len(digits), DIGITS))


def chosen_id(value: bytes) -> str | None:
    """The digits of a UUID, or None for any other text."""
    found = _UUID.fullmatch(value)
    return found[0].replace(b"-", b"").lower().decode() if found else None


def correlated(send: Send) -> Send:
    """The same `send`, with a correlation id on every response."""
    correlation_id = new_id().encode()

    async def send_correlated(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-correlation-id", correlation_id)]
        await send(message)

    return send_correlated
