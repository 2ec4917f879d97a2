from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from reticket.core.ports import Entropy
from reticket.core.tokens.keys import KeyStore, SealedKey
from reticket.crypto.ring import KeyFacts, Ring
from reticket.crypto.sealing import Sealer
from reticket.testing.clock import FakeClock

MASTER = b"M" * 32


class MemoryKeyStore:
    """The port `KeyStore` in memory; safe for many threads, and counts its writes."""

    def __init__(self) -> None:
        self.rows: dict[str, SealedKey] = {}
        self.writes = 0
        self._lock = threading.Lock()

    def keys(self) -> Sequence[SealedKey]:
        with self._lock:
            return sorted(self.rows.values(), key=lambda key: (key.use, key.sequence))

    def add(self, key: SealedKey) -> bool:
        with self._lock:
            self.writes += 1
            places = {(row.use, row.sequence) for row in self.rows.values()}
            free = (key.use, key.sequence) not in places
            if free:
                self.rows[key.id] = key
            return free

    def update(self, keys: Sequence[SealedKey], seen: Sequence[SealedKey]) -> bool:
        found = self.keys()
        with self._lock:
            self.writes += 1
            for key in keys if found == list(seen) else ():
                self.rows[key.id] = replace(
                    self.rows[key.id],
                    state=key.state,
                    activates_at=key.activates_at,
                    retiring_at=key.retiring_at,
                )
        return found == list(seen)


class Keys:
    """Opens rings on one store and one clock, and looks at them as an operator does."""

    def __init__(self, clock: FakeClock) -> None:
        self.store = MemoryKeyStore()
        self.clock = clock

    def ring(
        self,
        algorithm: str = "ES256",
        *,
        master: bytes = MASTER,
        store: KeyStore | None = None,
        entropy: Entropy = os.urandom,
        made: Callable[[SealedKey], None] = lambda _: None,
    ) -> Ring:
        sealer = Sealer(lambda: master, entropy)
        return Ring(store or self.store, sealer, self.clock, entropy, algorithm, made)

    def rows(self) -> list[SealedKey]:
        """The stored keys, in order of (use, sequence)."""
        return sorted(self.store.rows.values(), key=lambda row: (row.use, row.sequence))

    def states(self, ring: Ring, use: str = "mac") -> list[str]:
        return [facts.state for facts in ring.listing() if facts.use == use]

    def one(self, ring: Ring, state: str, use: str = "mac") -> KeyFacts:
        """The newest key of that use in that state."""
        return [facts for facts in ring.listing() if (facts.use, facts.state) == (use, state)][-1]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def keys(clock: FakeClock) -> Keys:
    return Keys(clock)


@pytest.fixture(scope="session")
def fresh_keys() -> Callable[[], Keys]:
    """Makes new keys, for tests that run many examples."""
    return lambda: Keys(FakeClock())


@pytest.fixture
def together() -> Callable[[Sequence[Callable[[], None]]], None]:
    """Runs all at once in threads of their own; raises what one of them raised."""

    def run(calls: Sequence[Callable[[], None]]) -> None:
        start, faults = threading.Barrier(len(calls)), []

        def begin(call: Callable[[], None]) -> None:
            start.wait()
            try:
                call()
            except BaseException as fault:
                faults.append(fault)

        threads = [threading.Thread(target=begin, args=(call,)) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]

    return run
