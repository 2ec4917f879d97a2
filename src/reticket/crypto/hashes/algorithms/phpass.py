"""phpass's portable hashes (Openwall): MD5, repeated."""

from __future__ import annotations

import hashlib

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.bounds import MOST_PHPASS_COST
from reticket.crypto.hashes.known import Configs, KnownHash
from reticket.crypto.hashes.phc import Phc

NAMES = ("phpass",)
DIGEST_BYTES = 16
LONGEST_SECRET = 4096
"""Bytes, as at WordPress: each round digests the whole secret."""


def read(text: str, configs: Configs) -> KnownHash:
    """The hash of a text: `c` is the logarithm of the rounds."""
    parts = Phc.read(text)
    cost = parts.number("c", 1, MOST_PHPASS_COST, "the cost of phpass")
    if len(parts.digest) != DIGEST_BYTES:
        raise HashRefused("a digest of phpass has another length")
    salt = parts.salt
    return KnownHash(lambda secret: _computed(secret, salt, 1 << cost), parts.digest, True)


def phpass_text(cost: int, salt: bytes, digest: bytes) -> str:
    """The canonical text."""
    return Phc("phpass", {"c": str(cost)}, salt, digest).text()


def _computed(secret: bytes, salt: bytes, rounds: int) -> bytes:
    """The digest; an empty one, which is no hash's, for a secret that is too long."""
    if len(secret) > LONGEST_SECRET:
        return b""
    digest = hashlib.md5(salt + secret, usedforsecurity=False).digest()
    for _ in range(rounds):
        digest = hashlib.md5(digest + secret, usedforsecurity=False).digest()
    return digest
