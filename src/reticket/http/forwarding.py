"""Headers by which a proxy says that it forwards a request of somebody else."""

from __future__ import annotations

NAMES = frozenset({b"forwarded", b"via", b"x-real-ip"})
"""RFC 7239, RFC 9110 \u00a77.6.3, and nginx's custom."""

BEGINNING = b"x-forwarded-"


def is_forwarding(name: bytes) -> bool:
    """Whether a header, its name in small letters, says so."""
    return name in NAMES or name.startswith(BEGINNING)
