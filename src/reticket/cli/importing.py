"""`reticket import`: what moves in from another system."""

from __future__ import annotations

import click

from reticket.cli.group import Group
from reticket.cli.import_sessions import sessions
from reticket.cli.import_users import users


@click.group("import", cls=Group)
def import_() -> None:
    """Import people and sessions from another system."""


import_.add_command(users)
import_.add_command(sessions)

COMMANDS = (import_,)
