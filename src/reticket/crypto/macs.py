"""HMAC-SHA256 (RFC 2104) with the key schedule computed once, not for every message."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC


@dataclass(frozen=True, slots=True)
class HmacKey:
    """The port `MacKey`.

    Args:
        id: 4 bytes.
        secret: 32 bytes, derived for one label.
    """

    id: bytes
    secret: bytes = field(repr=False)
    _keyed: HMAC = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_keyed", HMAC(self.secret, SHA256()))

    def mac(self, message: bytes) -> bytes:
        """32 bytes."""
        state = self._keyed.copy()
        state.update(message)
        return state.finalize()
