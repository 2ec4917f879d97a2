"""PBKDF2 with HMAC (RFC 8018 §5.2)."""

from __future__ import annotations

import hashlib

from reticket.crypto.hashes.bounds import MOST_PBKDF2_WORK
from reticket.crypto.hashes.known import Configs, KnownHash
from reticket.crypto.hashes.phc import Phc

LEAST = {"sha1": 1_300_000, "sha256": 600_000, "sha384": 300_000, "sha512": 210_000}
"""The hash functions, each with the iterations below which a hash is weak (OWASP, 2023)."""
NAMES = tuple(f"pbkdf2-{name}" for name in LEAST)


def read(text: str, configs: Configs) -> KnownHash:
    """The hash of a text: `i` is the number of iterations."""
    parts = Phc.read(text)
    digester = parts.name.removeprefix("pbkdf2-")
    length, salt = len(parts.digest), parts.salt
    blocks = -(-length // hashlib.new(digester, usedforsecurity=False).digest_size)
    most = MOST_PBKDF2_WORK // blocks
    iterations = parts.number("i", 1, most, "the number of iterations")

    def compute(secret: bytes) -> bytes:
        return hashlib.pbkdf2_hmac(digester, secret, salt, iterations, length)

    return KnownHash(compute, parts.digest, iterations < LEAST[digester])


def pbkdf2_text(digester: str, iterations: int, salt: bytes, digest: bytes) -> str:
    """The canonical text."""
    return Phc(f"pbkdf2-{digester}", {"i": str(iterations)}, salt, digest).text()
