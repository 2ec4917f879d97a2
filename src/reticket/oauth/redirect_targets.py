"""Where the answer to an authorization request goes: to a host, or to a program of the device."""

from __future__ import annotations

from urllib.parse import urlsplit

from reticket.core.addresses import is_loopback


def has_known_host(redirect_uri: str) -> bool:
    """Whether nobody but the owner of a host name gets what is sent there.

    Any program of the person's device can get what is sent to loopback or to a private scheme (RFC
    8252 §8.6). Anybody on the way can read what is sent over http.
    """
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        return False
    host = (parts.hostname or "").removesuffix(".")
    is_here = not host or is_loopback(host) or host.endswith(".localhost")
    return parts.scheme == "https" and not is_here
