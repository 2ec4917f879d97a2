"""Bytes per family at 1 000 000 families, and how much slower refreshes get with them."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

import msgspec

from benchmarks.operations import OPERATIONS
from benchmarks.servers import HERE, service
from benchmarks.wrk import drive
from reticket.app import Builder
from reticket.cli.house import House
from reticket.core.identifiers import family_id
from reticket.core.mint import Mint
from reticket.core.model import Family, Outcome
from reticket.core.people import User
from reticket.core.policy import SECOND

ROUNDS = 5
FEW = 1_000
SAMPLE = 60_000
"""Tokens of families chosen at random, each in its turn: no page is asked for twice soon."""

CONNECTIONS = 64
RESOURCE = "akinon.user"
OPERATION = next(each for each in OPERATIONS if each.name.startswith("akinon"))
SPREAD = 10 * 86_400 * SECOND
AGENTS = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko" for number in range(200)]


@dataclass(frozen=True, slots=True)
class Filled:
    """A data folder with that many families, and tokens of some of them."""

    folder: Path
    count: int
    tokens: list[str]

    @property
    def bytes_per_family(self) -> float:
        """Of the whole file; the log went into it when the last connection closed."""
        return (self.folder / "data" / "families.sqlite").stat().st_size / self.count


def measure(folder: Path, count: int, seconds: int) -> list[str]:
    """Lines of the report."""
    few, many = (_filled(folder / name, n) for name, n in (("few", FEW), ("many", count)))
    rates: dict[int, list[float]] = {few.count: [], many.count: []}
    bytes_each = many.bytes_per_family
    with ExitStack() as running:
        ports = {each.count: running.enter_context(service(each.folder)) for each in (few, many)}
        for _ in range(ROUNDS):
            for each in (few, many):
                port = ports[each.count]
                measured = drive(OPERATION, port, CONNECTIONS, seconds, each.tokens, each.folder)
                rates[each.count].append(measured.rate)
    ratio = median(b / a for a, b in zip(rates[few.count], rates[many.count], strict=True))
    return [
        f"Akinon refreshes over HTTP, {CONNECTIONS} connections, families in random order.",
        "",
        "| families | bytes per family | refreshes/s |",
        "| --- | --- | --- |",
        f"| {few.count:,} | | {median(rates[few.count]):,.0f} |",
        f"| {count:,} | {bytes_each:.0f} (goal: 200 at most) | {median(rates[count]):,.0f} |",
        "",
        f"Speed with {count:,} families against {FEW:,}: {ratio:.2f} (goal: 0.80 at least), median "
        f"of {ROUNDS} pairs.",
    ]


def _filled(folder: Path, count: int) -> Filled:
    builder = Builder()
    settings = builder.load(None, {"data": folder / "data"})
    house = builder.open(settings)
    try:
        house.seed(HERE / "seed.yaml")
        user = house.directory.user_by_email("bench@example.com")
        assert user is not None
        random = Random(7)
        kept: list[Family] = []
        for start in range(0, count, 10_000):
            size = min(10_000, count - start)
            batch = [_family(house, user.id, random) for _ in range(size)]
            house.store.create(batch)
            kept += random.sample(batch, min(size, max(1, size * SAMPLE // count)))
        random.shuffle(kept)
        return Filled(folder, count, _tokens(house, user, kept))
    finally:
        house.close()


def _tokens(house: House, user: User, families: list[Family]) -> list[str]:
    mint = Mint(house.ring, msgspec.json.encode, msgspec.json.decode)
    known = (resource for dialect in house.dialects for resource in dialect.resources)
    resource = next(each for each in known if each.name == RESOURCE)
    policy = house.policies[RESOURCE]
    return [
        mint.issue(
            resource, policy, Outcome.ADVANCED, family, user, None, family.rotated_at
        ).refresh_token
        for family in families
    ]


def _family(house: House, subject: str, random: Random) -> Family:
    policy = house.policies[RESOURCE]
    at = house.clock() - random.randrange(SPREAD)
    return Family(
        id=family_id(at, os.urandom),
        resource=RESOURCE,
        subject=subject,
        client=None,
        context=None,
        scope=None,
        policy=policy.name,
        ends_at=at + policy.absolute * SECOND,
        expires_at=at + policy.refresh * SECOND,
        generation=1,
        parent=0,
        floor=0,
        open_from=1,
        rotated_at=at,
        previous_sign_in=at - 5,
        device=random.choice(AGENTS),
    )
