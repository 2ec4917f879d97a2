"""Refreshes while the service removes a million entries that are over, and without."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter

import psycopg
import valkey

from benchmarks.engines import Engine, started
from benchmarks.operations import OPERATION
from benchmarks.report import Bound, table
from benchmarks.servers import service
from benchmarks.wrk import SPARE, Measured, drive

CONNECTIONS = 64
GOAL = 2.0
"""p99 during a purge over p99 without, at most."""

SWEEPING = {"RETICKET_EPHEMERAL__SWEEP_INTERVAL": "1"}
VALUE = "x" * 300
"""About what a pushed request takes."""

DYING = 59_000
"""Milliseconds that Valkey keeps what is over: the sweep takes it before the engine does."""

CHUNK = 10_000
OURS = "ends_at < 1000000000"
"""A time in the first days of 1970: of no entry but those."""


@dataclass(frozen=True, slots=True)
class Filling:
    """How an engine gets so many entries that are over, and whether it has any of them left."""

    fill: Callable[[Path, Engine, int], None]
    left: Callable[[Path, Engine, int], int]


@dataclass(frozen=True, slots=True)
class Purged:
    """What was measured of an engine."""

    title: str
    rows: int
    seconds: float
    without: list[Measured] = field(default_factory=list)
    during: list[Measured] = field(default_factory=list)

    def bounds(self) -> list[Bound]:
        """What must hold."""
        ratio = median(m.p99 for m in self.during) / median(m.p99 for m in self.without)
        what = f"{self.title.split()[0]}: p99 during the purge / without".replace(",", "")
        return [Bound(what, f"{ratio:.2f}", f"<= {GOAL:.2f}", ratio <= GOAL)]

    def lines(self) -> list[str]:
        """Of the report."""
        rows = {"without a purge": self.without, "during it": self.during}
        return [
            f"{self.title}. Akinon refreshes over HTTP, {CONNECTIONS} connections, while the same",
            f"service process removes {self.rows:,} expired short-lived entries. Figures are",
            "medians of rounds; of those without a purge half are before it and half after it.",
            "Clients and service share the cores of one machine.",
            "",
            "| | rounds | requests/s | p50 ms | p99 ms |",
            "| --- | --- | --- | --- | --- |",
            *(_row(name, measured) for name, measured in rows.items()),
            "",
            *table(self.bounds()),
            "",
            f"The purge took {self.seconds:,.0f} s: {self.rows / self.seconds:,.0f} entries/s.",
        ]


def measure(folder: Path, name: str, rows: int, seconds: int, rounds: int) -> Purged:
    """Purge an engine of that name.

    Args:
        folder: made for it.
        rows: entries that are over.
        seconds: of a round.
        rounds: without a purge, before it and after it.
    """
    filling = FILLINGS[name]
    with started(name, folder) as engine, service(folder, {**engine.settings, **SWEEPING}) as port:

        def a_round() -> Measured:
            tokens = [OPERATION.sign_in(port) for _ in range(CONNECTIONS + SPARE)]
            return drive(OPERATION, port, CONNECTIONS, seconds, tokens, folder)

        without = [a_round() for _ in range(rounds)]
        filling.fill(folder, engine, rows)
        begun, during = perf_counter(), []
        while filling.left(folder, engine, rows):
            during.append(a_round())
        passed = perf_counter() - begun
        without += [a_round() for _ in range(rounds)]
        return Purged(engine.title, rows, passed, without, during[:-1] or during)


def _row(name: str, measured: list[Measured]) -> str:
    rate = median(m.rate for m in measured)
    p50, p99 = median(m.p50 for m in measured), median(m.p99 for m in measured)
    return f"| {name} | {len(measured)} | {rate:,.0f} | {p50:.1f} | {p99:.1f} |"


def _sqlite(folder: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(folder / "data" / "families.sqlite", timeout=60))


def _fill_sqlite(folder: Path, engine: Engine, rows: int) -> None:
    """In the order in which they end, as they come."""
    over = ((sha256(b"%d" % number).hexdigest(), VALUE, number) for number in range(1, rows + 1))
    with _sqlite(folder) as file:
        file.execute("PRAGMA cache_size = -400000")
        file.executemany("INSERT INTO entries VALUES (?, ?, ?)", over)
        file.commit()
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _left_in_sqlite(folder: Path, engine: Engine, rows: int) -> int:
    with _sqlite(folder) as file:
        statement = f"SELECT count(*) FROM entries WHERE {OURS}"
        count: int = file.execute(statement).fetchone()[0]
    return count


def _fill_postgresql(folder: Path, engine: Engine, rows: int) -> None:
    with psycopg.connect(_url(engine)) as connection:
        connection.execute(
            "INSERT INTO entries SELECT sha256(number::text::bytea), %s, number "
            "FROM generate_series(1, %s) AS number",
            (VALUE.encode(), rows),
        )


def _left_in_postgresql(folder: Path, engine: Engine, rows: int) -> int:
    with psycopg.connect(_url(engine)) as connection:
        statement = f"SELECT count(*) FROM entries WHERE {OURS}"
        row = connection.execute(statement).fetchone()
    assert row is not None
    return int(row[0])


def _fill_valkey(folder: Path, engine: Engine, rows: int) -> None:
    with closing(valkey.Valkey.from_url(_url(engine))) as client:
        for start in range(0, rows, CHUNK):
            pipeline = client.pipeline(transaction=False)
            for number in range(start, min(rows, start + CHUNK)):
                pipeline.set(f"rt:e:bench:{number:x}", VALUE, px=DYING)
            pipeline.execute()


def _left_in_valkey(folder: Path, engine: Engine, rows: int) -> int:
    """Of a thousand of them."""
    sample = [f"rt:e:bench:{number:x}" for number in range(0, rows, max(1, rows // 1000))]
    with closing(valkey.Valkey.from_url(_url(engine))) as client:
        return int(client.exists(*sample))


def _url(engine: Engine) -> str:
    return engine.settings["RETICKET_SESSIONS"]


FILLINGS: Mapping[str, Filling] = {
    "sqlite": Filling(_fill_sqlite, _left_in_sqlite),
    "postgresql": Filling(_fill_postgresql, _left_in_postgresql),
    "valkey": Filling(_fill_valkey, _left_in_valkey),
}
