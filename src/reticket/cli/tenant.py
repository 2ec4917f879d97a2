"""`reticket tenant`: tenants, with what dialects know of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import click

from reticket.cli.context import JSON, renamed, show, with_instance
from reticket.cli.group import Group
from reticket.cli.part_option import profile_option
from reticket.core.profiles import parts_by_key
from reticket.directory.drafts import TenantDraft
from reticket.directory.errors import NotFound
from reticket.directory.forms import INT32
from reticket.runtime.opened_service import OpenedService


@click.group(cls=Group)
def tenant() -> None:
    """Add, list, show and remove tenants."""


@tenant.command()
@click.argument("tenant_id", type=int)
@click.option("--name")
@profile_option(
    "What a dialect knows of the tenant: the key of its part, and the value; may be repeated."
)
@renamed("--domain", "--profile 'KEY={domain: ...}'")
@renamed("--dev", "--profile 'KEY={is_dev_tenant: true}'", is_flag=True, flag_value="yes")
@with_instance
def add(
    instance: OpenedService,
    tenant_id: int,
    name: str | None,
    parts: tuple[tuple[str, object], ...],
) -> None:
    """Add a tenant.

    \b
    Example:
      reticket tenant add 1003 --name "Acme Asia"
    """
    instance.directory.tenants.add(TenantDraft(tenant_id, name, dict(parts)))
    instance.record_change("tenant_added", tenant=tenant_id)


@tenant.command("show")
@click.argument("tenant_id", type=int)
@with_instance
def show_one(instance: OpenedService, tenant_id: int) -> None:
    """Print a tenant with what dialects know of it, as JSON.

    \b
    Example:
      reticket tenant show 1000
    """
    found = instance.directory.tenant(tenant_id)
    if found is None:
        raise NotFound(f"There is no tenant {tenant_id}.")
    profile = parts_by_key(instance.directory.profiles.tenants, found)
    show([{"id": found.id, "name": found.name, "profile": profile}], (), as_json=True)


@tenant.command()
@click.argument("tenant_id", type=int)
@with_instance
def remove(instance: OpenedService, tenant_id: int) -> None:
    """Remove a tenant and its memberships, and end all sessions there.

    \b
    Example:
      reticket tenant remove 1003
    """
    instance.directory.tenants.remove(tenant_id)
    instance.record_change("tenant_removed", tenant=tenant_id)


@tenant.command("list")
@JSON
@with_instance
def list_(instance: OpenedService, as_json: bool) -> None:
    """List tenants.

    \b
    Example:
      reticket tenant list
    """
    show(_rows(instance), ("id", "name"), as_json)


def _rows(instance: OpenedService) -> Iterator[Mapping[str, Any]]:
    after = INT32.start - 1
    while lines := instance.directory.tenants.page(after):
        yield from map(asdict, lines)
        after = lines[-1].id


COMMANDS = (tenant,)
