"""Firebase's `passwordHash` and `salt` of a person, from `firebase auth:export`."""

from __future__ import annotations

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.phc import Phc, either_base64
from reticket.crypto.hashes.systems import GivenHash

NAME = "firebase"
BY_PREFIX = False
MEMBERS = frozenset(("passwordHash", "hash", "salt"))


def read(said: GivenHash, config: str) -> str | None:
    """The canonical text."""
    if isinstance(said, str):
        return None
    hashed, salt = said.get("passwordHash", said.get("hash")), said.get("salt")
    if not isinstance(hashed, str) or not isinstance(salt, str):
        raise HashRefused("a hash of Firebase must have the texts passwordHash and salt")
    parts = either_base64(salt, "the salt"), either_base64(hashed, "the digest")
    return Phc("firebase", {"k": config}, *parts).text()
