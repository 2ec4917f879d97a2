"""`reticket application`: programs with credentials of their own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import click

from reticket.cli.context import JSON, renamed, show, with_instance
from reticket.cli.group import Group
from reticket.cli.part_option import profile_option
from reticket.core.profiles import parts_by_key
from reticket.directory.drafts import ApplicationDraft
from reticket.runtime.opened_service import OpenedService

SECRET_BYTES = 32


@click.group(cls=Group)
def application() -> None:
    """Add, change and list applications. Secrets are made here and printed once."""


@application.command()
@click.argument("application_id")
@click.option("--tenant", "tenants", type=int, multiple=True, help="May be repeated; default: all.")
@profile_option(
    "What a dialect knows of the application: the key of its part, and the value; may be repeated."
)
@renamed("--scope", "--profile 'KEY={environment_scope: ...}'")
@renamed("--behavior", "--profile 'KEY={behaviors: [...]}'")
@with_instance
def add(
    instance: OpenedService,
    application_id: str,
    tenants: tuple[int, ...],
    parts: tuple[tuple[str, object], ...],
) -> None:
    """Add an application and print its secret, once.

    \b
    Example:
      reticket application add acme.orders.1.0.0.Release --tenant 1000
    """
    allowed = frozenset(tenants) or None
    draft = ApplicationDraft(application_id, allowed, parts=dict(parts))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    instance.directory.applications.add(draft, instance.hasher.hash(secret))
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
    show(_rows(instance), ("id", "tenants", "disabled"), as_json)


def _rows(instance: OpenedService) -> Iterator[Mapping[str, Any]]:
    after = ""
    while lines := instance.directory.applications.page(after):
        for line in lines:
            yield {
                "id": line.id,
                "tenants": None if line.tenants is None else sorted(line.tenants),
                "disabled": line.disabled,
                "profile": parts_by_key(instance.directory.profiles.programs, line),
            }
        after = lines[-1].id


COMMANDS = (application,)
