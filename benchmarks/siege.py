"""Honest refreshes at half of what the service can do, alone and beside hostile traffic: idle
connections, nonsense and a purge, all at once.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from tests.attacks.throng import ADDRESSES, IDLE, RATE

from benchmarks.engines import started as started_engine
from benchmarks.processes import Said, ended, honest, started
from benchmarks.purge import FILLINGS, SWEEPING
from benchmarks.report import Bound, table
from benchmarks.servers import HOST, service

CLIENTS = 32
GOAL = 3.0
"""p99 beside hostile traffic over p99 alone, at most."""

STEADY = 0.10
"""How much memory may vary after the first minute."""

MINUTE = 60.0
WARM_UP = 5.0
PEAK = 30.0
"""Seconds in which the peak is taken: on a shared machine no five seconds are like the next."""


@dataclass(frozen=True, slots=True)
class Besieged:
    """What was measured. Memory in bytes, a sample a second from the first minute on."""

    rate: float
    rows: int
    seconds: float
    alone: Said
    beside: Said
    memory: Sequence[int]
    throng: str

    def bounds(self) -> list[Bound]:
        """What must hold."""
        ratio = self.beside["p99"] / self.alone["p99"]
        lost = sum(self.beside["lost"].values())
        least, most = min(self.memory), max(self.memory)
        spread = (most - least) / least
        span = f"{least / 2**20:,.0f} to {most / 2**20:,.0f} MiB"
        return [
            Bound(
                "p99 beside hostile traffic / alone",
                f"{ratio:.2f}",
                f"<= {GOAL:.2f}",
                ratio <= GOAL,
            ),
            Bound("requests lost beside hostile traffic", str(lost), "0", not lost),
            Bound(
                f"spread of memory, {span}", f"{spread:.1%}", f"<= {STEADY:.0%}", spread <= STEADY
            ),
        ]

    def lines(self) -> list[str]:
        """Of the report."""
        return [
            f"SQLite. {CLIENTS} connections refresh {self.rate:,.0f} times a second. That is half",
            f"of their rate alone without a pause. Beside them for {self.seconds:,.0f} s are",
            f"{IDLE:,} idle connections from {ADDRESSES} addresses, {RATE:,} meaningless requests",
            f"a second, and the purge of {self.rows:,} entries. Memory is the service's after the",
            "first minute. Clients and service share the cores of one machine.",
            "",
            "| | good | lost | p50 ms | p99 ms |",
            "| --- | --- | --- | --- | --- |",
            _row("alone", self.alone),
            _row("beside hostile traffic", self.beside),
            "",
            *table(self.bounds()),
            "",
            f"The hostile clients saw: {self.throng}.",
        ]


def measure(folder: Path, rows: int, seconds: float) -> Besieged:
    """Let them come.

    Args:
        folder: made for it.
        rows: entries that are purged meanwhile.
        seconds: beside hostile traffic, and before that alone: the machine disturbs both alike. The
            first minute does not count for memory.
    """
    with (
        started_engine("sqlite", folder) as engine,
        service(folder, {**engine.settings, **SWEEPING}) as port,
    ):
        rate = float(ended(honest(port, CLIENTS, 0, PEAK))["good"]) / PEAK / 2
        alone = ended(honest(port, CLIENTS, rate, seconds - WARM_UP))
        FILLINGS["sqlite"].fill(folder, engine, rows)
        throng = started("tests.attacks.throng", f"http://{HOST}:{port}", str(seconds))
        clients = honest(port, CLIENTS, rate, seconds - WARM_UP)
        memory = list(_memory_until(clients, port))
        beside = ended(clients)
        seen = throng.communicate(timeout=MINUTE)[0].decode().strip()
    steady = memory[int(MINUTE) :] or memory
    return Besieged(rate, rows, seconds, alone, beside, steady, seen)


def _row(name: str, said: Said) -> str:
    lost = ", ".join(f"{count} {what}" for what, count in said["lost"].items()) or "0"
    p50, p99 = said["p50"] * 1000, said["p99"] * 1000
    return f"| {name} | {said['good']:,} | {lost} | {p50:.1f} | {p99:.1f} |"


def _memory_until(clients: subprocess.Popen[bytes], port: int) -> Iterator[int]:
    """Bytes that the service has, a sample a second until they have done."""
    server = _listener(port)
    while clients.poll() is None:
        yield server.memory_info().rss
        time.sleep(1.0)


def _listener(port: int) -> psutil.Process:
    for each in psutil.Process().children():
        if str(port) in each.cmdline() and "serve" in each.cmdline():
            return each
    raise SystemExit("the service is gone")
