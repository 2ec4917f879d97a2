"""`reticket serve`: runs the service, and prints lines to try the demo with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reticket.cli.context import CONFIG, DATA, CommandContext, PathOption
from reticket.cli.demo_lines import factor_lines, lines
from reticket.cli.first_start import expect_made
from reticket.directory.seed import DEMO
from reticket.runtime.demo import begin, data_folder

WAYS = "make it with reticket init, or start with --create, --seed FILE or --demo"


@click.command()
@click.option("--host", help="Address to listen on; default 127.0.0.1.")
@click.option("--port", type=int, help="Port to listen on; default 8088.")
@click.option("--workers", type=int, help="Processes behind the port; default 1.")
@DATA
@click.option("--seed", type=PathOption(), help="A directory file; creates what is absent.")
@CONFIG
@click.option("--create", is_flag=True, help="Make the data folder if there is none.")
@click.option(
    "--demo",
    is_flag=True,
    help="Load the demo directory and print lines to try it; default folder ./data-demo.",
)
@click.option("--demo-public", is_flag=True, help="Let other machines use the demo's accounts.")
@click.pass_obj
def serve(
    frame: CommandContext,
    host: str | None,
    port: int | None,
    workers: int | None,
    data: Path | None,
    seed: Path | None,
    config: Path | None,
    create: bool,
    demo: bool,
    demo_public: bool,
) -> None:
    """Run the service until a signal stops it.

    If the data folder does not exist, the start stops, since its name may be misspelt.
    --create, --seed and --demo make one, and may stay on the command line.

    \b
    Examples:
      reticket serve --demo
      reticket serve --create --data /var/lib/reticket
      reticket serve --port 9000 --data /var/lib/reticket --seed directory.yaml
      reticket serve --workers 4
      RETICKET_PORT=9000 reticket serve --config /etc/reticket.toml
    """
    said = {"host": host, "port": port, "workers": workers, "data": data, "seed": seed}
    said["demo_public"] = demo_public or None
    if demo:
        _serve_demo(frame, config, said)
        return
    settings = frame.builder.load(config, said)
    if not create and settings.seed is None:
        expect_made(frame.builder, settings, WAYS)
    frame.builder.serve(settings, _greet)


def _serve_demo(frame: CommandContext, config: Path | None, said: dict[str, Any]) -> None:
    folder = data_folder(frame.builder.load(config, said))
    settings = frame.builder.load(config, {**said, "data": folder or said["data"], "seed": DEMO})
    with frame.opened(settings) as instance:
        begin(instance)
    dialects = frame.builder.dialects(settings)

    def greet(url: str) -> None:
        _greet(url)
        click.echo(f"everybody knows the passwords of these demo data, in {settings.data}")
        for line in (*lines(url, url, dialects), *factor_lines(url, dialects)):
            click.echo(line)

    frame.builder.serve(settings, greet)


def _greet(url: str) -> None:
    click.echo(f"reticket answers on {url}; open that address in a browser")


COMMANDS = (serve,)
