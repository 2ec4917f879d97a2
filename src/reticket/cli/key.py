"""`reticket key`: the ring that makes and opens tokens."""

from __future__ import annotations

from dataclasses import asdict

import click

from reticket.cli.frame import JSON, Group, show, told, with_house
from reticket.crypto.ring import OVERLAP, USES
from reticket.runtime.house import House

COLUMNS = ("id", "use", "algorithm", "state", "created_at", "activates_at", "retiring_at")


@click.group(cls=Group)
def key() -> None:
    """List, rotate and retire keys. Private parts are sealed and never shown."""


@key.command("list")
@JSON
@with_house
def list_(house: House, as_json: bool) -> None:
    """List keys and their states: next, active, retiring, retired, compromised.

    \b
    Example:
      reticket key list
    """
    rows = []
    for facts in house.ring.listing():
        times = ("created_at", "activates_at", "retiring_at")
        rows.append(asdict(facts) | {name: told(getattr(facts, name)) for name in times})
    show(rows, COLUMNS, as_json)


@key.command()
@click.option("--use", "uses", type=click.Choice(USES), multiple=True, help="Default: all.")
@with_house
def rotate(house: House, uses: tuple[str, ...]) -> None:
    """Let the published successor sign a few seconds from now, and publish the next one.

    Nobody is signed out: what the old key signed goes on until it ends.

    \b
    Examples:
      reticket key rotate
      reticket key rotate --use sign
    """
    house.ring.rotate(uses or USES)
    for use in uses or USES:
        house.record_change("key_rotated", key=use)
    click.echo(f"the next key signs in {OVERLAP} seconds")


@key.command()
@click.argument("key_id")
@click.option(
    "--compromised", is_flag=True, help="Even if it signs: its successor takes over at once."
)
@with_house
def retire(house: House, key_id: str, compromised: bool) -> None:
    """Stop accepting what a key has signed. Its tokens die.

    \b
    Examples:
      reticket key retire 1a2b3c4d
      reticket key retire 1a2b3c4d --compromised
    """
    verb = house.ring.compromise if compromised else house.ring.retire
    verb(key_id)
    house.record_change("key_compromised" if compromised else "key_retired", key=key_id)
    click.echo(f"key {key_id} opens nothing any more")


COMMANDS = (key,)
