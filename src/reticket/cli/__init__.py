"""The command `reticket`: one file for each noun. Knows no HTTP; `runtime` serves.

A command's module is imported when the command is used: help and completion open no store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from reticket import __version__
from reticket.cli.group import Known, LazyGroup

if TYPE_CHECKING:
    from reticket.runtime.opening import Builder

KNOWN = {
    "account": Known("account", "Add, list and remove developer accounts."),
    "application": Known("application", "Add, change and list applications."),
    "backup": Known("backup", "Copy everything that is stored while the service runs."),
    "client": Known("client", "Add, change and list OAuth clients."),
    "compare": Known("compare", "Send the same requests to another server, and compare."),
    "doctor": Known("doctor", "Check stores, keys, files, settings and policies."),
    "import": Known("importing", "Import people and sessions from another system."),
    "init": Known("setup", "Make a data folder: databases, keys, the first admin client."),
    "key": Known("key", "List, rotate and retire keys."),
    "message": Known("message", "Try the mailer that takes messages to people."),
    "migrate": Known("migrate", "Show the versions of the schemas, and upgrade them."),
    "move": Known("move", "Copy all live sessions to another engine."),
    "openapi": Known("openapi", "Print an OpenAPI document."),
    "purge": Known("setup", "Delete sessions whose last token has ended."),
    "replay": Known("replay", "End again the sessions that audit files say were ended."),
    "restore": Known("backup", "Restore a backup, and end again the sessions revoked since."),
    "seed": Known("setup", "Load a directory file."),
    "serve": Known("serve", "Run the service until a signal stops it."),
    "session": Known("session", "Start, list, show and revoke sessions."),
    "tenant": Known("tenant", "Add, list, show and remove tenants."),
    "user": Known("user", "Add, change and list people."),
    "version": Known("version", "Print the version."),
}
"""Every command, with its line in `--help`."""

RENAMED = {"family": "session"}
"""Commands of former versions, each with the command that replaced it."""


def command(make_builder: Callable[[], Builder]) -> click.Group:
    """The root command. The builder opens the service for a command, and serves it."""

    @click.group(
        name="reticket",
        cls=LazyGroup,
        known=KNOWN,
        renamed=RENAMED,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    @click.version_option(__version__, prog_name="reticket", message="%(prog)s %(version)s")
    @click.pass_context
    def root(context: click.Context) -> None:
        """Sign people and programs in, and keep them signed in.

        \b
        Examples:
          reticket serve --demo
          reticket serve --data ./data --seed directory.yaml
          reticket user add ada@example.com --tenant 1000=1,2
          reticket session list --subject ada@example.com --json
        """
        from reticket.cli.context import CommandContext

        context.obj = CommandContext(make_builder())

    return root
