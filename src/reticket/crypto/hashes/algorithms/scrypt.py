"""scrypt (RFC 7914)."""

from __future__ import annotations

import hashlib

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.bounds import MOST_MEMORY, MOST_SCRYPT_WORK, within
from reticket.crypto.hashes.known import Configs, KnownHash
from reticket.crypto.hashes.phc import Phc

NAMES = ("scrypt",)
LEAST_BLOCK = 8
LEAST_COSTS = ((2**17, 1), (2**16, 2), (2**15, 3), (2**14, 5), (2**13, 10))
"""N and p below which a hash is weak, and so is one of a smaller r (OWASP, 2023)."""


def read(text: str, configs: Configs) -> KnownHash:
    """The hash of a text: `n`, `r` and `p` are those of the RFC."""
    parts = Phc.read(text)
    n, r, p = (parts.number(name, 1, MOST_SCRYPT_WORK, f"{name} of scrypt") for name in "nrp")
    checked_costs(n, r, p)
    length, salt = len(parts.digest), parts.salt
    return KnownHash(
        lambda secret: computed(secret, salt, n, r, p, length), parts.digest, is_weak(n, r, p)
    )


def is_weak(n: int, r: int, p: int) -> bool:
    """Whether the costs are below the least that OWASP recommends."""
    return r < LEAST_BLOCK or not any(n >= least and p >= lanes for least, lanes in LEAST_COSTS)


def checked_costs(n: int, r: int, p: int) -> tuple[int, int, int]:
    """The costs. HashRefused when they are out of bounds."""
    if min(r, p) < 1:
        raise HashRefused("r and p of scrypt must be positive")
    if n < 2 or n & (n - 1) or n.bit_length() > 16 * r:
        raise HashRefused("N of scrypt must be a power of two, and less than 2^(16 r)")
    within(n * r * p, 1, MOST_SCRYPT_WORK, "N · r · p of scrypt")
    within(_memory(n, r, p), 1, MOST_MEMORY, "the bytes that scrypt needs")
    return n, r, p


def computed(secret: bytes, salt: bytes, n: int, r: int, p: int, length: int) -> bytes:
    """The digest of a secret."""
    return hashlib.scrypt(
        secret, salt=salt, n=n, r=r, p=p, maxmem=_memory(n, r, p) + 2**20, dklen=length
    )


def scrypt_text(n: int, r: int, p: int, salt: bytes, digest: bytes) -> str:
    """The canonical text."""
    return Phc("scrypt", {"n": str(n), "r": str(r), "p": str(p)}, salt, digest).text()


def _memory(n: int, r: int, p: int) -> int:
    """Bytes (RFC 7914 §2), and the two blocks that OpenSSL works in."""
    return 128 * r * (n + p + 2)
