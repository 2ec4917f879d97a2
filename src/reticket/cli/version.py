"""`reticket version`: the same as `reticket --version`, but the number alone."""

from __future__ import annotations

import click

from reticket import __version__


@click.command()
def version() -> None:
    """Print the version."""
    click.echo(__version__)


COMMANDS = (version,)
