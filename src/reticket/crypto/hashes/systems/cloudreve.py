"""Cloudreve's `password` column: `SALT:HEX` of SHA-256 or SHA-1, or `md5:HEX:SALT` of version 2
(`inventory/user.go`).
"""

from __future__ import annotations

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.algorithms.salted import SALT_FIRST, SECRET_FIRST, salted_text
from reticket.crypto.hashes.phc import hexadecimal
from reticket.crypto.hashes.systems import GivenHash

NAME = "cloudreve"
BY_PREFIX = False
MEMBERS: frozenset[str] = frozenset()
_DIGESTS = {64: "sha256", 40: "sha1"}


def read(said: GivenHash, config: str) -> str | None:
    """The canonical text."""
    if not isinstance(said, str):
        return None
    match said.split(":"):
        case ["md5", digest, salt]:
            digested = hexadecimal(digest, "the digest")
            return salted_text("md5", SALT_FIRST, _encoded(salt), digested)
        case [salt, digest] if len(digest) in _DIGESTS:
            digested = hexadecimal(digest, "the digest")
            return salted_text(_DIGESTS[len(digest)], SECRET_FIRST, _encoded(salt), digested)
    raise HashRefused("a hash of Cloudreve must have the form SALT:HEX or md5:HEX:SALT")


def _encoded(salt: str) -> bytes:
    return salt.encode("utf-8", "surrogatepass")
