"""`python -m benchmarks WHAT`: measures speed, size, purge, siege, crowd, people or sessions, and
keeps the results; or computes a plan.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import crowd, people, plan, purge, report, sessions, siege, size
from benchmarks.engines import ENGINES, NAMES, started
from benchmarks.operations import OPERATION, OPERATIONS, Operation
from benchmarks.servers import ask, echo, service
from benchmarks.wrk import SPARE, Measured, drive, plain, require_wrk

CONNECTIONS = (1, 16, 32, 64)
ANSWER_HEADERS = ("content-type", "content-length", "cache-control", "pragma",
                  "x-correlation-id", "x-vol-correlation")  # fmt: skip


def main() -> None:
    """Read the command line and measure."""
    options = _options()
    if options.what == "plan":
        counts = [round(count) for count in options.sessions]
        figures = report.kept(options.report)
        print("\n".join(plan.lines(figures, counts, plan.from_options(options))))
        return
    data = Path("data").resolve()
    data.mkdir(exist_ok=True)
    if options.what == "people":
        _import(options, data)
        return
    if options.what == "sessions":
        _import_sessions(options, data)
        return
    require_wrk()
    if options.what == "siege":
        with tempfile.TemporaryDirectory(dir=data, prefix="bench-") as folder:
            besieged = siege.measure(Path(folder) / "siege", options.rows, options.beside)
        report.write(options.report, "Beside hostile traffic", besieged.lines())
        report.insist(besieged.bounds())
        return
    if options.what == "crowd":
        with tempfile.TemporaryDirectory(dir=data, prefix="bench-") as folder:
            crowded = crowd.measure(Path(folder), {}, options.seconds)
        report.write(options.report, "Beside a crowd that signs in", list(crowded.lines()))
        report.insist(crowded.bounds())
        return
    bounds: list[report.Bound] = []
    for engine in options.engine:
        with tempfile.TemporaryDirectory(dir=data, prefix="bench-") as folder:
            if options.what in ("speed", "all"):
                figures: dict[str, float] = {}
                lines = list(_speed(options, engine, Path(folder) / "speed", figures))
                report.write(options.report, f"Speed on {NAMES[engine]}", lines)
                report.keep(options.report, engine, **figures)
            if options.what in ("purge", "all"):
                said = options.rows, options.seconds, options.rounds
                purged = purge.measure(Path(folder) / "purge", engine, *said)
                report.write(options.report, f"Purge on {NAMES[engine]}", purged.lines())
                bounds += purged.bounds()
            if options.what in ("size", "all"):
                measured = size.measure(
                    Path(folder), engine, options.stored_sessions, options.seconds
                )
                report.write(options.report, f"Size on {NAMES[engine]}", measured.lines())
                report.keep(options.report, engine, **measured.figures())
    report.insist(bounds)


def _import(options: argparse.Namespace, data: Path) -> None:
    bounds: list[report.Bound] = []
    for engine in [name for name in people.DIRECTORIES if name in options.engine]:
        with tempfile.TemporaryDirectory(dir=data, prefix="bench-") as folder:
            measured = people.measure(Path(folder) / "people", engine, options.people)
        report.write(options.report, f"People on {NAMES[engine]}", measured.lines())
        bounds += measured.bounds()
    report.insist(bounds)


def _import_sessions(options: argparse.Namespace, data: Path) -> None:
    bounds: list[report.Bound] = []
    for engine in options.engine:
        with tempfile.TemporaryDirectory(dir=data, prefix="bench-") as folder:
            measured = sessions.measure(Path(folder) / "sessions", engine, options.rows)
        report.write(options.report, f"Sessions imported into {NAMES[engine]}", measured.lines())
        bounds += measured.bounds()
    report.insist(bounds)


def _speed(
    options: argparse.Namespace, engine: str, folder: Path, figures: dict[str, float]
) -> Iterator[str]:
    """The lines of the section; what plans are computed from goes into `figures`."""
    with started(engine, folder) as running, service(folder, running.settings) as port:
        yield f"{running.title}. Each connection refreshes in a chain, always with its newest"
        yield "token, and every refresh is durable. Look-ups take the tokens by turns. Beside each"
        yield "operation the same server echoes the same bytes; the ratio is requests/s to echo/s."
        yield f"Figures are medians of {options.rounds} interleaved rounds of {options.seconds} s."
        yield "One service process runs with audit on; engine and wrk are on the same machine."
        yield from _table(options, engine, folder, port, figures)


def _table(
    options: argparse.Namespace, engine: str, folder: Path, port: int, figures: dict[str, float]
) -> Iterator[str]:
    yield ""
    yield "| operation | connections | requests/s | p50 ms | p99 ms | echo/s | ratio | goal |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    capacity = ""
    for operation in OPERATIONS:
        if options.only not in operation.name:
            continue
        tokens = _sign_in(operation, port, max(options.connections) + SPARE)
        answer, tokens[0] = _sample(operation, port, tokens[0])
        with echo(folder, answer) as echoing:
            for connections in options.connections:
                row = _row(operation, connections, options, (port, echoing), folder)
                yield row.line(operation, engine)
                if operation is OPERATION and connections == CONNECTIONS[-1]:
                    figures["refreshes_per_second"] = round(row.rate)
            scripted = drive(operation, echoing, 64, options.seconds, tokens, folder).rate
            bare = plain(echoing, 64, options.seconds)
            capacity = f"{bare:,.0f}/s without a script, {scripted:,.0f}/s with it"
    yield ""
    yield f"The generator against the echo, 64 connections: {capacity}."


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of an operation beside its echo, round by round."""

    connections: int
    real: list[Measured] = field(default_factory=list)
    echoed: list[Measured] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests per second."""
        return median(each.rate for each in self.real)

    def line(self, operation: Operation, engine: str) -> str:
        """Of the table."""
        ratio = median(a.rate / b.rate for a, b in zip(self.real, self.echoed, strict=True))
        goal = operation.goals.get(engine) if self.connections == CONNECTIONS[-1] else None
        return (
            f"| {operation.name} | {self.connections} | {self.rate:,.0f} "
            f"| {median(m.p50 for m in self.real):.1f} | {median(m.p99 for m in self.real):.1f} "
            f"| {median(m.rate for m in self.echoed):,.0f} | {ratio:.3f} "
            f"| {'' if goal is None else f'{goal:.2f}'} |"
        )


def _row(
    operation: Operation,
    connections: int,
    options: argparse.Namespace,
    ports: tuple[int, int],
    folder: Path,
) -> Row:
    row = Row(connections)
    for _ in range(options.rounds):
        for port, kept in zip(ports, (row.real, row.echoed), strict=True):
            tokens = _sign_in(operation, ports[0], connections + SPARE)
            kept.append(drive(operation, port, connections, options.seconds, tokens, folder))
    return row


def _sign_in(operation: Operation, port: int, count: int) -> list[str]:
    return [operation.sign_in(port) for _ in range(count)]


def _sample(operation: Operation, port: int, token: str) -> tuple[dict[str, object], str]:
    """A good answer, and the token to go on with."""
    body = f"{operation.before}{token}{operation.after}"
    status, headers, text = ask(port, operation.method, operation.path, body, operation.headers)
    found = re.search(operation.mark, text)
    if status != operation.status or found is None:
        raise SystemExit(f"{operation.name}: was answered {status}: {text[:200]}")
    kept = [(name, value) for name, value in headers if name.lower() in ANSWER_HEADERS]
    return {"status": status, "headers": kept, "body": text}, (*found.groups(), token)[0]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=("speed", "size", "purge", "siege", "crowd", "people", "sessions", "all", "plan"),
        default="speed",
    )
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS)
    parser.add_argument("--only", default="", help="operations with that text in their name")
    parser.add_argument("--report", type=Path, default=report.PAGE, help="page to write")
    parser.add_argument("--engine", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--stored-sessions", type=int, default=1_000_000)
    parser.add_argument(
        "--rows", type=int, default=1_000_000, help="entries that are purged, or sessions"
    )
    parser.add_argument("--people", type=int, default=1_000_000, help="who are imported")
    parser.add_argument(
        "--beside", type=float, default=300.0, help="seconds beside hostile traffic"
    )
    plan.add_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
