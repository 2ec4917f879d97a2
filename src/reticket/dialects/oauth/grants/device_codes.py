"""Device codes (RFC 8628): their requests and decisions, and the keys of their entries.

The device endpoint, its pages and the token endpoint share only this module. A stored entry never
changes: a new fact is a new key.
"""

from __future__ import annotations

import hashlib

import msgspec

DEVICE_CODE_LIFETIME = 600
"""Seconds."""

POLL_INTERVAL = 5
"""Seconds between two polls."""

KNOWN_LIFETIME = 2 * DEVICE_CODE_LIFETIME
"""Seconds for which an expired code differs from an unknown one.

A device polls every few seconds. A request for codes needs no password, so the time is short.
"""

DENIED = "denied"
"""The decision of a person who refused.

A consent is stored as `AuthorizationGrant.to_json`, without `redirect_uri` and with an empty
`challenge`.
"""


class DeviceRequest(msgspec.Struct, frozen=True):
    """The request of a device (RFC 8628 §3.1).

    Args:
        client_id: the client.
        scope: space-separated.
        resources: audiences (RFC 8707), maybe none.
    """

    client_id: str
    scope: str
    resources: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The stored form."""
        return msgspec.json.encode(self).decode()


def load_device_request(text: str) -> DeviceRequest:
    """The request from the text of `to_json`."""
    return msgspec.json.decode(text, type=DeviceRequest)


def device_code_digest(device_code: str) -> str:
    """The digest that replaces a device code in storage."""
    return hashlib.sha256(device_code.encode()).hexdigest()


def request_key(digest: str) -> str:
    """The key of a request that waits; its value is `DeviceRequest.to_json`.

    It lives for `DEVICE_CODE_LIFETIME`. The poll that gets the tokens removes it.
    """
    return f"oauth:device:{digest}"


def known_key(digest: str) -> str:
    """The key that says that a code was issued; empty, for `KNOWN_LIFETIME`."""
    return f"oauth:device_known:{digest}"


def user_code_key(user_code: str) -> str:
    """The key under which a user code leads to the digest, for `DEVICE_CODE_LIFETIME`.

    Case, hyphens and spaces do not matter (RFC 8628 §6.1).
    """
    letters = "".join(filter(str.isalnum, user_code)).upper()
    return f"oauth:user_code:{hashlib.sha256(letters.encode()).hexdigest()}"


def decision_key(digest: str) -> str:
    """The key of the decision: `AuthorizationGrant.to_json` or `DENIED`.

    It lives for `DEVICE_CODE_LIFETIME`, and the first decision stays.
    """
    return f"oauth:verdict:{digest}"


def poll_key(digest: str) -> str:
    """The key that says that the device has polled just now."""
    return f"oauth:polled:{digest}"
