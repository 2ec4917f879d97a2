"""Correlation ids: chosen by the client where its dialect allows it, else random."""

from __future__ import annotations

import os
import re
from collections.abc import MutableMapping
from typing import Any

from reticket.http.asgi import Send

MANY = 256
SIZE = 16
"""Bytes of an id."""

VERSION = 6, bytes(byte & 0x0F | 0x40 for byte in range(256))
VARIANT = 8, bytes(byte & 0x3F | 0x80 for byte in range(256))
"""Bytes of a UUIDv4 with fixed bits (RFC 9562 §5.4): the place of each, and what any becomes."""

_DIGITS = rb"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_UUID = re.compile(rb"(?:urn:uuid:)?(%b)|\{(%b)\}" % (_DIGITS, _DIGITS))
"""The forms that are read: the usual one, in braces, without hyphens, and as a URN."""

_unused: list[str] = []
os.register_at_fork(after_in_child=_unused.clear)


def new_id() -> str:
    """The digits of a random UUIDv4. Many are made at once, because each system call may switch
    threads.
    """
    while True:
        try:
            return _unused.pop()
        except IndexError:
            _unused.extend(_many_ids())


def _many_ids() -> list[str]:
    random = bytearray(os.urandom(MANY * SIZE))
    for place, fixed in (VERSION, VARIANT):
        random[place::SIZE] = random[place::SIZE].translate(fixed)
    digits = random.hex()
    return [digits[at : at + 2 * SIZE] for at in range(0, len(digits), 2 * SIZE)]


def chosen_id(value: bytes) -> str | None:
    """The digits of a UUID in any usual form, or None for any other text."""
    found = _UUID.fullmatch(value)
    digits = found and (found[1] or found[2])
    return digits.replace(b"-", b"").lower().decode() if digits else None


def correlated(send: Send) -> Send:
    """The same `send`, with a correlation id on every response."""
    correlation_id = new_id().encode()

    async def send_correlated(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-correlation-id", correlation_id)]
        await send(message)

    return send_correlated
