"""`python -m benchmarks.protocols`: the same echo behind the service's connections and behind
uvicorn's two protocols: requests a second, and what each costs the server's processor.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import uvicorn

from benchmarks.servers import HERE, HOST, PATIENCE, ask
from benchmarks.whole import answering
from benchmarks.wrk import plain, require_wrk
from reticket.http.connection.connection_limits import ConnectionLimits
from reticket.http.connection.request_memory import Room
from reticket.http.incidents import Incidents
from reticket.http.proxies import UntrustedProxies
from reticket.http.server import Listener, WorkerEnvironment, bind, serve
from reticket.testing.server import free_port

BODY = b'{"answer":"' + b"x" * 400 + b'"}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
TICKS = os.sysconf("SC_CLK_TCK")
OURS, UVICORNS = "reticket", ("httptools", "h11")

app = answering(200, HEADERS, BODY)


def main() -> None:
    """Measure by turns, or be one of the servers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.protocols", description=__doc__)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=2, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", nargs=2, metavar=("NAME", "PORT"), help="be that server")
    options = parser.parse_args()
    if options.serve:
        _be(options.serve[0], int(options.serve[1]))
        return
    require_wrk()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in (OURS, *UVICORNS)}
    for _ in range(options.rounds):
        for name, figures in found.items():
            figures.append(_measure(name, options.connections, options.seconds))
    for name, figures in found.items():
        rate, cost = (median(column) for column in zip(*figures, strict=True))
        print(f"{name}: {rate:,.0f} requests/s, {cost:.1f} us of processor each")


def _measure(name: str, connections: int, seconds: int) -> tuple[float, float]:
    """Requests a second, and microseconds of the server's processor for each."""
    with _started(name) as (port, pid):
        before = _processor(pid)
        rate = plain(port, connections, seconds)
        return rate, (_processor(pid) - before) / (rate * seconds) * 1e6


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def _started(name: str) -> Any:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.protocols", "--serve", name, str(port)]
    process = subprocess.Popen(command, cwd=HERE.parent)
    try:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                ask(port, "GET", "/", "")
                break
            except OSError:
                time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _be(name: str, port: int) -> None:
    if name != OURS:
        uvicorn.run(
            app, host=HOST, port=port, http=name, loop="uvloop", log_level="error",
            access_log=False, server_header=False, proxy_headers=False,
        )  # fmt: skip
        return
    listener = Listener(HOST, port)
    caps = ConnectionLimits(1, 10_000, 10_000, os.urandom(32))
    seat = caps.seat(0, lambda count: None)
    incidents = Incidents(lambda name: None, time.monotonic)
    company = WorkerEnvironment(
        seat, Room(2**28, 2**20), incidents, UntrustedProxies(Path(os.devnull))
    )
    serve(app, listener, company, bind(listener), lambda: None)


if __name__ == "__main__":
    main()
