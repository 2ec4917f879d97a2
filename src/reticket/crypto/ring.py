"""The key ring: which key makes a token at a time, and which still verifies one.

Owns the keys of all processes through their store. Readers see an immutable snapshot; only `reload`
and the operations replace it. Every row is decrypted before anything is written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from reticket.core.policy import SECOND
from reticket.core.ports import Clock, Entropy
from reticket.core.tokens.keys import KeyStore, SealedKey, Signer
from reticket.crypto import key_lifecycle as life
from reticket.crypto import signing
from reticket.crypto.key_lifecycle import KeyRefused
from reticket.crypto.sealing import KEY_BYTES, Sealer
from reticket.crypto.snapshot import FURTHER, MAC, SIGN, Snapshot, purpose_of

USES = (MAC, SIGN)
"""The uses that have keys in every ring."""

EVERY_USE = (*USES, *FURTHER.values())
"""With those that have keys only where a client's registration wants their algorithm."""

MAC_ALGORITHM = "HMAC-SHA256"
OVERLAP = 5
"""Seconds from a rotation to the first token of the new key: by then every process knows
the key.
"""


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
    """The port `KeyRing`, and the operator's operations. Thread-safe.

    Args:
        algorithm: of new signing keys: ES256, EdDSA or RS256. When the newest key has another,
            a rotation begins at once.
        made: is told of each key that this process has stored, on whatever thread.

    Attributes:
        snapshot: the keys as they were at the last look.

    Raises:
        StartupError: the master key does not decrypt a key. Any operation may raise it too, when
            another process has added one.
    """

    def __init__(
        self,
        store: KeyStore,
        sealer: Sealer,
        clock: Clock,
        entropy: Entropy,
        algorithm: str = "ES256",
        made: Callable[[SealedKey], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._entropy = entropy
        self._tell = made
        self._algorithms = {MAC: MAC_ALGORITHM, SIGN: algorithm} | {
            use: name for name, use in FURTHER.items()
        }
        self._lock = threading.RLock()
        self.snapshot = Snapshot((), sealer)
        self._create_missing()

    def reload(self) -> None:
        """Read the keys that other processes have changed. Keeps the snapshot when nothing
        changed.
        """
        with self._lock:
            keys = tuple(self._store.keys())
            if keys != self.snapshot.keys:
                self.snapshot = Snapshot(keys, self._sealer)

    @property
    def uses(self) -> tuple[str, ...]:
        """The uses that have keys."""
        present = {key.use for key in self.snapshot.keys}
        return tuple(use for use in EVERY_USE if use in present)

    def require(self, algorithms: Iterable[str]) -> None:
        """Create the missing keys of these signature algorithms: for each, one that signs at once,
        and its successor.
        """
        for algorithm in algorithms:
            if algorithm != self._algorithms[SIGN]:
                self._complete(FURTHER[algorithm])

    def signer_for(self, algorithm: str, at: int) -> Signer:
        """The key of that algorithm that signs at that time (milliseconds). A missing one is
        created, which takes some tenths of a second.
        """
        while (signer := self.snapshot.signer_for(algorithm, at)) is None:
            self._complete(FURTHER[algorithm])
        return signer

    def listing(self) -> list[KeyFacts]:
        """All keys in their current states, in order of (use, sequence)."""
        return [_facts(key) for key in self._current()]

    def rotate(self, uses: Sequence[str] = (), overlap: int = OVERLAP) -> Sequence[str]:
        """Make the published successor sign from `overlap` seconds on, and publish the next one.
        During another rotation, this one begins right after it. Returns the rotated uses.

        Args:
            uses: none means all that have keys. KeyRefused for one that has none.
            overlap: seconds.
        """
        with self._lock:
            self.reload()
            chosen = uses or self.uses
            for use in chosen:
                self._expect_keys(use)
            for use in chosen:
                since = self._clock() + overlap * SECOND
                self._change(partial(life.rotated, use=use, at=since), use)
                self._with_successor(use)
            return chosen

    def retire(self, key_id: str) -> None:
        """Stop accepting a key's tokens. KeyRefused unless a rotation has replaced it."""
        with self._lock:
            self._change(lambda keys: [life.retired(_found(keys, key_id))])

    def compromise(self, key_id: str) -> None:
        """Stop accepting a key's tokens at once. When it signs, its successor takes over at
        once.
        """
        with self._lock:
            use = _found(self._current(), key_id).use
            self._change(
                lambda keys: life.compromised(keys, _found(keys, key_id), self._clock()), use
            )
            self._with_successor(use)

    def retire_due(self, longest_token: int) -> list[str]:
        """Retire the keys that have signed no token that is still valid. Returns their ids.

        Args:
            longest_token: lifetime of the longest refresh token, seconds.
        """
        with self._lock:
            before = self._clock() - longest_token * SECOND
            ended = self._change(lambda keys: map(life.retired, life.due(keys, before)))
            return [key.id for key in ended]

    def _create_missing(self) -> None:
        """Create the missing keys. Of two processes the first insert wins, and both read it."""
        with self._lock:
            self.reload()
            for use in dict.fromkeys((*USES, *self.uses)):
                self._complete(use)

    def _complete(self, use: str) -> None:
        """Create the missing keys of a use: one that signs, and its successor."""
        with self._lock:
            self.reload()
            if not life.scheduled(self.snapshot.keys, use):
                self._insert(use, self._clock())
            self._follow_setting(use)
            self._with_successor(use)

    def _expect_keys(self, use: str) -> None:
        if use not in self.uses:
            raise KeyRefused(f"there is no key for {use}: no client has that algorithm")

    def _follow_setting(self, use: str) -> None:
        """Retire waiting successors of another algorithm, and rotate when the newest key has
        another one.
        """
        algorithm = self._algorithms[use]
        self._change(
            lambda keys: [
                replace(key, state=life.RETIRED)
                for key in life.unscheduled(keys, use)
                if key.algorithm != algorithm
            ]
        )
        if life.scheduled(self.snapshot.keys, use)[-1].algorithm != algorithm:
            self.rotate((use,))

    def _current(self) -> list[SealedKey]:
        self.reload()
        return life.current(self.snapshot.keys, self._clock())

    def _with_successor(self, use: str) -> list[SealedKey]:
        """The keys in their current states, with one that waits for a rotation created if
        necessary.
        """
        while not life.unscheduled(keys := self._current(), use):
            self._insert(use, None)
        return keys

    def _change(
        self, decide: Callable[[list[SealedKey]], Iterable[SealedKey]], use: str | None = None
    ) -> Sequence[SealedKey]:
        """Write the changes that `decide` returns, and decide again when another process has
        changed a key meanwhile: a key that it has ended must not come back. Returns the written
        keys.

        Args:
            decide: the keys to change, from the keys in their current states.
            use: create a waiting successor of this use first.
        """
        while True:
            keys = self._with_successor(use) if use else self._current()
            changed = list(decide(keys))
            if not changed or self._store.update(changed, self.snapshot.keys):
                break
        self.reload()
        return changed

    def _insert(self, use: str, activates_at: int | None) -> None:
        """Insert the next key unless another process has just done so; then its key is used."""
        places = [key.sequence for key in self.snapshot.keys if key.use == use]
        key = self._made(use, max(places, default=0) + 1, activates_at)
        if self._store.add(key):
            self._tell(key)
        self.reload()

    def _made(self, use: str, sequence: int, activates_at: int | None) -> SealedKey:
        algorithm = self._algorithms[use]
        private, public = self._material(use)
        state = life.NEXT if activates_at is None else life.ACTIVE
        key = SealedKey(
            self._free_id(),
            use,
            algorithm,
            sequence,
            state,
            self._clock(),
            activates_at,
            None,
            public,
            b"",
        )
        return replace(key, sealed=self._sealer.seal(private, purpose_of(key)))

    def _material(self, use: str) -> tuple[bytes, bytes]:
        if use == MAC:
            return self._entropy(KEY_BYTES), b""
        return signing.generate(self._algorithms[use])

    def _free_id(self) -> str:
        taken = {key.id for key in self.snapshot.keys}
        while (key_id := self._entropy(4).hex()) in taken:
            pass
        return key_id


def _found(keys: Iterable[SealedKey], key_id: str) -> SealedKey:
    for key in keys:
        if key.id == key_id:
            return key
    raise KeyRefused(f"there is no key {key_id}")


def _facts(key: SealedKey) -> KeyFacts:
    return KeyFacts(
        key.id,
        key.use,
        key.algorithm,
        key.state,
        key.created_at,
        key.activates_at,
        key.retiring_at,
    )
