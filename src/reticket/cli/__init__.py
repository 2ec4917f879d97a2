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
    key,
    migrate,
    move,
    openapi,
    replay,
    serve,
    session,
    setup,
    tenant,
    user,
)
from reticket.cli.context import CommandContext, Group
from reticket.runtime.opened_service import Builder

RENAMED = {"family": "session"}
"""Commands of former versions, each with the command that replaced it."""


class Root(Group):
    """The command itself; whoever gives a former command is told the new one."""

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in RENAMED:
            name, new = args[0], RENAMED[args[0]]
            raise click.ClickException(f"the command reticket {name} is now reticket {new}")
        return super().resolve_command(context, args)


def command(builder: Builder) -> click.Group:
    """The root command; `builder` opens and serves what it works on."""

    @click.group(
        name="reticket",
        cls=Root,
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
          reticket session list --subject ada@example.com --json
        """
        context.obj = CommandContext(builder)

    @root.command()
    def version() -> None:
        """Print the version."""
        click.echo(__version__)

    nouns = (account, application, backup, client, doctor, key, openapi, serve, session)
    for noun in (*nouns, migrate, move, replay, setup, tenant, user):
        for each in noun.COMMANDS:
            root.add_command(each)
    return root
