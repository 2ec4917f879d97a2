"""Cookies of the pages: reading them, their names, and the attributes that they share.

All ports, paths and sub-domains of a host share its cookies (RFC 6265 §8.5).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from reticket.oauth.provider import Provider
from reticket.wire import WireRequest


def is_secure(provider: Provider) -> bool:
    """Whether browsers reach the service over TLS. They drop `Secure` cookies of other services."""
    return provider.issuer.startswith("https:")


def protected(name: str, provider: Provider) -> str:
    """The name of a cookie, over TLS with the prefix of cookies that only this host can set, and
    only over TLS (RFC 6265bis §4.1.3.2). Their path must be `/`.
    """
    return f"__Host-{name}" if is_secure(provider) else name


def own(name: str, provider: Provider) -> str:
    """The name, with the port and the path of the issuer: another service on the same host has
    another one.
    """
    parts = urlsplit(provider.issuer)
    place = re.sub("[^A-Za-z0-9]+", "_", f"{parts.port or ''}{parts.path}").strip("_")
    return f"{name}_{place}" if place else name


def values_of(request: WireRequest, name: str) -> list[str]:
    """The values of all cookies of that name."""
    pairs = (pair.strip().partition("=") for pair in (request.header(b"cookie") or "").split(";"))
    return [value for key, _, value in pairs if key == name]


def set_cookie(
    name: str, value: str, path: str, lifetime: int, provider: Provider
) -> tuple[bytes, bytes]:
    """`Set-Cookie`: no script reads it, and no other site's form or frame sends it.

    Args:
        name: with its prefix, if it has one.
        value: in characters that need no quotes.
        path: below which browsers send it.
        lifetime: seconds; 0 removes it.
        provider: the installation.
    """
    secure = "; Secure" if is_secure(provider) else ""
    attributes = f"Path={path}; Max-Age={lifetime}; HttpOnly; SameSite=Lax{secure}"
    return b"set-cookie", f"{name}={value}; {attributes}".encode()
