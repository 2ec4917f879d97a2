"""`python -m benchmarks [speed|size]`: measures, prints, and writes a page of results."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks import report, size
from benchmarks.operations import OPERATIONS, Operation
from benchmarks.servers import ask, echo, service
from benchmarks.wrk import SPARE, Measured, drive, plain, require_wrk

CONNECTIONS = (1, 16, 32, 64)
ANSWER_HEADERS = ("content-type", "content-length", "cache-control", "x-correlation-id",
                  "x-vol-correlation")  # fmt: skip


def main() -> None:
    """Read the command line and measure."""
    options = _options()
    data = Path("data")
    data.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data, prefix="bench-") as folder:
        if options.what in ("speed", "all"):
            require_wrk()
            report.write(options.report, "Speed", list(_speed(options, Path(folder))))
        if options.what in ("size", "all"):
            lines = size.measure(Path(folder), options.families, options.seconds)
            report.write(options.report, "Size", lines)


def _speed(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    yield "Durable refreshes in chains, each connection with its newest token, beside the same"
    yield f"server echoing the same bytes; medians of {options.rounds} interleaved rounds of "
    yield f"{options.seconds} s. SQLite, `synchronous=FULL`, audit on, wrk on the same machine."
    yield ""
    yield "| operation | connections | refreshes/s | p50 ms | p99 ms | echo/s | ratio | goal |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    capacity = ""
    with service(folder) as port:
        for operation in OPERATIONS:
            if options.only not in operation.name:
                continue
            tokens = _sign_in(operation, port, max(options.connections) + SPARE)
            answer, tokens[0] = _sample(operation, port, tokens[0])
            with echo(folder, answer) as echoing:
                for connections in options.connections:
                    yield _row(operation, connections, options, (port, echoing), folder)
                scripted = drive(operation, echoing, 64, options.seconds, tokens, folder).rate
                bare = plain(echoing, 64, options.seconds)
                capacity = f"{bare:,.0f}/s without a script, {scripted:,.0f}/s with it"
    yield ""
    yield f"The generator against the echo, 64 connections: {capacity}."


def _row(
    operation: Operation,
    connections: int,
    options: argparse.Namespace,
    ports: tuple[int, int],
    folder: Path,
) -> str:
    real: list[Measured] = []
    echoed: list[Measured] = []
    for _ in range(options.rounds):
        for port, kept in zip(ports, (real, echoed), strict=True):
            tokens = _sign_in(operation, ports[0], connections + SPARE)
            kept.append(drive(operation, port, connections, options.seconds, tokens, folder))
    ratio = median(a.rate / b.rate for a, b in zip(real, echoed, strict=True))
    goal = f"{operation.goal:.2f}" if operation.goal and connections == 64 else ""
    return (
        f"| {operation.name} | {connections} | {median(m.rate for m in real):,.0f} "
        f"| {median(m.p50 for m in real):.1f} | {median(m.p99 for m in real):.1f} "
        f"| {median(m.rate for m in echoed):,.0f} | {ratio:.3f} | {goal} |"
    )


def _sign_in(operation: Operation, port: int, count: int) -> list[str]:
    tokens = []
    for _ in range(count):
        status, _, body = ask(port, *operation.sign_in)
        if status >= 300:
            raise SystemExit(f"{operation.name}: the sign-in was answered {status}: {body[:200]}")
        tokens.append(_token(operation, body))
    return tokens


def _sample(operation: Operation, port: int, token: str) -> tuple[dict[str, object], str]:
    body = json.dumps({operation.member: token})
    status, headers, text = ask(port, operation.method, operation.path, body)
    kept = [(name, value) for name, value in headers if name.lower() in ANSWER_HEADERS]
    return {"status": status, "headers": kept, "body": text}, _token(operation, text)


def _token(operation: Operation, body: str) -> str:
    said = json.loads(body)
    for inner in ("data", "token"):
        said = said.get(inner, said) if isinstance(said, dict) else said
    token: str = said[operation.member]
    return token


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("speed", "size", "all"), default="speed")
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS)
    parser.add_argument("--only", default="", help="operations with that text in their name")
    parser.add_argument("--report", type=Path, default=report.PAGE, help="page to write")
    parser.add_argument("--families", type=int, default=1_000_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
