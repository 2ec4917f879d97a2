"""Device codes (RFC 8628): what one asks for, what was said of it, and under which names.

The endpoint that gives a code, the page where a person answers, and the endpoint that takes it
meet here alone. What is kept never changes: what becomes known is a further key.
"""

from __future__ import annotations

import hashlib

import msgspec

LIFETIME = 600
"""Seconds."""

INTERVAL = 5
"""Seconds between two polls."""

REMEMBERED = 2 * LIFETIME
"""Seconds for which a code that has ended is told from one that never was: a device asks again
within seconds, and whoever asks for codes needs no password to have them remembered.
"""

DENIED = "denied"
"""The verdict of a person who said no; who said yes left a `CodeGrant.written` instead, without
`redirect_uri` and with an empty `challenge`.
"""


class DeviceRequest(msgspec.Struct, frozen=True):
    """What a device asks for.

    Args:
        scope: space-separated, within what its client may have.
        resources: audiences (RFC 8707), maybe none.
    """

    client_id: str
    scope: str
    resources: tuple[str, ...] = ()

    def written(self) -> str:
        """As it is kept."""
        return msgspec.json.encode(self).decode()


def read_request(text: str) -> DeviceRequest:
    """What `written` wrote."""
    return msgspec.json.decode(text, type=DeviceRequest)


def digest_of(device_code: str) -> str:
    """What stands for a device code wherever it is kept."""
    return hashlib.sha256(device_code.encode()).hexdigest()


def asking(digest: str) -> str:
    """Under which key a request waits; `DeviceRequest.written`, for `LIFETIME`. Who has its
    tokens has taken it: of many polls one does.
    """
    return f"oauth:device:{digest}"


def remembered(digest: str) -> str:
    """Under which key it is known that there was one; empty, for `REMEMBERED`. Kept
    with the request.
    """
    return f"oauth:device_known:{digest}"


def named(user_code: str) -> str:
    """Under which key a user code leads to its digest, for `LIFETIME`. However a person types it:
    case, hyphens and spaces do not matter (RFC 8628 §6.1).
    """
    letters = "".join(filter(str.isalnum, user_code)).upper()
    return f"oauth:user_code:{hashlib.sha256(letters.encode()).hexdigest()}"


def verdict(digest: str) -> str:
    """Under which key stands what the person said, a `CodeGrant.written` or `DENIED`, for
    `LIFETIME`; the first word counts.
    """
    return f"oauth:verdict:{digest}"


def polled(digest: str) -> str:
    """Under which key stands that the device has asked just now."""
    return f"oauth:polled:{digest}"
