"""The ring at one moment: immutable but for caches of what was derived. Safe for many threads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reticket.core.errors import StartupError
from reticket.core.ports import MacKey, SealedKey, Signer, Verifier
from reticket.crypto.sealing import SealBroken, Sealer, derive
from reticket.crypto.signing import signing_key, verifying_key

MAC = "mac"
SIGN = "sign"
ENDED = ("retired", "compromised")


def purpose_of(key: SealedKey) -> bytes:
    """What a key is sealed for: its place in the ring, so that none can be put in another's."""
    return f"ring/{key.use}/{key.id}".encode()


def current(keys: Iterable[SealedKey], now: int) -> list[SealedKey]:
    """The keys with the states that their times give them at that moment."""
    return [replace(key, state=_state(key, now)) for key in keys]


def _state(key: SealedKey, now: int) -> str:
    if key.state in ENDED:
        return key.state
    if key.retiring_at is not None and key.retiring_at <= now:
        return "retiring"
    return "active" if key.activates_at is not None and key.activates_at <= now else "next"


class Snapshot:
    """Owns the opened keys.

    Raises:
        StartupError: the master key does not open one of them.
    """

    def __init__(self, keys: Sequence[SealedKey], sealer: Sealer) -> None:
        self.keys = keys
        usable = [key for key in keys if key.state not in ENDED]
        secrets = {key.id: _opened(key, sealer) for key in usable}
        self._macs = _Line([key for key in usable if key.use == MAC])
        self._signs = _Line([key for key in usable if key.use == SIGN])
        self._secrets = {bytes.fromhex(key.id): secrets[key.id] for key in self._macs.keys}
        self._signers: dict[str, Signer] = {
            key.id: signing_key(key.id, key.algorithm, secrets[key.id]) for key in self._signs.keys
        }
        self._verifiers: dict[str, Verifier] = {
            key.id: verifying_key(key.id, key.algorithm, key.public) for key in self._signs.keys
        }
        self._derived: dict[tuple[str, bytes], MacKey] = {}
        self._lists: dict[str, Sequence[MacKey]] = {}

    def mac_at(self, label: str, at: int) -> MacKey:
        """The key of that moment, for that label."""
        return self._derive(label, bytes.fromhex(self._macs.at(at)))

    def mac_by_id(self, label: str, key_id: bytes) -> MacKey | None:
        """The key with that id, for that label."""
        known = self._derived.get((label, key_id))
        if known is not None or key_id not in self._secrets:
            return known
        return self._derive(label, key_id)

    def macs(self, label: str) -> Sequence[MacKey]:
        """All keys for that label, the newest first."""
        found = self._lists.get(label)
        if found is None:
            found = [self._derive(label, bytes.fromhex(key.id)) for key in self._macs.newest_first]
            self._lists[label] = found
        return found

    def signer_at(self, at: int) -> Signer:
        """The signing key of that moment."""
        return self._signers[self._signs.at(at)]

    def verifier(self, kid: str) -> Verifier | None:
        """The public key with that id."""
        return self._verifiers.get(kid)

    def _derive(self, label: str, key_id: bytes) -> MacKey:
        key = self._derived.get((label, key_id))
        if key is None:
            key = MacKey(key_id, derive(self._secrets[key_id], b"mac/" + label.encode()))
            self._derived[label, key_id] = key
        return key


class _Line:
    """Keys of one use in the order in which they sign."""

    def __init__(self, keys: Sequence[SealedKey]) -> None:
        self.keys = keys
        self.newest_first = sorted(keys, key=lambda key: -key.sequence)
        scheduled = [key for key in keys if key.activates_at is not None] or keys
        ordered = sorted(scheduled, key=lambda key: key.activates_at or 0, reverse=True)
        self._periods = [(key.activates_at or 0, key.id) for key in ordered]

    def at(self, moment: int) -> str:
        """Whose period it is; before the first, the first."""
        for since, key_id in self._periods:
            if since <= moment:
                return key_id
        return self._periods[-1][1]


def _opened(key: SealedKey, sealer: Sealer) -> bytes:
    try:
        return sealer.open(key.sealed, purpose_of(key))
    except SealBroken:
        raise StartupError(
            f"the master key does not open the sealed keys (key {key.id}); "
            "give the one that sealed them: RETICKET_MASTER_KEY or the file master.key"
        ) from None
