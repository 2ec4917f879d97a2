"""The ports of keys: what signs and verifies, the ring that has them, and where they rest sealed.

Synchronous; any of it may raise `Unavailable`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class MacKey(Protocol):
    """A symmetric key derived for one label. `id` is 4 bytes and names the ring's entry."""

    @property
    def id(self) -> bytes: ...

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA256 (RFC 2104): 32 bytes."""


class Signer(Protocol):
    """An asymmetric private key. Deterministic: the same bytes get the same signature."""

    @property
    def kid(self) -> str: ...

    @property
    def algorithm(self) -> str: ...

    def sign(self, message: bytes) -> bytes: ...


class Verifier(Protocol):
    """An asymmetric public key."""

    @property
    def kid(self) -> str: ...

    @property
    def algorithm(self) -> str: ...

    @property
    def jwk(self) -> Mapping[str, str]:
        """The public key as a JWK (RFC 7517 §4), with `kid`, `alg` and `use`."""

    def verify(self, signature: bytes, message: bytes) -> bool: ...


class KeySnapshot(Protocol):
    """The keys at one moment, derived per label: `<token kind>/<face>/<use>`. Compromised keys are
    nowhere.
    """

    def mac_at(self, label: str, at: int) -> MacKey:
        """The key that was active at that time (the oldest usable one for times before it)."""

    def macs_by_id(self, label: str) -> Mapping[bytes, MacKey]:
        """All keys that are neither retired nor compromised, by their ids."""

    def macs(self, label: str) -> Sequence[MacKey]:
        """All keys that are neither retired nor compromised, the likeliest to have signed first."""

    def signer_at(self, at: int) -> Signer:
        """The signing key that was active at that time."""

    def verifier(self, kid: str) -> Verifier | None:
        """The public key with that id, unless retired or compromised."""

    def verifiers(self) -> Sequence[Verifier]:
        """All public keys that are neither retired nor compromised, the next one among them."""


class KeyRing(Protocol):
    """Whoever has one sees what is done to keys: its snapshot is replaced."""

    @property
    def snapshot(self) -> KeySnapshot: ...


@dataclass(frozen=True, slots=True)
class SealedKey:
    """An entry of the ring at rest.

    Args:
        id: 8 lower-case hex digits; the 4 bytes that tokens carry.
        use: `mac` or `sign`.
        algorithm: `HMAC-SHA256`, `ES256`, `EdDSA` or `RS256`.
        sequence: counts from 1 per use; unique, so that two processes cannot both add the first.
        state: `next`, `active`, `retiring`, `retired` or `compromised`.
        activates_at: milliseconds; it signs from then on until the next one's.
        retiring_at: when its successor took over, or None.
        public: SubjectPublicKeyInfo, DER; empty for `mac`.
        sealed: the private part under the master key.
    """

    id: str
    use: str
    algorithm: str
    sequence: int
    state: str
    created_at: int
    activates_at: int | None
    retiring_at: int | None
    public: bytes
    sealed: bytes = field(repr=False)


class KeyStore(Protocol):
    """Where sealed keys rest; shared by all processes."""

    def keys(self) -> Sequence[SealedKey]:
        """All of them, in order of (use, sequence)."""

    def add(self, key: SealedKey) -> bool:
        """Insert unless its (use, sequence) is taken; whether it was inserted."""

    def update(self, keys: Sequence[SealedKey], seen: Sequence[SealedKey]) -> bool:
        """Write states and times of existing keys, in one transaction, unless the keys are not
        those that were seen any more; whether they were.
        """
