"""Identifiers of families: made from a given clock and given randomness, or read from text."""

from __future__ import annotations

import hashlib
from uuid import UUID

from reticket.core.ports import Entropy


def family_id(now: int, entropy: Entropy) -> bytes:
    """A UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then version, variant, randomness."""
    random = bytearray(entropy(10))
    random[0] = 0x70 | (random[0] & 0x0F)
    random[2] = 0x80 | (random[2] & 0x3F)
    return now.to_bytes(6, "big") + bytes(random)


def random_uuid(entropy: Entropy) -> str:
    """A UUIDv4 (RFC 9562 §5.4) in its usual form: 122 random bits."""
    return str(UUID(bytes=entropy(16), version=4))


def read_family_id(text: str) -> bytes:
    """The id in 32 hex digits, which may have hyphens between them. ValueError for other text."""
    family = bytes.fromhex(text.replace("-", ""))
    if len(family) != 16:
        raise ValueError("an id has 16 bytes")
    return family


def next_family_id(family: bytes) -> bytes:
    """The id after another with the same time; the same for every caller."""
    digest = hashlib.sha256(family).digest()
    return family_id(time_of(family), lambda size: digest[:size])


def time_of(family: bytes) -> int:
    """The time in an id, in milliseconds."""
    return int.from_bytes(family[:6], "big")
