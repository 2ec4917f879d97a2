"""`reticket openapi`: the documents that the service serves."""

from __future__ import annotations

from pathlib import Path

import click

from reticket.cli.context import CONFIG, CommandContext
from reticket.openapi import document_bytes
from reticket.settings.loading import issuer_of


@click.command("openapi")
@click.argument("dialect", required=False)
@CONFIG
@click.pass_obj
def openapi(frame: CommandContext, dialect: str | None, config: Path | None) -> None:
    """Print the OpenAPI document of a dialect or of the admin API; without a name, list all names.

    \b
    Examples:
      reticket openapi
      reticket openapi oauth > oauth.json
    """
    settings = frame.builder.load(config, {})
    known = {each.name: each for each in frame.builder.documented(settings)}
    if dialect is None:
        click.echo("\n".join(known))
    elif dialect in known:
        click.echo(document_bytes(known[dialect], issuer_of(settings)).decode())
    else:
        raise click.UsageError(f"no such dialect; there are {', '.join(known)}")


COMMANDS = (openapi,)
