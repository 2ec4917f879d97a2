"""Password hashing: argon2id."""

from __future__ import annotations

import os
import unicodedata
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from reticket.core.ports import Entropy

LONGEST_COMPOSED = 1024
"""Characters. Composing takes time that grows with the square of a run of combining marks: 13 s for
20 000 pairs of them. A longer secret is used as it was typed.
"""


class Argon2Hasher:
    """The port `SecretHasher`.

    Args:
        time_cost / parallelism: parameters of argon2id (RFC 9106).
        memory: KiB of one hash.
        entropy: makes the random hash of `absent`.
    """

    def __init__(
        self, time_cost: int, memory: int, parallelism: int, entropy: Entropy = os.urandom
    ) -> None:
        self._hasher = PasswordHasher(time_cost, memory, parallelism)
        self._absent = _random_hash(self._hasher, entropy)

    def hash(self, secret: str) -> str:
        """A hash of the secret's NFC with the current parameters and a new salt."""
        return self._hasher.hash(encoded(composed(secret)))

    def hash_digest(self, digest: bytes) -> str:
        """The same for the digest of another hash."""
        return self._hasher.hash(digest)

    def verify(self, secret_hash: str, secret: str) -> bool:
        """Whether the secret matches; False for a damaged hash. Older hashes are of the secret as
        it was typed, so a secret in another form is tried in both.
        """
        return any(self._matches(secret_hash, form) for form in forms(secret))

    def _matches(self, secret_hash: str, secret: str) -> bool:
        try:
            return self._hasher.verify(secret_hash, encoded(secret))
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    def is_old(self, secret_hash: str) -> bool:
        """Whether the parameters, or the form, are not the current ones."""
        try:
            return self._hasher.check_needs_rehash(secret_hash)
        except InvalidHashError:
            return True

    def counts_whole(self, secret_hash: str, secret: str) -> bool:
        """As `core.ports.SecretHasher.counts_whole`: argon2 cuts nothing."""
        return True

    def absent(self) -> str:
        """A hash that no secret matches, for accounts that do not exist: checking it costs the same
        time.
        """
        return self._absent


def _random_hash(hasher: PasswordHasher, entropy: Entropy) -> str:
    """A random text in the form of a hash with these parameters (PHC string format), without
    computing it.
    """
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (_unpadded(entropy(size)) for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19${costs}${salt}${digest}"


def _unpadded(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")


def composed(secret: str) -> str:
    """The secret in NFC (NIST SP 800-63B-4 §3.1.1.2): keyboards compose characters differently."""
    return secret if len(secret) > LONGEST_COMPOSED else unicodedata.normalize("NFC", secret)


def forms(secret: str) -> tuple[str, ...]:
    """The secret in NFC, and as it was typed if that is another one."""
    return tuple(dict.fromkeys((composed(secret), secret)))


def encoded(secret: str) -> bytes:
    """JSON may contain half a surrogate pair (RFC 8259 §8.2): a wrong secret, not an error."""
    return secret.encode("utf-8", "surrogatepass")
