"""Device codes (RFC 8628): what one asks for, what was said of it, and under which names.

The endpoint that gives a code, the page where a person answers, and the endpoint that takes it
meet here alone. What is kept never changes: what becomes known is a further key.
"""

from __future__ import annotations

import hashlib

import msgspec

DEVICE_CODE_LIFETIME = 600
"""Seconds."""

POLL_INTERVAL = 5
"""Seconds between two polls."""

KNOWN_LIFETIME = 2 * DEVICE_CODE_LIFETIME
"""Seconds for which a code that has ended is told from one that never was: a device asks again
within seconds, and whoever asks for codes needs no password to have them remembered.
"""

DENIED = "denied"
"""The verdict of a person who said no; who said yes left a `CodeGrant.to_json` instead, without
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

    def to_json(self) -> str:
        """As it is kept."""
        return msgspec.json.encode(self).decode()


def load_device_request(text: str) -> DeviceRequest:
    """What `to_json` wrote."""
    return msgspec.json.decode(text, type=DeviceRequest)


def device_code_digest(device_code: str) -> str:
    """What stands for a device code wherever it is kept."""
    return hashlib.sha256(device_code.encode()).hexdigest()


def request_key(digest: str) -> str:
    """The key of a request that waits; its value is `DeviceRequest.to_json`.

    It lives for `DEVICE_CODE_LIFETIME`. The poll that gets the tokens removes it.
    """
    return f"oauth:device:{digest}"


def known_key(digest: str) -> str:
    """Under which key it is known that there was one; empty, for `KNOWN_LIFETIME`. Kept
    with the request.
    """
    return f"oauth:device_known:{digest}"


def user_code_key(user_code: str) -> str:
    """The key under which a user code leads to the digest, for `DEVICE_CODE_LIFETIME`.

    Case, hyphens and spaces do not matter (RFC 8628 §6.1).
    """
    letters = "".join(filter(str.isalnum, user_code)).upper()
    return f"oauth:user_code:{hashlib.sha256(letters.encode()).hexdigest()}"


def decision_key(digest: str) -> str:
    """Under which key stands what the person said, a `CodeGrant.to_json` or `DENIED`, for
    `DEVICE_CODE_LIFETIME`; the first word counts.
    """
    return f"oauth:verdict:{digest}"


def poll_key(digest: str) -> str:
    """Under which key stands that the device has asked just now."""
    return f"oauth:polled:{digest}"
