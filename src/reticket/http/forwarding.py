"""Headers by which a proxy says that it forwards a request of somebody else."""

from __future__ import annotations

from collections.abc import Iterable

NAMES = frozenset({b"forwarded", b"via", b"x-real-ip"})
"""RFC 7239, RFC 9110 \u00a77.6.3, and nginx's custom."""

BEGINNING = b"x-forwarded-"


def is_forwarding(name: bytes) -> bool:
    """Whether a header, its name in small letters, says so."""
    return name in NAMES or name.startswith(BEGINNING)


def is_forwarded(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether one of the headers says so. Each request is asked: no call for each header."""
    for name, _ in headers:  # noqa: SIM110
        if name in NAMES or name.startswith(BEGINNING):
            return True
    return False
