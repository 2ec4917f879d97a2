"""`reticket move`: carries sessions from one engine to another while the service runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import chain
from pathlib import Path

import click

from reticket.audit import revocations
from reticket.cli.context import CONFIG, DATA, CommandContext
from reticket.cli.urls import StoreUrl
from reticket.core.errors import SettingError, StartupError
from reticket.core.model import Family
from reticket.core.ports import Store
from reticket.core.sessions.carry import carry
from reticket.core.sessions.replay import replay
from reticket.core.storage.schema import Task
from reticket.settings import Settings

URL = StoreUrl()


@click.command()
@click.option(
    "--from", "source", type=URL, required=True, help="Where the sessions are: URL or env:, file:."
)
@click.option(
    "--to", "target", type=URL, required=True, help="Where they go: URL or env:NAME, file:PATH."
)
@click.option(
    "--audit",
    "streams",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="An audit file to replay revocations from; may be repeated.",
)
@DATA
@CONFIG
@click.pass_obj
def move(
    frame: CommandContext,
    source: str,
    target: str,
    streams: tuple[Path, ...],
    data: Path | None,
    config: Path | None,
) -> None:
    """Copy all live sessions to another engine. Safe to repeat.

    Run it while the service goes on. Then stop the service, and run it once more for the sessions
    that began or were revoked meanwhile. Then start the service on the new engine. Nobody is
    signed out: a token that is newer than the copy of its session updates the copy.

    A URL with a password is refused here, because every user of the machine can read the arguments
    of a command. Put it into a variable or into a file, and write env:NAME or file:PATH.

    \b
    Examples:
      reticket move --from sqlite:///data/families.sqlite --to postgresql://db/reticket
      reticket move --from file:old.url --to env:NEW_SESSIONS
    """
    settings = frame.builder.load(config, {"data": data})
    with _naming("--from"):
        there = frame.builder.sessions_schema(source).state()
    if there and there.task is Task.MAKE:
        raise StartupError(f"there are no sessions at {there.place}: check --from")
    with ExitStack() as opened:
        with _naming("--from"):
            old = opened.enter_context(closing(frame.builder.sessions(source, settings)))
        with _naming("--to"):
            new = opened.enter_context(closing(frame.builder.sessions(target, settings)))
        carried = carry(old, new)
        ended = _ended_again(frame, settings, new, streams)
    click.echo(f"{carried} sessions carried, {len(ended)} revocations replayed")


def _ended_again(
    frame: CommandContext, settings: Settings, new: Store, streams: Sequence[Path]
) -> Sequence[Family]:
    """End sessions again as the streams say. The directory knows which of them were adopted."""
    events = chain.from_iterable(map(revocations, streams))
    there = frame.builder.directory_schema(settings.directory).state()
    if not streams or (there and there.task is Task.MAKE):
        return replay(new, events)
    with frame.builder.directory(settings) as directory:
        kept_until = {each.since: each.until for each in directory.adoptions.all()}
        return replay(new, events, kept_until, directory.unadopted)


@contextmanager
def _naming(option: str) -> Iterator[None]:
    """A fault of an engine names the option that has its URL."""
    try:
        yield
    except (SettingError, StartupError) as fault:
        raise StartupError(f"{option}: {fault}") from None


COMMANDS = (move,)
