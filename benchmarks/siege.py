"""Honest refreshes at half of what the service can do, alone and beside a hostile throng: idle
connections, nonsense and a purge, all at once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from tests.attacks.throng import ADDRESSES, IDLE, RATE

from benchmarks.engines import started
from benchmarks.operations import OPERATION
from benchmarks.purge import FILLINGS, SWEEPING
from benchmarks.servers import HERE, HOST, service

CLIENTS = 32
GOAL = 3.0
"""p99 beside the throng over p99 alone, at most."""

STEADY = 0.10
"""How much memory may vary after the first minute."""

MINUTE = 60.0
WARM_UP = 5.0

Said = Mapping[str, Any]


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

    def lines(self) -> list[str]:
        """Of the report."""
        ratio = self.beside["p99"] / self.alone["p99"]
        least, most = min(self.memory), max(self.memory)
        return [
            f"SQLite, {CLIENTS} connections that refresh {self.rate:,.0f} times a second, half of",
            f"what they reach alone without a pause. Beside them for {self.seconds:,.0f} s:",
            f"{IDLE:,} idle connections from {ADDRESSES} addresses, {RATE:,} requests a second",
            f"that mean nothing, and the purge of {self.rows:,} entries. All on one machine.",
            "",
            "| | good | lost | p50 ms | p99 ms |",
            "| --- | --- | --- | --- | --- |",
            _row("alone", self.alone),
            _row("beside the throng", self.beside),
            "",
            f"p99 beside against alone: {ratio:.2f} (goal: {GOAL:.2f} at most). Memory of the",
            f"service after the first minute: {least / 2**20:,.0f} to {most / 2**20:,.0f} MiB, a",
            f"spread of {(most - least) / least:.1%} (goal: {STEADY:.0%} at most). The throng saw:",
            f"{self.throng}.",
        ]


def measure(folder: Path, rows: int, seconds: float) -> Besieged:
    """Let them come.

    Args:
        folder: made for it.
        rows: entries that are purged meanwhile.
        seconds: beside the throng; the first minute does not count for memory.
    """
    with (
        started("sqlite", folder) as engine,
        service(folder, {**engine.settings, **SWEEPING}) as port,
    ):
        rate = float(_ended(_honest(port, 0, WARM_UP))["good"]) / WARM_UP / 2
        alone = _ended(_honest(port, rate, MINUTE))
        FILLINGS["sqlite"].fill(folder, engine, rows)
        throng = _throng(port, seconds)
        honest = _honest(port, rate, seconds - WARM_UP)
        memory = list(_memory_until(honest, port))
        beside = _ended(honest)
        seen = throng.communicate(timeout=MINUTE)[0].decode().strip()
    steady = memory[int(MINUTE) :] or memory
    return Besieged(rate, rows, seconds, alone, beside, steady, seen)


def _row(name: str, said: Said) -> str:
    lost = ", ".join(f"{count} {what}" for what, count in said["lost"].items()) or "0"
    p50, p99 = said["p50"] * 1000, said["p99"] * 1000
    return f"| {name} | {said['good']:,} | {lost} | {p50:.1f} | {p99:.1f} |"


def _honest(port: int, rate: float, seconds: float) -> subprocess.Popen[bytes]:
    """Clients with sessions of their own, at work."""
    tokens = "\n".join(OPERATION.sign_in(port) for _ in range(CLIENTS))
    process = _started("benchmarks.honest", str(port), str(rate), str(seconds))
    assert process.stdin is not None
    process.stdin.write(tokens.encode())
    process.stdin.close()
    process.stdin = None
    return process


def _throng(port: int, seconds: float) -> subprocess.Popen[bytes]:
    return _started("tests.attacks.throng", f"http://{HOST}:{port}", str(seconds))


def _started(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, cwd=HERE.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _ended(process: subprocess.Popen[bytes]) -> Said:
    said: Said = json.loads(process.communicate()[0])
    return said


def _memory_until(honest: subprocess.Popen[bytes], port: int) -> Iterator[int]:
    """Bytes that the service has, a sample a second until they have done."""
    server = _listener(port)
    while honest.poll() is None:
        yield server.memory_info().rss
        time.sleep(1.0)


def _listener(port: int) -> psutil.Process:
    for each in psutil.Process().children():
        if str(port) in each.cmdline() and "serve" in each.cmdline():
            return each
    raise SystemExit("the service is gone")
