"""Cookies of the pages: reading them, and the attributes that they share."""

from __future__ import annotations

from reticket.oauth.provider import Provider
from reticket.wire import WireRequest


def is_secure(provider: Provider) -> bool:
    """Whether browsers reach the service over TLS. They drop `Secure` cookies of other services."""
    return provider.issuer.startswith("https:")


def values_of(request: WireRequest, name: str) -> list[str]:
    """The values of all cookies of that name."""
    pairs = (pair.strip().partition("=") for pair in (request.header(b"cookie") or "").split(";"))
    return [value for key, _, value in pairs if key == name]


def set_cookie(
    name: str, value: str, path: str, lifetime: int, provider: Provider
) -> tuple[bytes, bytes]:
    """`Set-Cookie`: no script reads it, and no other site's form or frame sends it.

    Args:
        name: with its prefix.
        value: in characters that need no quotes.
        path: below which browsers send it.
        lifetime: seconds; 0 removes it.
        provider: the installation.
    """
    secure = "; Secure" if is_secure(provider) else ""
    attributes = f"Path={path}; Max-Age={lifetime}; HttpOnly; SameSite=Lax{secure}"
    return b"set-cookie", f"{name}={value}; {attributes}".encode()
