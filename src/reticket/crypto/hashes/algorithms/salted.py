"""One digest over salt and secret, in either order: fast, and so weak."""

from __future__ import annotations

import hashlib

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.known import Configs, KnownHash
from reticket.crypto.hashes.phc import Phc

DIGESTS = ("md5", "sha1", "sha256", "sha512")
NAMES = tuple(f"salted-{name}" for name in DIGESTS)
SALT_FIRST, SECRET_FIRST = "salt", "secret"


def read(text: str, configs: Configs) -> KnownHash:
    """The hash of a text: `first` says what is digested first."""
    parts = Phc.read(text)
    digester, salt = parts.name.removeprefix("salted-"), parts.salt
    first = parts.said("first", "what is digested first")
    if first not in (SALT_FIRST, SECRET_FIRST):
        raise HashRefused("what is digested first must be salt or secret")
    if len(parts.digest) != len(_digest(digester, b"")):
        raise HashRefused(f"a digest of {digester} has another length")
    if first == SALT_FIRST:
        return KnownHash(lambda secret: _digest(digester, salt + secret), parts.digest, True)
    return KnownHash(lambda secret: _digest(digester, secret + salt), parts.digest, True)


def salted_text(digester: str, first: str, salt: bytes, digest: bytes) -> str:
    """The canonical text."""
    return Phc(f"salted-{digester}", {"first": first}, salt, digest).text()


def _digest(digester: str, data: bytes) -> bytes:
    return hashlib.new(digester, data, usedforsecurity=False).digest()
