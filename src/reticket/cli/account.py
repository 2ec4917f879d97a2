"""`reticket account`: developer accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import click

from reticket.cli.frame import JSON, Group, show, with_house
from reticket.core.people import DeveloperAccount
from reticket.directory.forms import INT32
from reticket.runtime.house import House


@click.group(cls=Group)
def account() -> None:
    """Add, list and remove developer accounts."""


@account.command()
@click.argument("account_id", type=int)
@click.option("--name")
@with_house
def add(house: House, account_id: int, name: str | None) -> None:
    """Add a developer account.

    \b
    Example:
      reticket account add 79 --name "Night shift"
    """
    house.directory.accounts.add(DeveloperAccount(account_id, name))
    house.record_change("account_added", account=account_id)


@account.command()
@click.argument("account_id", type=int)
@with_house
def remove(house: House, account_id: int) -> None:
    """Remove a developer account and its memberships, and end all sessions there.

    \b
    Example:
      reticket account remove 79
    """
    house.directory.accounts.remove(account_id)
    house.record_change("account_removed", account=account_id)


@account.command("list")
@JSON
@with_house
def list_(house: House, as_json: bool) -> None:
    """List developer accounts.

    \b
    Example:
      reticket account list --json
    """
    show(_rows(house), ("id", "name"), as_json)


def _rows(house: House) -> Iterator[Mapping[str, Any]]:
    after = INT32.start - 1
    while lines := house.directory.accounts.page(after):
        yield from map(asdict, lines)
        after = lines[-1].id


COMMANDS = (account,)
