"""Encrypts a stored second factor. The key is sealed, recovery codes are keyed digests, and both
are bound to the user.
"""

from __future__ import annotations

from typing import Protocol


class Sealer(Protocol):
    """Authenticated encryption under a key that is not in the database."""

    def seal(self, plain: bytes, purpose: bytes) -> bytes: ...

    def open(self, sealed: bytes, purpose: bytes) -> bytes: ...

    def digest(self, text: bytes, purpose: bytes) -> bytes: ...


def seal_totp(sealer: Sealer, user_id: str, secret: bytes) -> bytes:
    """The key, encrypted so that it can be decrypted for this user only."""
    return sealer.seal(secret, _purpose(user_id))


def open_totp(sealer: Sealer, user_id: str, sealed: bytes) -> bytes:
    """The key, decrypted. Raises what the sealer raises for foreign data."""
    return sealer.open(sealed, _purpose(user_id))


def digest_of_code(sealer: Sealer, user_id: str, code: str) -> bytes:
    """The stored digest of a recovery code. Guesses cannot be tested without the master key."""
    return sealer.digest(code.encode(), b"recovery:" + user_id.encode())


def _purpose(user_id: str) -> bytes:
    return b"totp:" + user_id.encode()
