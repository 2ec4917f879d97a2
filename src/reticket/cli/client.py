"""`reticket client`: OAuth clients as they were registered by a directory file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from reticket.cli.frame import JSON, Group, show, told, with_house
from reticket.cli.house import House
from reticket.core.people import Client


@click.group(cls=Group)
def client() -> None:
    """List OAuth clients."""


@client.command("list")
@JSON
@with_house
def list_(house: House, as_json: bool) -> None:
    """List OAuth clients.

    \b
    Example:
      reticket client list --json
    """
    show(_rows(house), ("client_id", "public", "disabled", "created_at"), as_json)


def _rows(house: House) -> Iterator[Mapping[str, Any]]:
    after = ""
    while lines := house.directory.clients.page(after):
        for line in lines:
            yield _row(line)
        after = lines[-1].id


def _row(client: Client) -> Mapping[str, Any]:
    return {
        "client_id": client.id,
        "public": client.public,
        "disabled": client.disabled,
        "registration": client.registration,
        "created_at": told(client.created_at),
    }


COMMANDS = (client,)
