"""The ports of keys: signing and verifying, the key ring, and the storage of sealed keys.

Synchronous; any of it may raise `Unavailable`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

MacFunction: TypeAlias = Callable[[bytes], bytes]
"""HMAC-SHA256 (RFC 2104) with one secret: 32 bytes."""


def access_label(kind: str) -> str:
    """The label of the symmetric keys of a token kind's access tokens. Keys of different labels
    cannot be computed from each other (RFC 5869 §3.2).
    """
    return f"{kind}/jwt/access"


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A symmetric key of access tokens of one kind, for a service that checks them.

    Args:
        id: 8 hex digits, of the ring's entry.
        secret: 32 bytes.
        signs_from: milliseconds.
        signs_until: when its successor takes over; None while none is appointed.
    """

    id: str
    secret: bytes = field(repr=False)
    signs_from: int
    signs_until: int | None


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


class MacKeys(Protocol):
    """The symmetric keys of one label. Compromised and retired keys are not among them."""

    @property
    def by_id(self) -> Mapping[bytes, MacKey]: ...

    @property
    def likeliest_first(self) -> Sequence[MacKey]:
        """All of them, the likeliest to have signed first."""

    def end_of(self, key: MacKey) -> int | None:
        """When its successor took over, or will (milliseconds); None for the newest key."""

    def at(self, moment: int) -> MacKey:
        """The key that was active at that time in milliseconds (the oldest usable one for times
        before it).
        """


class KeySnapshot(Protocol):
    """The keys at one moment.

    Attributes:
        macs: symmetric keys by label: `<token kind>/<face>/<use>`.
    """

    @property
    def macs(self) -> Mapping[str, MacKeys]: ...

    def access_keys(self, kind: str, at: int) -> Sequence[AccessKey]:
        """The keys of the access tokens of a kind: those that sign at that time or are about to,
        and the one before. The newest is first.
        """

    def signer_at(self, at: int) -> Signer:
        """The signing key that was active at that time."""

    def verifier(self, kid: str) -> Verifier | None:
        """The public key with that id, unless retired or compromised."""

    def verifiers(self) -> Sequence[Verifier]:
        """All public keys that are neither retired nor compromised, the next one among them."""


class KeyRing(Protocol):
    """Holds the current snapshot, which is replaced when keys change."""

    @property
    def snapshot(self) -> KeySnapshot: ...

    def signer_for(self, algorithm: str, at: int) -> Signer:
        """The key of a signature algorithm that was active at that time. A missing one is created,
        which takes some tenths of a second: never call it on the event loop.
        """


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A stored key of the ring.

    Args:
        id: 8 lower-case hex digits; the 4 bytes that tokens carry.
        use: `mac`, `sign`, or `sign-RS256` for further keys of an algorithm.
        algorithm: `HMAC-SHA256`, `ES256`, `EdDSA` or `RS256`.
        sequence: counts from 1 per use; unique, so that two processes cannot both add the first.
        state: `next`, `active`, `retiring`, `retired` or `compromised`.
        created_at: milliseconds.
        activates_at: milliseconds; it signs from then until its successor does.
        retiring_at: when its successor took over, or None.
        public: SubjectPublicKeyInfo, DER; empty for `mac`.
        sealed: the private part, encrypted under the master key.
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
    """The storage of sealed keys, shared by all processes."""

    def keys(self) -> Sequence[SealedKey]:
        """All of them, in order of (use, sequence)."""

    def add(self, key: SealedKey) -> bool:
        """Insert a key unless its (use, sequence) exists. Returns whether it was inserted."""

    def update(self, keys: Sequence[SealedKey], seen: Sequence[SealedKey]) -> bool:
        """Write states and times of existing keys in one transaction, unless the keys have changed
        since `seen`. Returns whether they were written.
        """
