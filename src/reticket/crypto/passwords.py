"""Password hashing: argon2id."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError


class Argon2Hasher:
    """The port `SecretHasher`.

    Args:
        memory: KiB of one hash.
    """

    def __init__(self, time_cost: int, memory: int, parallelism: int) -> None:
        self._hasher = PasswordHasher(time_cost, memory, parallelism)
        self._absent = self._hasher.hash("nobody's secret")

    def hash(self, secret: str) -> str:
        """A hash with today's parameters and a salt of its own."""
        return self._hasher.hash(secret)

    def verify(self, secret_hash: str, secret: str) -> bool:
        """Whether the secret fits; False for a damaged hash."""
        try:
            return self._hasher.verify(secret_hash, secret)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False

    def is_old(self, secret_hash: str) -> bool:
        """Whether the parameters are not today's."""
        return self._hasher.check_needs_rehash(secret_hash)

    def absent(self) -> str:
        """A hash to spend the time on when there is nobody; nobody's sign-in may succeed by it."""
        return self._absent
