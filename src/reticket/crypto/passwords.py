"""Password hashing: argon2id."""

from __future__ import annotations

import os
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from reticket.core.ports import Entropy


class Argon2Hasher:
    """The port `SecretHasher`.

    Args:
        memory: KiB of one hash.
        entropy: makes up the hash that no secret is known to have, for `absent`.
    """

    def __init__(
        self, time_cost: int, memory: int, parallelism: int, entropy: Entropy = os.urandom
    ) -> None:
        self._hasher = PasswordHasher(time_cost, memory, parallelism)
        self._absent = _invented(self._hasher, entropy)

    def hash(self, secret: str) -> str:
        """A hash with today's parameters and a salt of its own."""
        return self._hasher.hash(_encoded(secret))

    def verify(self, secret_hash: str, secret: str) -> bool:
        """Whether the secret fits; False for a damaged hash."""
        try:
            return self._hasher.verify(secret_hash, _encoded(secret))
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    def is_old(self, secret_hash: str) -> bool:
        """Whether the parameters are not today's."""
        return self._hasher.check_needs_rehash(secret_hash)

    def absent(self) -> str:
        """A hash to spend the time on when there is nobody; no secret fits it."""
        return self._absent


def _invented(hasher: PasswordHasher, entropy: Entropy) -> str:
    """What a hash with these parameters looks like (PHC string format), without the work."""
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (_unpadded(entropy(size)) for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19${costs}${salt}${digest}"


def _unpadded(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")


def _encoded(secret: str) -> bytes:
    """JSON may carry half a surrogate pair (RFC 8259 §8.2): a wrong secret, not an error."""
    return secret.encode("utf-8", "surrogatepass")
