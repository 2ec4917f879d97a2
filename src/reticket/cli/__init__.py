"""The command `reticket`: one noun a file. Knows no HTTP; the composition root serves."""

from __future__ import annotations

import click

from reticket import __version__
from reticket.cli import (
    account,
    application,
    backup,
    client,
    doctor,
    family,
    key,
    migrate,
    move,
    openapi,
    replay,
    serve,
    setup,
    tenant,
    user,
)
from reticket.cli.context import CommandContext, Group
from reticket.runtime.opened_service import Builder


def command(builder: Builder) -> click.Group:
    """The root command; `builder` opens and serves what it works on."""

    @click.group(
        name="reticket",
        cls=Group,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    @click.pass_context
    def root(context: click.Context) -> None:
        """Sign people and programs in, and keep them in.

        \b
        Examples:
          reticket serve --demo
          reticket serve --data ./data --seed directory.yaml
          reticket user add ada@example.com --tenant 1000=1,2
          reticket family list --subject ada@example.com --json
        """
        context.obj = CommandContext(builder)

    @root.command()
    def version() -> None:
        """Print the version."""
        click.echo(__version__)

    nouns = (account, application, backup, client, doctor, family, key, openapi, serve)
    for noun in (*nouns, migrate, move, replay, setup, tenant, user):
        for each in noun.COMMANDS:
            root.add_command(each)
    return root
