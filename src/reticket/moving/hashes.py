"""Counts people by the forms of their password hashes, and wraps weak hashes in current ones.

Each wrapped hash is stored at once. So a job that was cut off goes on where it ended.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from reticket.core.password_hasher import HashKind, HashState, PasswordHasher
from reticket.directory.people.stored_hashes import StoredHash, StoredHashes

RenewHash = Callable[[str, str, str], None]
"""As `core.ports.Directory.renew_hash`."""

AT_ONCE = 16
"""Hashes for each thread in one batch: little is lost when the job is ended."""


def kinds_of(hashes: StoredHashes, hasher: PasswordHasher) -> Counter[HashKind]:
    """How many people have a hash of each kind."""
    return Counter(hasher.kind_of(each.text) for page in hashes.walk() for each in page)


@dataclass(frozen=True, slots=True)
class Wrapping:
    """The job.

    Args:
        hashes: all stored hashes.
        hasher: wraps one.
        renew: replaces a person's hash, unless it has changed meanwhile.
        threads: how many are computed at once.
        rate: people a second at most; None for no limit.
        timer: monotonic seconds.
        rest: waits for that many seconds.
    """

    hashes: StoredHashes
    hasher: PasswordHasher
    renew: RenewHash
    threads: int
    rate: float | None = None
    timer: Callable[[], float] = time.monotonic
    rest: Callable[[float], object] = time.sleep

    def run(self) -> Iterator[int]:
        """Wrap every weak hash; after each batch, how many were wrapped so far."""
        begun, done = self.timer(), 0
        with ThreadPoolExecutor(self.threads, "wrap") as pool:
            for batch in self._batches():
                made = list(pool.map(self.hasher.wrapped, [each.text for each in batch]))
                for each, new in zip(batch, made, strict=True):
                    if new is not None:
                        self.renew(each.user_id, each.text, new)
                        done += 1
                yield done
                self._keep_rate(done, begun)

    def _batches(self) -> Iterator[Sequence[StoredHash]]:
        """The weak ones, some at a time."""
        size = self._size()
        for page in self.hashes.walk():
            weak = [each for each in page if self.hasher.kind_of(each.text).state is HashState.WEAK]
            yield from (weak[at : at + size] for at in range(0, len(weak), size))

    def _size(self) -> int:
        """A slow rate has short batches, so that the load is even."""
        most = self.threads * AT_ONCE
        return most if self.rate is None else max(1, min(most, int(self.rate)))

    def _keep_rate(self, done: int, begun: float) -> None:
        if self.rate is not None:
            self.rest(max(0.0, done / self.rate - (self.timer() - begun)))
