"""How many machines so many sessions take: arithmetic on what was measured, and on assumptions that
the command line may replace.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil

DAY = 86_400
GB = 10**9
MB = 10**6
ENGINES = {"postgresql": "PostgreSQL", "valkey": "Valkey cluster"}
INPUTS = {
    "bytes_per_session": "bytes a session",
    "engine_microseconds": "µs of the engine's processor a refresh",
    "logged_bytes": "bytes of its log a refresh",
    "refreshes_per_second": "refreshes/s of one service process beside its engine on two cores",
}


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What nobody can measure here, and which machines there are.

    Args:
        refreshes: of a session in a day.
        peak: the busiest hour's rate over the mean.
        share: of what was measured that is planned on; the rest is for faults and growth.
        copies: of every session, its first included.
        cores, memory, log: of a machine: processors, GB, and MB that it may write in a second.
        shard: GB that one Valkey process may hold; a larger one takes long to copy.
    """

    refreshes: float = 10
    peak: float = 3
    share: float = 0.5
    copies: int = 2
    cores: int = 16
    memory: float = 64
    log: float = 200
    shard: float = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """So many sessions on an engine.

    Args:
        measured: of that engine; see `INPUTS`.
        threads: whether one process of the engine works on one processor only.
    """

    sessions: int
    measured: Mapping[str, float]
    threads: bool
    assumed: Assumptions

    @property
    def mean(self) -> float:
        """Refreshes, each of them a write of one row, in a second."""
        return self.sessions * self.assumed.refreshes / DAY

    @property
    def peak(self) -> float:
        """Of them in the busiest hour."""
        return self.mean * self.assumed.peak

    @property
    def taken(self) -> float:
        """Bytes of one copy."""
        return self.sessions * self.measured["bytes_per_session"]

    @property
    def logged(self) -> float:
        """Bytes a second at peak, of one copy."""
        return self.peak * self.measured["logged_bytes"]

    @property
    def busy(self) -> float:
        """Processors of the engine at peak."""
        return self.peak * self.measured["engine_microseconds"] / 1e6

    @property
    def by_processor(self) -> int:
        """Shards, so that none has more to compute than its share."""
        cores = 1 if self.threads else self.assumed.cores
        return ceil(self.busy / (cores * self.assumed.share))

    @property
    def by_memory(self) -> int:
        """Shards, so that each holds its rows in memory: they are met in random order."""
        memory = self.assumed.shard if self.threads else self.assumed.memory * self.assumed.share
        return ceil(self.taken / (memory * GB))

    @property
    def by_log(self) -> int:
        """Shards, so that each gets its log to the disk."""
        return ceil(self.logged / (self.assumed.log * self.assumed.share * MB))

    @property
    def shards(self) -> int:
        """As many as the scarcest thing demands."""
        return max(self.by_processor, self.by_memory, self.by_log)

    @property
    def machines(self) -> int:
        """Of the engine, for all copies."""
        assumed = self.assumed
        cores = 1 if self.threads else assumed.cores
        share = assumed.share
        return assumed.copies * max(
            ceil(self.shards * cores / assumed.cores),
            ceil(self.taken / (assumed.memory * share * GB)),
            ceil(self.logged / (assumed.log * share * MB)),
        )

    @property
    def services(self) -> int:
        """Processes of reticket."""
        return ceil(self.peak / (self.measured["refreshes_per_second"] * self.assumed.share))


ROWS: Mapping[str, Callable[[Plan], str]] = {
    "rows": lambda plan: f"{plan.sessions:,}",
    "row writes/s, mean": lambda plan: f"{plan.mean:,.0f}",
    "row writes/s, busiest hour": lambda plan: f"{plan.peak:,.0f}",
    "bytes, one copy": lambda plan: f"{plan.taken / GB:,.1f} GB",
    "log/s, busiest hour, one copy": lambda plan: f"{plan.logged / MB:,.0f} MB",
    "processors of the engine, busiest hour": lambda plan: f"{plan.busy:,.1f}",
    "shards that the processors ask for": lambda plan: f"{plan.by_processor:,}",
    "… that the memory asks for": lambda plan: f"{plan.by_memory:,}",
    "… that the log asks for": lambda plan: f"{plan.by_log:,}",
    "**shards**": lambda plan: f"**{plan.shards:,}**",
    "machines of the engine, all copies": lambda plan: f"{plan.machines:,}",
    "service processes": lambda plan: f"{plan.services:,}",
}


def lines(
    figures: Mapping[str, Mapping[str, float]], sessions: list[int], assumed: Assumptions
) -> Iterator[str]:
    """The plan, its inputs before it."""
    yield from _inputs(figures)
    yield ""
    yield (
        f"The plan assumes {assumed.refreshes:g} refreshes a session a day, {assumed.peak:g} times "
        f"as many in the busiest hour, and {assumed.copies} copies of everything. It uses "
        f"{assumed.share:.0%} of what was measured. A machine has {assumed.cores} processors, "
        f"{assumed.memory:g} GB of memory and {assumed.log:g} MB/s of log. A Valkey process has "
        f"{assumed.shard:g} GB."
    )
    yield ""
    plans = {
        f"{title}, {_power(count)}": Plan(count, figures[engine], engine == "valkey", assumed)
        for engine, title in ENGINES.items()
        for count in sessions
    }
    yield f"| | {' | '.join(plans)} |"
    yield "| --- |" + " ---: |" * len(plans)
    for name, cell in ROWS.items():
        yield f"| {name} | {' | '.join(map(cell, plans.values()))} |"
    yield ""
    yield from _most(figures, assumed)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The assumptions, each under its name."""
    group = parser.add_argument_group("plan")
    group.add_argument("--sessions", type=float, nargs="+", default=[10**8, 10**9])
    for name in Assumptions.__dataclass_fields__:
        default = getattr(Assumptions(), name)
        group.add_argument(f"--{name}", type=type(default), default=default)


def from_options(options: argparse.Namespace) -> Assumptions:
    """What the command line says."""
    return Assumptions(
        **{name: getattr(options, name) for name in Assumptions.__dataclass_fields__}
    )


def _inputs(figures: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    yield f"| measured | {' | '.join(ENGINES.values())} |"
    yield "| --- |" + " ---: |" * len(ENGINES)
    for name, meaning in INPUTS.items():
        cells = (f"{figures[engine][name]:,g}" for engine in ENGINES)
        yield f"| {meaning} | {' | '.join(cells)} |"


def _most(figures: Mapping[str, Mapping[str, float]], assumed: Assumptions) -> Iterator[str]:
    """Where one service process ends, and with it the engine that knows no other."""
    rate = figures["sqlite"]["refreshes_per_second"]
    most = rate * assumed.share / assumed.peak * DAY / assumed.refreshes
    size = most * figures["sqlite"]["bytes_per_session"]
    yield (
        f"One process on its SQLite file ({rate:,.0f} refreshes/s measured) carries "
        f"{most / 1e6:,.0f} million such sessions, in a file of {size / GB:,.1f} GB."
    )


def _power(count: int) -> str:
    text = f"{count:.0e}".replace("e+0", "e").replace("e+", "e")
    factor, _, power = text.partition("e")
    exponent = power.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{exponent}" if factor == "1" else f"{factor}·10{exponent}"
