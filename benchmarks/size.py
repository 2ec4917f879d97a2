"""Bytes per family at 1 000 000 families, and how much slower refreshes get with them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from random import Random
from statistics import median

from reticket.core.identifiers import family_id
from reticket.core.model import Family, RefreshToken
from reticket.core.policy import KIBO_2026
from reticket.core.ports import Stepped
from reticket.core.rotation import Decision, decide
from reticket.stores.sqlite import SqliteStore

BATCH = 64
ROUNDS = 5
NOW = 1_790_000_000_000
AGENTS = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko" for number in range(200)]


class Step:
    """A refresh."""

    def __init__(self, token: RefreshToken) -> None:
        self.token = token

    def __call__(self, row: Family | None, now: int) -> Stepped[Decision]:
        decision = decide(row, self.token, now, KIBO_2026)
        return Stepped(decision.row, decision)


class Filled:
    """A store with that many families."""

    def __init__(self, path: Path, count: int) -> None:
        self.path = path
        self._store = SqliteStore(path, lambda: NOW)
        self._generations: dict[bytes, int] = {}
        for start in range(0, count, 10_000):
            batch = [_family(number) for number in range(start, min(start + 10_000, count))]
            self._store.create(batch)
            self._generations.update((family.id, 1) for family in batch)
        self._ids = list(self._generations)

    def refreshes_per_second(self, seconds: float, random: Random) -> float:
        """Batches of random families, each with its newest token."""
        done = 0
        start = time.perf_counter()
        while time.perf_counter() - start < seconds:
            chosen = random.sample(self._ids, BATCH)
            tokens = [RefreshToken(key, self._generations[key], None, NOW) for key in chosen]
            self._store.transact([(token.family, Step(token)) for token in tokens])
            for key in chosen:
                self._generations[key] += 1
            done += BATCH
        return done / (time.perf_counter() - start)

    def bytes_per_family(self) -> float:
        """Of the whole file, after what is in the log went into it."""
        self._store.close()
        return self.path.stat().st_size / len(self._ids)


def measure(folder: Path, count: int, seconds: float) -> list[str]:
    """Lines of the report."""
    random = Random(7)
    small = Filled(folder / "small.sqlite", 1_000)
    large = Filled(folder / "large.sqlite", count)
    pairs = [
        (small.refreshes_per_second(seconds, random), large.refreshes_per_second(seconds, random))
        for _ in range(ROUNDS)
    ]
    ratio = median(after / before for before, after in pairs)
    small.bytes_per_family()
    return [
        f"| families | bytes per family | refreshes/s, batches of {BATCH} |",
        "| --- | --- | --- |",
        f"| 1 000 | | {median(pair[0] for pair in pairs):,.0f} |",
        f"| {count:,} | {large.bytes_per_family():.0f} (goal: 200 at most) "
        f"| {median(pair[1] for pair in pairs):,.0f} |",
        "",
        f"Speed with {count:,} families against 1 000: {ratio:.2f} (goal: 0.80 at least), median "
        f"of {ROUNDS} pairs.",
    ]


def _family(number: int) -> Family:
    at = NOW - 10**9 + number
    return Family(
        id=family_id(at, os.urandom),
        resource="kibo.adminuser",
        subject=os.urandom(16).hex(),
        client=None,
        context="1000",
        scope=None,
        policy="KIBO_2026",
        ends_at=at + 10**11,
        expires_at=at + 10**10,
        generation=1,
        parent=0,
        floor=0,
        open_from=1,
        rotated_at=at,
        previous_sign_in=at - 5,
        device=AGENTS[number % len(AGENTS)],
    )
