"""`reticket serve`: the service itself, and the lines to try it with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from shlex import quote

import click

from reticket.cli.frame import CONFIG, DATA, Frame, Place
from reticket.wire import Dialect, Example


@click.command()
@click.option("--host", help="Address to listen on; default 127.0.0.1.")
@click.option("--port", type=int, help="Port to listen on; default 8088.")
@click.option("--workers", type=int, help="Processes behind the port; default 1.")
@DATA
@click.option("--seed", type=Place(), help="A directory file; creates what is absent.")
@CONFIG
@click.option("--demo", is_flag=True, help="Load the demo directory and print lines to try it.")
@click.pass_obj
def serve(
    frame: Frame,
    host: str | None,
    port: int | None,
    workers: int | None,
    data: Path | None,
    seed: Path | None,
    config: Path | None,
    demo: bool,
) -> None:
    """Answer clients until a signal to stop.

    \b
    Examples:
      reticket serve --demo
      reticket serve --port 9000 --data /var/lib/reticket --seed directory.yaml
      reticket serve --workers 4
      RETICKET_PORT=9000 reticket serve --config /etc/reticket.toml
    """
    said = {"host": host, "port": port, "workers": workers, "data": data}
    with as_file(files("reticket.directory") / "demo.yaml") as demo_file:
        said["seed"] = demo_file if demo else seed
        settings = frame.builder.load(config, said)
        dialects = frame.builder.dialects(settings)
        frame.builder.serve(settings, lambda url: _greet(url, dialects, demo))


def _greet(url: str, dialects: Sequence[Dialect], demo: bool) -> None:
    click.echo(f"reticket answers on {url}; documents and a page to try them: {url}/docs")
    if demo:
        for line in lines(url, url, dialects):
            click.echo(line)


def lines(first: str, second: str, dialects: Sequence[Dialect]) -> Iterator[str]:
    """Shell lines for each example: one that signs in at the first address, one that signs in
    there and refreshes at the second.
    """
    for dialect in dialects:
        for example in dialect.examples:
            sign_in = _curl(first, example.sign_in, example, quote(example.body))
            yield f"\n# {example.title}: sign in"
            yield sign_in
            yield f"# {example.title}: {example.then}"
            yield _curl(second, example.refresh, example, f'"$({sign_in}{_picked(example)})"')


def _picked(example: Example) -> str:
    return f" | sed {quote(example.pick)}" if example.pick else ""


def _curl(url: str, call: tuple[str, str], example: Example, body: str) -> str:
    method, path = call
    kind = f"-H 'Content-Type: {example.content_type}'"
    return f"curl -sS -X {method} '{url}{path}' {kind} -d {body}"


COMMANDS = (serve,)
