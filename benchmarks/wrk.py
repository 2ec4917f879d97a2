"""Runs wrk with one chain of requests per connection, and reads what it measured."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.operations import Operation
from benchmarks.servers import HERE, HOST

SPARE = 8
"""Tokens beyond one a connection: wrk asks for requests that it does not send."""

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests per second, and latencies in milliseconds."""

    rate: float
    p50: float
    p99: float


def require_wrk() -> str:
    """Where wrk is; a clear end without it."""
    found = shutil.which("wrk")
    if found is None:
        raise SystemExit("the benchmarks need wrk: install Debian's package `wrk`")
    return found


def drive(
    operation: Operation, port: int, connections: int, seconds: int, tokens: Sequence[str],
    folder: Path,
) -> Measured:  # fmt: skip
    """Load one operation; SystemExit when any answer was no success."""
    queue, failures = folder / "tokens", folder / "failures"
    queue.touch(mode=0o600)
    queue.write_text("\n".join(tokens))
    failures.unlink(missing_ok=True)
    said = [operation.method, operation.path, operation.before, operation.after, operation.mark]
    headers = [text for header in operation.headers.items() for text in header]
    output = _run(
        [f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(HERE / operation.script)],
        port,
        [*said, str(operation.status), str(queue), str(failures), *headers],
    )
    if failures.exists():
        raise SystemExit(f"{operation.name}: failed answers (count, status) {failures.read_text()}")
    return _read(output)


def plain(port: int, connections: int, seconds: int) -> float:
    """Requests per second without a script: what the generator can do at least."""
    return _read(_run([f"-c{connections}", f"-d{seconds}s", "--latency"], port, [])).rate


def _run(options: list[str], port: int, arguments: list[str]) -> str:
    command = [require_wrk(), "-t1", *options, f"http://{HOST}:{port}/", "--", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode or "PANIC" in done.stderr:
        raise SystemExit(f"wrk failed: {done.stderr or done.stdout}")
    return done.stdout


def _read(output: str) -> Measured:
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if rate is None:
        raise SystemExit(f"wrk said nothing: {output}")
    return Measured(float(rate[1]), _latency(output, "50%"), _latency(output, "99%"))


def _latency(output: str, quantile: str) -> float:
    found = re.search(rf"{quantile}\s+([\d.]+)(us|ms|s|m)\b", output)
    return float(found[1]) * _UNITS[found[2]] if found else float("nan")
