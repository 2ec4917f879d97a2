"""The key ring at one moment: immutable except for a cache of derived keys. Thread-safe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reticket.core.errors import StartupError
from reticket.core.tokens.keys import (
    AccessKey,
    MacKeys,
    SealedKey,
    Signer,
    Verifier,
    access_label,
)
from reticket.crypto import signing
from reticket.crypto.key_lifecycle import in_signing_order, periods
from reticket.crypto.macs import Derived, DerivedKeys, HmacKey, Timeline
from reticket.crypto.sealing import SealBroken, Sealer, derive

MAC = "mac"
SIGN = "sign"


def use_for(algorithm: str) -> str:
    """The use of further keys of a signature algorithm, beside the keys of the setting."""
    return f"{SIGN}-{algorithm}"


FURTHER = {algorithm: use_for(algorithm) for algorithm in signing.ALGORITHMS}
"""The uses of further keys by algorithm."""


def purpose_of(key: SealedKey) -> bytes:
    """What a key is sealed for: its id and use, so that one key cannot be stored in another's
    place.
    """
    return f"ring/{key.use}/{key.id}".encode()


class Snapshot:
    """Owns the decrypted keys.

    Args:
        keys: all rows, as stored.

    Raises:
        StartupError: the master key does not decrypt a key that is still in use.
    """

    def __init__(self, keys: Sequence[SealedKey], sealer: Sealer) -> None:
        self.keys = keys
        self._mac_periods = periods(keys, MAC)
        self._secrets = {key.id: _opened(key, sealer) for key in _likeliest_first(keys, MAC)}
        # The public part comes from the encrypted key: a row with a forged public part proves
        # nothing.
        self._pairs = {
            key.id: signing.load(key.id, key.algorithm, _opened(key, sealer))
            for use in (SIGN, *FURTHER.values())
            for key in in_signing_order(keys, use)
        }
        self._verifiers = tuple(self._pairs.values())
        self._signers = self._timeline(SIGN)
        further = {algorithm: self._timeline(use) for algorithm, use in FURTHER.items()}
        self._further = {name: timeline for name, timeline in further.items() if timeline.periods}
        self.macs: Mapping[str, MacKeys] = DerivedKeys(self._derive)

    def signer_at(self, at: int) -> Signer:
        """The signing key at that time."""
        return self._signers.at(at)

    def signer_for(self, algorithm: str, at: int) -> Signer | None:
        """The key of that algorithm that signs at that time: the signing key of the setting, else a
        further one. None when there is none.
        """
        signer = self.signer_at(at)
        if signer.algorithm == algorithm:
            return signer
        further = self._further.get(algorithm)
        return further.at(at) if further else None

    def verifier(self, kid: str) -> Verifier | None:
        """The public key with that id."""
        return self._pairs.get(kid)

    def verifiers(self) -> Sequence[Verifier]:
        """All public keys."""
        return self._verifiers

    def access_keys(self, kind: str, at: int) -> Sequence[AccessKey]:
        """As `KeySnapshot.access_keys`."""
        info = _info(access_label(kind))
        found: dict[str, AccessKey] = {}
        newer: int | None = None
        for since, key in self._mac_periods:
            secret = derive(self._secrets[key.id], info)
            found.setdefault(key.id, AccessKey(key.id, secret, since, newer))
            newer = since
        keys = list(found.values())
        signing_or_soon = [key for key in keys if (key.signs_until or at + 1) > at]
        return keys[: len(signing_or_soon) + 1]

    def _timeline(self, use: str) -> Timeline[Signer]:
        return Timeline([(since, self._pairs[key.id]) for since, key in periods(self.keys, use)])

    def _derive(self, label: str) -> Derived:
        info = _info(label)
        made = {
            key_id: HmacKey(bytes.fromhex(key_id), derive(secret, info))
            for key_id, secret in self._secrets.items()
        }
        return Derived(
            [(since, made[key.id]) for since, key in self._mac_periods],
            {key.id: key for key in made.values()},
            tuple(made.values()),
        )


def _info(label: str) -> bytes:
    return b"mac/" + label.encode()


def _likeliest_first(keys: Sequence[SealedKey], use: str) -> list[SealedKey]:
    return sorted(
        in_signing_order(keys, use), key=lambda key: (key.activates_at is None, -key.sequence)
    )


def _opened(key: SealedKey, sealer: Sealer) -> bytes:
    try:
        return sealer.open(key.sealed, purpose_of(key))
    except SealBroken:
        raise StartupError(
            f"the master key does not decrypt the stored keys (key {key.id}); "
            "set RETICKET_MASTER_KEY or the file master.key to the one that encrypted them"
        ) from None
