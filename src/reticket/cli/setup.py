"""`reticket init`, `seed`, `purge`: a data folder's beginning and upkeep."""

from __future__ import annotations

from pathlib import Path

import click

from reticket.cli.frame import CONFIG, DATA, Frame, Place, with_house
from reticket.cli.house import House


@click.command()
@DATA
@CONFIG
@click.pass_obj
def init(frame: Frame, data: Path | None, config: Path | None) -> None:
    """Make a data folder: databases, the first keys, and the master key's file.

    Safe to repeat: what is there stays as it is.

    \b
    Example:
      reticket init --data /var/lib/reticket
    """
    with frame.opened(frame.builder.load(config, {"data": data})) as house:
        click.echo(f"{house.settings.data} is ready")
        if house.master_key_file is not None:
            click.echo(f"{house.master_key_file} opens its keys: keep a copy of it somewhere else")


@click.command()
@click.argument("file", type=Place())
@DATA
@CONFIG
@click.pass_obj
def seed(frame: Frame, file: Path, data: Path | None, config: Path | None) -> None:
    """Load a directory file: it creates what is absent and never alters what exists.

    \b
    Example:
      reticket seed directory.yaml --data ./data
    """
    with frame.opened(frame.builder.load(config, {"data": data})) as house:
        house.seed(file)
        click.echo(f"{file} is loaded")


@click.command()
@with_house
def purge(house: House) -> None:
    """Delete families whose last token has died. The service does it by itself every hour.

    \b
    Example:
      reticket purge --data ./data
    """
    click.echo(f"{house.purge()} families deleted")


COMMANDS = (init, seed, purge)
