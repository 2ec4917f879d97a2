"""The origins (RFC 6454) of a client's pages, from its registration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv6Address
from typing import Any
from urllib.parse import SplitResult, urlsplit

ALLOWED_ORIGINS = "allowed_origins"
"""The member of a registration with origins that no redirect URI has."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s@*A-Z]+")


def origins_of(registration: Mapping[str, Any]) -> frozenset[str]:
    """The origins whose pages may read responses that concern the client."""
    return frozenset((*registration.get(ALLOWED_ORIGINS, ()), *_of_redirect_uris(registration)))


def is_origin(text: str) -> bool:
    """Whether the text is an origin as browsers write it in the header `Origin`."""
    try:
        parts = urlsplit(text)
        canonical = _of_web(parts)
    except ValueError:
        return False
    return bool(_ORIGIN.fullmatch(text)) and canonical in (None, text)


def _of_redirect_uris(registration: Mapping[str, Any]) -> Iterator[str]:
    for uri in registration.get("redirect_uris", ()):
        try:
            origin = _of_web(urlsplit(uri))
        except ValueError:
            continue  # a port of an older registration that no browser would ask
        if origin is not None:
            yield origin


def _of_web(parts: SplitResult) -> str | None:
    """The origin of an address over http or https; None for any other scheme.

    Raises:
        ValueError: for a host or a port that cannot be.
    """
    default = _DEFAULT_PORTS.get(parts.scheme)
    if default is None or not parts.hostname:
        return None
    host = f"[{IPv6Address(parts.hostname)}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
