"""`reticket application`: programs with credentials of their own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import click

from reticket.cli.context import JSON, show, with_instance
from reticket.cli.group import Group
from reticket.core.people import Application
from reticket.directory.forms import ENVIRONMENTS
from reticket.runtime.opened_service import OpenedService

SECRET_BYTES = 32


@click.group(cls=Group)
def application() -> None:
    """Add, change and list applications. Secrets are made here and printed once."""


@application.command()
@click.argument("application_id")
@click.option("--scope", type=click.Choice(ENVIRONMENTS), help="Environment of V2 credentials.")
@click.option("--behavior", "behaviors", type=int, multiple=True, help="May be repeated.")
@click.option("--tenant", "tenants", type=int, multiple=True, help="May be repeated; default: all.")
@with_instance
def add(
    instance: OpenedService,
    application_id: str,
    scope: str | None,
    behaviors: tuple[int, ...],
    tenants: tuple[int, ...],
) -> None:
    """Add an application and print its secret, once.

    \b
    Example:
      reticket application add acme.orders.1.0.0.Release --tenant 1000
    """
    allowed = frozenset(tenants) or None
    record = Application(application_id, scope, behaviors, allowed, disabled=False)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    instance.directory.applications.add(record, instance.hasher.hash(secret))
    instance.record_change("application_added", application=application_id)
    click.echo(secret)


@application.command("rotate-secret")
@click.argument("application_id")
@with_instance
def rotate_secret(instance: OpenedService, application_id: str) -> None:
    """Give an application a new secret, print it once, and end its sessions.

    \b
    Example:
      reticket application rotate-secret acme.orders.1.0.0.Release
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    instance.directory.applications.rotate_secret(application_id, instance.hasher.hash(secret))
    instance.record_change("application_secret_rotated", application=application_id)
    click.echo(secret)


@application.command()
@click.argument("application_id")
@with_instance
def disable(instance: OpenedService, application_id: str) -> None:
    """Disable an application, and end its sessions.

    \b
    Example:
      reticket application disable acme.orders.1.0.0.Release
    """
    instance.directory.applications.disable(application_id)
    instance.record_change("application_disabled", application=application_id)


@application.command()
@click.argument("application_id")
@with_instance
def enable(instance: OpenedService, application_id: str) -> None:
    """Enable a disabled application.

    \b
    Example:
      reticket application enable acme.orders.1.0.0.Release
    """
    instance.directory.applications.enable(application_id)
    instance.record_change("application_enabled", application=application_id)


@application.command()
@click.argument("application_id")
@with_instance
def remove(instance: OpenedService, application_id: str) -> None:
    """Delete an application, and end its sessions.

    \b
    Example:
      reticket application remove acme.orders.1.0.0.Release
    """
    instance.directory.applications.remove(application_id)
    instance.record_change("application_removed", application=application_id)


@application.command("list")
@JSON
@with_instance
def list_(instance: OpenedService, as_json: bool) -> None:
    """List applications.

    \b
    Example:
      reticket application list
    """
    columns = ("id", "environment_scope", "behaviors", "tenants", "disabled")
    show(_rows(instance), columns, as_json)


def _rows(instance: OpenedService) -> Iterator[Mapping[str, Any]]:
    after = ""
    while lines := instance.directory.applications.page(after):
        for line in lines:
            tenants = None if line.tenants is None else sorted(line.tenants)
            yield asdict(line) | {"tenants": tenants}
        after = lines[-1].id


COMMANDS = (application,)
