"""Headers that show that a proxy forwards a request for another client."""

from __future__ import annotations

from collections.abc import Iterable

NAMES = frozenset({b"forwarded", b"via", b"x-real-ip"})
"""RFC 7239, RFC 9110 §7.6.3, and a common header of nginx."""

PREFIX = b"x-forwarded-"


def is_forwarding(name: bytes) -> bool:
    """Whether a header, its name in lower case, shows forwarding."""
    return name in NAMES or name.startswith(PREFIX)


def is_forwarded(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether any header shows forwarding. It runs for each request, hence without a call for each
    header.
    """
    for name, _ in headers:  # noqa: SIM110
        if name in NAMES or name.startswith(PREFIX):
            return True
    return False
