"""A stored hash, read and found within bounds."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from argon2.exceptions import HashingError

Configs = Callable[[str], bytes | None]
"""The configuration with a name: what a form needs and no row has, as a pepper. None if absent."""


@dataclass(frozen=True, slots=True)
class KnownHash:
    """A hash that may be computed.

    Args:
        compute: the digest of a secret.
        digest: that of the right one.
        longest: bytes of a secret that count, or None for all.
        is_weak: computing one takes so little time that many guesses are cheap.
        can_be_wrapped: whether it can be stored without its digest (`algorithms/wrapped`).
    """

    compute: Callable[[bytes], bytes] = field(repr=False)
    digest: bytes = field(repr=False)
    is_weak: bool = False
    longest: int | None = None
    can_be_wrapped: bool = True

    def matches(self, secret: bytes) -> bool:
        """Whether the secret is the right one. No secret is that of a hash which the library cannot
        compute.
        """
        try:
            made = self.compute(secret)
        except (ValueError, MemoryError, HashingError):
            return False
        return hmac.compare_digest(made, self.digest)
