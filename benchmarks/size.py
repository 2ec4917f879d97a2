"""Bytes per session at 1 000 000 sessions, what a refresh costs the engine there, and how much
slower refreshes get.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

import msgspec

from benchmarks.engines import Engine, started
from benchmarks.operations import OPERATION
from benchmarks.servers import HERE, service
from benchmarks.wrk import drive
from reticket.core.identifiers import family_id
from reticket.core.model import Family, Outcome, RefreshToken
from reticket.core.people import User
from reticket.core.policy import SECOND
from reticket.core.ports import StepResult, Store
from reticket.core.sessions.rotation import decide
from reticket.core.tokens.mint import Mint
from reticket.dialects.akinon.user import AKINON_2026
from reticket.runtime.opened_service import OpenedService
from reticket.runtime.opening import Builder

ROUNDS = 5
FEW = 1_000
SAMPLE = 60_000
"""Tokens of sessions chosen at random, each in its turn: no page is asked for twice soon."""

STRAIN = 12_800
"""Sessions, chosen at random, that are refreshed once without a service around them: too few of a
million to meet on a page.
"""

BATCH = 64
CONNECTIONS = 64
KIND = "akinon.user"
SPREAD = 10 * 86_400 * SECOND
AGENTS = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko" for number in range(200)]
GOALS = {"sqlite": 200, "postgresql": 250}
"""Bytes per family."""


@dataclass(frozen=True, slots=True)
class Strained:
    """What a refresh costs the engine itself, in batches of sessions chosen at random."""

    rate: float
    microseconds: float
    logged: float

    def lines(self) -> list[str]:
        """Of the report."""
        lines = [f"Without HTTP, {BATCH} sessions a batch, one client: {self.rate:,.0f}/s."]
        if self.logged:
            lines += [
                f"Each costs the engine's own processes {self.microseconds:.1f} µs of processor",
                f"time, and its log {self.logged:,.0f} bytes. That is just after a checkpoint, if",
                "the engine has any: the first change of a page then writes the whole page.",
            ]
        return lines


@dataclass(frozen=True, slots=True)
class Filled:
    """An engine with that many sessions, and tokens of some of them."""

    folder: Path
    engine: Engine
    count: int
    tokens: Sequence[str]
    bytes_each: float
    strained: Strained
    rates: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Measured:
    """An engine with few sessions and one with many."""

    name: str
    few: Filled
    many: Filled

    def lines(self) -> list[str]:
        """Of the report."""
        many, rates = self.many, [median(each.rates) for each in (self.few, self.many)]
        ratio = median(b / a for a, b in zip(self.few.rates, many.rates, strict=True))
        goal = f" (goal: {GOALS[self.name]} at most)" if self.name in GOALS else ""
        slower = " (goal: 0.80 at least)" if self.name == "sqlite" else ""
        return [
            f"{many.engine.title}. Akinon refreshes over HTTP, {CONNECTIONS} connections, sessions",
            "in random order. One service process, engine and wrk are on the same machine.",
            "",
            "| sessions | bytes per session | refreshes/s |",
            "| --- | --- | --- |",
            f"| {FEW:,} | | {rates[0]:,.0f} |",
            f"| {many.count:,} | {many.bytes_each:.1f}{goal} | {rates[1]:,.0f} |",
            "",
            f"Speed with {many.count:,} sessions against {FEW:,}: {ratio:.2f}{slower}, median of "
            f"{ROUNDS} pairs.",
            "",
            *many.strained.lines(),
        ]

    def figures(self) -> dict[str, float]:
        """What plans are computed from."""
        figures = {
            "sessions": self.many.count,
            "bytes_per_session": round(self.many.bytes_each, 1),
            "engine_microseconds": round(self.many.strained.microseconds, 1),
            "logged_bytes": round(self.many.strained.logged),
        }
        return {name: figure for name, figure in figures.items() if figure}


def measure(folder: Path, name: str, count: int, seconds: int) -> Measured:
    """An engine of that name with few sessions and one with many."""
    with ExitStack() as running:
        few, many = (
            _filled(folder / each, running.enter_context(started(name, folder / each)), sessions)
            for each, sessions in (("few", FEW), ("many", count))
        )
        ports = [
            running.enter_context(service(each.folder, each.engine.settings))
            for each in (few, many)
        ]
        for _ in range(ROUNDS):
            for each, port in zip((few, many), ports, strict=True):
                measured = drive(OPERATION, port, CONNECTIONS, seconds, each.tokens, each.folder)
                each.rates.append(measured.rate)
    return Measured(name, few, many)


def _filled(folder: Path, engine: Engine, count: int) -> Filled:
    builder = Builder()
    said = {name.removeprefix("RETICKET_").lower(): url for name, url in engine.settings.items()}
    settings = builder.load(None, {"data": folder / "data", **said})
    instance = builder.open(settings)
    try:
        instance.seed(HERE / "seed.yaml")
        user = instance.directory.user_by_email("bench@example.com")
        assert user is not None
        mine, others = _fill(instance, user, count)
        tokens = _tokens(instance, user, mine)
    finally:
        instance.close()
    bytes_each = engine.taken() / count
    store = builder.sessions(settings.sessions, settings)
    try:
        return Filled(folder, engine, count, tokens, bytes_each, _strain(store, engine, others))
    finally:
        store.close()


def _fill(instance: OpenedService, user: User, count: int) -> tuple[list[Family], list[bytes]]:
    """Sessions in order of their time, as they come: some of the user's, in another order, and
    the ids of some of all others, each of which has a subject of its own.
    """
    random = Random(7)
    mine, others = [], []
    begin = instance.clock() - SPREAD
    for start in range(0, count, 10_000):
        batch = []
        for number in range(start, min(count, start + 10_000)):
            own = random.random() < min(0.5, SAMPLE / count)
            subject = user.id if own else random.randbytes(16).hex()
            batch.append(_family(instance, subject, begin + SPREAD * number // count, random))
            if own:
                mine.append(batch[-1])
            elif random.random() < STRAIN / count:
                others.append(batch[-1].id)
        instance.store.create(batch)
    random.shuffle(mine)
    random.shuffle(others)
    return mine, others


def _strain(store: Store, engine: Engine, families: Sequence[bytes]) -> Strained:
    logged, busy, began = engine.logged(), engine.busy(), perf_counter()
    for start in range(0, len(families), BATCH):
        store.transact([(family, _refreshed) for family in families[start : start + BATCH]])
    passed = perf_counter() - began
    count = len(families)
    return Strained(
        count / passed,
        (engine.busy() - busy) / count * 1e6,
        (engine.logged() - logged) / count,
    )


def _refreshed(row: Family | None, now: int) -> StepResult[None]:
    assert row is not None
    token = RefreshToken(row.id, row.generation, None, row.rotated_at)
    return (decide(row, token, now, AKINON_2026).row, None)


def _tokens(instance: OpenedService, user: User, families: list[Family]) -> list[str]:
    mint = Mint(instance.ring, msgspec.json.encode, msgspec.json.decode)
    known = (kind for dialect in instance.dialects for kind in dialect.kinds)
    kind = next(each for each in known if each.name == KIND)
    policy = instance.policies[KIND]
    return [
        mint.issue(
            kind, policy, Outcome.ADVANCED, family, user, None, family.rotated_at
        ).refresh_token
        for family in families
    ]


def _family(instance: OpenedService, subject: str, at: int, random: Random) -> Family:
    policy = instance.policies[KIND]
    return Family(
        id=family_id(at, os.urandom),
        resource=KIND,
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
