"""`python -m tests.conformance PLAN...`: the conformance suite of the OpenID Foundation judges the
service of this checkout. README.md says what it needs.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import click
from tests.conformance import report, resource_server, tls_front
from tests.conformance.addresses import Addresses
from tests.conformance.clients import all_clients, directory
from tests.conformance.plans import PLANS, configuration
from tests.conformance.provider import Tls, running_provider
from tests.conformance.running import Runner
from tests.conformance.suite import Suite

FOLDER = Path("data/conformance")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ROTATES = "oidcc-server-rotate-keys"


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the command line."""

    addresses: Addresses
    tls: Tls
    results: Path
    only: frozenset[str]


@click.command(
    context_settings={"auto_envvar_prefix": "CONFORMANCE"},
    epilog=f"Plans: {', '.join(PLANS)}.",
)
@click.argument("plans", nargs=-1, type=click.Choice(list(PLANS)), metavar="[PLAN]...")
@click.option("--suite", default="https://localhost:21010", show_default=True, show_envvar=True)
@click.option("--provider", default="https://localhost:21001", show_default=True)
@click.option("--resource", default="https://localhost:21003/orders", show_default=True)
@click.option("--front", default="https://localhost:21004", show_default=True)
@click.option("--certificate", type=FILE, required=True, show_envvar=True, help="Of both, PEM.")
@click.option("--key", type=FILE, required=True, show_envvar=True, help="Its key, PEM.")
@click.option("--results", type=click.Path(path_type=Path), default=FOLDER, show_default=True)
@click.option("--only", default="", help="Modules to run, with commas between; default all.")
def main(
    plans: tuple[str, ...],
    suite: str,
    provider: str,
    resource: str,
    front: str,
    certificate: Path,
    key: Path,
    results: Path,
    only: str,
) -> None:
    """Run plans of the suite against this checkout, all of them if none is named.

    The command exits with 1 if a module failed, warned or got stuck.

    Each plan gets a service of its own. Its table goes to RESULTS/PLAN.md, its lines to
    RESULTS/PLAN.txt, the logs of its modules to RESULTS/PLAN/.
    """
    addresses = Addresses(provider, suite, resource, front)
    tls = Tls(certificate.resolve(), key.resolve())
    options = Options(addresses, tls, results, frozenset(filter(None, only.split(","))))
    with Suite(suite, certificate) as judge:
        held = [_run(judge, plan, options) for plan in plans or PLANS]
    sys.exit(0 if all(held) else 1)


def _run(suite: Suite, name: str, options: Options) -> bool:
    """Run one plan, and return whether every module held."""
    logs = options.results / name
    logs.mkdir(parents=True, exist_ok=True)
    outcomes: list[report.Outcome] = []
    with (options.results / f"{name}.txt").open("w", encoding="utf-8") as text:
        for outcome in _outcomes(suite, name, logs, options):
            outcomes.append(outcome)
            _say("\n".join(report.lines(outcome)), text)
        _say(f"{name}: {report.summary(outcomes)}", text)
    (options.results / f"{name}.md").write_text(report.markdown(outcomes), "utf-8")
    return all(each.held for each in outcomes)


def _outcomes(suite: Suite, name: str, logs: Path, options: Options) -> Iterator[report.Outcome]:
    """Start the services, and run the modules of the plan against them."""
    clients = all_clients(options.addresses)
    seed = directory(client for pair in clients.values() for client in pair)
    with tempfile.TemporaryDirectory(prefix="reticket-") as made:
        folder = Path(made)
        with (
            running_provider(folder, options.addresses, options.tls, seed) as provider,
            resource_server.running(folder, options.addresses, options.tls),
            tls_front.running(options.addresses, options.tls),
        ):
            rotation = {ROTATES: provider.rotate_keys}
            runner = Runner(suite, logs, rotation, time.monotonic, time.sleep)
            told = configuration(name, options.addresses, clients)
            plan = suite.begin_plan(PLANS[name].suite_name, PLANS[name].variant, told)
            yield from runner.outcomes(plan, options.only)


def _say(line: str, text: TextIO) -> None:
    """To the terminal and to the file, at once: a plan takes minutes."""
    click.echo(line)
    print(line, file=text, flush=True)


if __name__ == "__main__":
    main()
