"""`reticket account`: developer accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import click

from reticket.cli.context import JSON, show, with_instance
from reticket.cli.group import Group
from reticket.core.people import DeveloperAccount
from reticket.directory.forms import INT32
from reticket.runtime.opened_service import OpenedService


@click.group(cls=Group)
def account() -> None:
    """Add, list and remove developer accounts."""


@account.command()
@click.argument("account_id", type=int)
@click.option("--name")
@with_instance
def add(instance: OpenedService, account_id: int, name: str | None) -> None:
    """Add a developer account.

    \b
    Example:
      reticket account add 79 --name "Night shift"
    """
    instance.directory.accounts.add(DeveloperAccount(account_id, name))
    instance.record_change("account_added", account=account_id)


@account.command()
@click.argument("account_id", type=int)
@with_instance
def remove(instance: OpenedService, account_id: int) -> None:
    """Remove a developer account and its memberships, and end all sessions there.

    \b
    Example:
      reticket account remove 79
    """
    instance.directory.accounts.remove(account_id)
    instance.record_change("account_removed", account=account_id)


@account.command("list")
@JSON
@with_instance
def list_(instance: OpenedService, as_json: bool) -> None:
    """List developer accounts.

    \b
    Example:
      reticket account list --json
    """
    show(_rows(instance), ("id", "name"), as_json)


def _rows(instance: OpenedService) -> Iterator[Mapping[str, Any]]:
    after = INT32.start - 1
    while lines := instance.directory.accounts.page(after):
        yield from map(asdict, lines)
        after = lines[-1].id


COMMANDS = (account,)
