"""Which addresses a client may register (RFC 7591 §2). Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from reticket.oauth.request_objects import without_fragment

LONGEST_URI = 2048

_VISIBLE = re.compile(r"[!-~]+")
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
"""A reversed domain name (RFC 8252 §7.1)."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def is_https(address: str) -> bool:
    """Whether the text is an https URL that a browser may be sent to."""
    parts = _split(address)
    return parts is not None and parts[0] == "https" and bool(parts[1])


def is_request_uri(address: str) -> bool:
    """Whether request objects may be fetched there; its fragment is of no account."""
    is_visible = len(address) <= LONGEST_URI and _VISIBLE.fullmatch(address) is not None
    return is_visible and is_https(without_fragment(address))


def may_redirect_to(uri: str, *, is_public: bool) -> bool:
    """Whether an answer may be sent there; a private scheme needs a public client."""
    parts = _split(uri)
    if parts is None or "*" in uri:
        return False
    scheme, host = parts
    if scheme == "https":
        return bool(host)
    if scheme == "http":
        return host in _LOOPBACK
    return is_public and _PRIVATE_SCHEME.fullmatch(scheme) is not None


def _split(uri: str) -> tuple[str, str] | None:
    """Scheme and host of a URI without user information and fragment, or None. None also for a port
    that cannot be.
    """
    if len(uri) > LONGEST_URI or not _VISIBLE.fullmatch(uri) or "#" in uri:
        return None
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    is_plain = "@" not in parts.netloc and "\\" not in uri and port != 0
    return (parts.scheme, host) if is_plain else None
