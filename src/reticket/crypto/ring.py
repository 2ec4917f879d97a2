"""The key ring: which key makes a token at a time, and which still opens one.

Owns the life of keys (next, active, retiring, retired, compromised). Readers see an immutable
snapshot; only `reload` and the verbs replace it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reticket.core.errors import Code, ReticketError
from reticket.core.policy import SECOND
from reticket.core.ports import (
    Clock,
    Entropy,
    KeyStore,
    MacKey,
    SealedKey,
    Signer,
    Verifier,
)
from reticket.crypto.sealing import KEY_BYTES, Sealer
from reticket.crypto.signing import generate
from reticket.crypto.snapshot import ENDED, MAC, SIGN, Snapshot, current, purpose_of

USES = (MAC, SIGN)
MAC_ALGORITHM = "HMAC-SHA256"
OVERLAP = 5
"""Seconds between the word to rotate and the first token of the new key: by then all know it."""


class KeyRefused(ReticketError):
    """A verb on a key that cannot be carried out; the message is for the operator."""

    code = Code.INVALID_PARAMETER


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A key as lists show it; times in milliseconds."""

    id: str
    use: str
    algorithm: str
    state: str
    created_at: int
    activates_at: int | None
    retiring_at: int | None


class Ring:
    """The port `KeyRing`, and the verbs of an operator.

    Args:
        algorithm: of new signing keys: ES256, EdDSA or RS256. When the active one has another,
            a rotation to it begins at once.

    Raises:
        StartupError: the master key does not open a sealed key.
    """

    def __init__(
        self,
        store: KeyStore,
        sealer: Sealer,
        clock: Clock,
        entropy: Entropy,
        algorithm: str = "ES256",
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._entropy = entropy
        self._algorithms = {MAC: MAC_ALGORITHM, SIGN: algorithm}
        self._begin()
        self._snapshot = Snapshot(tuple(self._stored()), sealer)
        if not any(key.algorithm == algorithm and key.activates_at for key in self._of(SIGN)):
            self._change_algorithm()

    def mac_at(self, label: str, at: int) -> MacKey:
        """The key that was active at that time."""
        return self._snapshot.mac_at(label, at)

    def mac_by_id(self, label: str, key_id: bytes) -> MacKey | None:
        """A key that is neither retired nor compromised."""
        return self._snapshot.mac_by_id(label, key_id)

    def macs(self, label: str) -> Sequence[MacKey]:
        """All that are neither retired nor compromised, the newest first."""
        return self._snapshot.macs(label)

    def signer_at(self, at: int) -> Signer:
        """The signing key that was active at that time."""
        return self._snapshot.signer_at(at)

    def verifier(self, kid: str) -> Verifier | None:
        """The public key with that id, unless retired or compromised."""
        return self._snapshot.verifier(kid)

    def reload(self) -> None:
        """See what other processes did to the keys. Keeps the snapshot when nothing changed."""
        keys = tuple(self._stored())
        if keys != self._snapshot.keys:
            self._snapshot = Snapshot(keys, self._sealer)

    def listing(self) -> list[KeyFacts]:
        """All keys as they are now."""
        now = self._clock()
        return [
            KeyFacts(
                key.id,
                key.use,
                key.algorithm,
                key.state,
                key.created_at,
                key.activates_at,
                key.retiring_at,
            )
            for key in current(self._stored(), now)
        ]

    def rotate(self, uses: Sequence[str] = USES, overlap: int = OVERLAP) -> None:
        """Let the published successor sign from `overlap` seconds on, and publish the next."""
        for use in uses:
            self._rotate(use, overlap)
        self.reload()

    def retire(self, key_id: str) -> None:
        """Stop accepting a key's tokens. KeyRefused for one that still signs, or will."""
        key = self._find(key_id)
        if key.state in ("active", "next"):
            raise KeyRefused(f"key {key_id} is {key.state}; rotate first, then retire it")
        self._end(key, "retired")

    def compromise(self, key_id: str) -> None:
        """Stop accepting a key's tokens at once; if it signed, its successor does at once."""
        key = self._find(key_id)
        self._end(key, "compromised")
        if key.state == "active":
            self._rotate(key.use, 0)
        elif key.state == "next":
            self._add(key.use)
        self.reload()

    def retire_due(self, longest_token: int) -> list[str]:
        """Retire what has signed no token that still lives; the ids.

        Args:
            longest_token: lifetime of the longest refresh token, seconds.
        """
        dead = self._clock() - longest_token * SECOND
        due = [
            key
            for key in current(self._stored(), self._clock())
            if key.state == "retiring" and (key.retiring_at or 0) < dead
        ]
        for key in due:
            self._end(key, "retired")
        return [key.id for key in due]

    def _begin(self) -> None:
        """Make what is missing. Of two processes the first to insert wins, both read it."""
        for use in USES:
            present = [key for key in self._stored() if key.use == use]
            if not present:
                self._insert(use, 1, self._clock())
            if not any(key.state == "next" and key.activates_at is None for key in present):
                self._add(use)

    def _stored(self) -> Sequence[SealedKey]:
        return self._store.keys()

    def _of(self, use: str) -> list[SealedKey]:
        keys = current(self._stored(), self._clock())
        return [key for key in keys if key.use == use and key.state not in ENDED]

    def _find(self, key_id: str) -> SealedKey:
        for key in current(self._stored(), self._clock()):
            if key.id == key_id:
                return key
        raise KeyRefused(f"there is no key {key_id}")

    def _end(self, key: SealedKey, state: str) -> None:
        self._store.update([replace(key, state=state)])
        self.reload()

    def _rotate(self, use: str, overlap: int) -> None:
        at = self._clock() + overlap * SECOND
        keys = self._of(use)
        signing = [key for key in keys if key.activates_at is not None and not key.retiring_at]
        successor = next(key for key in keys if key.activates_at is None)
        changed = [replace(key, retiring_at=at) for key in signing]
        self._store.update([*changed, replace(successor, activates_at=at)])
        self._add(use)

    def _change_algorithm(self) -> None:
        """The published successor has the old algorithm: publish another, and rotate to it."""
        for key in self._of(SIGN):
            if key.activates_at is None:
                self._end(key, "retired")
        self._add(SIGN)
        self.rotate((SIGN,))

    def _add(self, use: str) -> None:
        sequence = 1 + max(key.sequence for key in self._stored() if key.use == use)
        self._insert(use, sequence, None)

    def _insert(self, use: str, sequence: int, activates_at: int | None) -> None:
        """Insert unless the place is taken: then somebody else was faster, and theirs counts."""
        key_id = self._free_id()
        algorithm = self._algorithms[use]
        private, public = (self._entropy(KEY_BYTES), b"") if use == MAC else generate(algorithm)
        now = self._clock()
        state = "next" if activates_at is None else "active"
        key = SealedKey(
            key_id, use, algorithm, sequence, state, now, activates_at, None, public, b""
        )
        self._store.add(replace(key, sealed=self._sealer.seal(private, purpose_of(key))))

    def _free_id(self) -> str:
        taken = {key.id for key in self._stored()}
        while (key_id := self._entropy(4).hex()) in taken:
            pass
        return key_id
