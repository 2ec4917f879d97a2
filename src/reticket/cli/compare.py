"""`reticket compare`: sends the same requests to this service and to another server."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from reticket.cli.compare_sample import chains_of, chosen, recording_of
from reticket.cli.context import CONFIG, DATA, JSON, CommandContext, show, show_json
from reticket.core.addresses import is_loopback
from reticket.core.errors import StartupError
from reticket.core.texts import escaped
from reticket.fetching.given_server import GivenServer
from reticket.moving.compare.asking import Comparison, compared, fault_of
from reticket.moving.compare.recorded import Recording
from reticket.settings.loading import address, served_address

DIFFERENT = 1
"""The exit code when there are differences."""

COLUMNS = ("request", "place", "ours", "theirs")
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


class NothingCompared(click.ClickException):
    """Nothing could be compared."""

    exit_code = 2


@click.command()
@click.option("--with", "other", required=True, metavar="URL", help="The other server.")
@click.option("--to", "own", metavar="URL", help="This service; default its local address.")
@click.option("--dialect", "names", multiple=True, help="Only this dialect; may be repeated.")
@click.option(
    "--sample",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    help="Recorded requests (HAR or JSON lines) to send instead; - for standard input.",
)
@click.option(
    "--path",
    "paths",
    multiple=True,
    help="Send what of --sample begins so; default dialects' paths.",
)
@click.option(
    "--with-passwords", "passwords", type=FILE, help="Also sign in, with passwords of this file."
)
@click.option("--ca", type=FILE, help="Certificate authorities of both servers, PEM.")
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="PLACE",
    help="A place that may differ; repeat it.",
)
@JSON
@DATA
@CONFIG
@click.pass_obj
def compare(
    frame: CommandContext,
    other: str,
    own: str | None,
    names: tuple[str, ...],
    sample: Path | None,
    paths: tuple[str, ...],
    passwords: Path | None,
    ca: Path | None,
    ignored: tuple[str, ...],
    as_json: bool,
    data: Path | None,
    config: Path | None,
) -> None:
    """Send the same requests to this service and to another server, and compare the answers.

    Compared are the status, the members of the body and their forms, the headers that clients read,
    and words such as codes of errors. The requests are made here: sign-ins of nobody, tokens that
    nobody issued, malformed bodies, wrong methods. Each sign-in fails, so both servers may count
    it for the address of this machine.

    Tokens, passwords and e-mail addresses are neither shown nor taken from --sample. Without
    --with-passwords no real person's name or password is sent. The exit code is 1 when something
    differs, and 2 when nothing could be compared.

    \b
    Examples:
      reticket compare --with https://old.example.com --dialect oauth
      reticket compare --with https://old.example.com --sample proxy.har --json
      timeout 600 tail -F requests.jsonl | reticket compare --with https://old.example.com
        --sample -
      reticket compare --with https://old.example.com --with-passwords testers.jsonl
    """
    try:
        settings = frame.builder.load(config, {"data": data})
        local = served_address(settings) or address(settings, settings.port)
        dialects = chosen(frame.builder.dialects(settings), names)
        servers = _server(own or local, "--to", ca), _server(other, "--with", ca)
        recording = recording_of(sample, paths, dialects)
        chains = list(chains_of(recording, passwords, dialects))
    except StartupError as error:
        raise NothingCompared(str(error)) from None
    for server in servers:
        _expect_answers(server, with_passwords=passwords is not None)
    found = compared(chains, *servers, ignored)
    _show(found, recording, as_json)
    if found.differences:
        raise click.exceptions.Exit(DIFFERENT)


def _server(url: str, option: str, ca: Path | None) -> GivenServer:
    try:
        return GivenServer(url, ca)
    except StartupError as error:
        raise StartupError(f"{option}: {error}") from None


def _expect_answers(server: GivenServer, *, with_passwords: bool) -> None:
    """It answers. Passwords go over https, or stay on this machine."""
    if with_passwords and not server.is_encrypted and not is_loopback(server.host):
        raise NothingCompared(f"{server.url} is not https, so no password is sent there")
    fault = fault_of(server)
    if fault is not None:
        raise NothingCompared(f"{server.url} does not answer: {fault.value}")


def _show(found: Comparison, recording: Recording | None, as_json: bool) -> None:
    left_out = [*found.left_out, *(recording.unreadable if recording else ())]
    elsewhere = recording.elsewhere if recording else 0
    rows = [asdict(each) for each in found.differences]
    if as_json:
        show_json({
            "compared": found.compared,
            "differences": rows,
            "left_out": left_out,
            "elsewhere": elsewhere,
        })  # fmt: skip
        return
    if rows:
        show(rows, COLUMNS, as_json=False)
    for name in left_out:
        click.echo(f"not compared: {escaped(name)}")
    if elsewhere:
        click.echo(f"not compared: {elsewhere} requests below other paths")
    click.echo(f"{found.compared} requests compared, {len(rows)} differences")


COMMANDS = (compare,)
