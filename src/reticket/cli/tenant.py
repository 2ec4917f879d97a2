"""`reticket tenant`: tenants. Their sites and catalogs come by `reticket seed`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import click

from reticket.cli.context import JSON, rfc3339, show, with_instance
from reticket.cli.group import Group
from reticket.core.people import Tenant
from reticket.directory.errors import NotFound
from reticket.directory.forms import INT32
from reticket.runtime.opened_service import OpenedService


@click.group(cls=Group)
def tenant() -> None:
    """Add, list, show and remove tenants."""


@tenant.command()
@click.argument("tenant_id", type=int)
@click.option("--name")
@click.option("--domain")
@click.option("--dev", is_flag=True, help="A development tenant.")
@with_instance
def add(
    instance: OpenedService, tenant_id: int, name: str | None, domain: str | None, dev: bool
) -> None:
    """Add a tenant.

    \b
    Example:
      reticket tenant add 1003 --name "Acme Asia" --domain t1003.example.com
    """
    instance.directory.tenants.add(
        Tenant(
            id=tenant_id,
            name=name,
            domain=domain,
            is_dev_tenant=dev,
            is_unified=False,
            expiry=None,
            attributes=(),
            master_catalogs=(),
            sites=(),
        )
    )
    instance.record_change("tenant_added", tenant=tenant_id)


@tenant.command("show")
@click.argument("tenant_id", type=int)
@with_instance
def show_one(instance: OpenedService, tenant_id: int) -> None:
    """Print a tenant with its sites and catalogs, as JSON.

    \b
    Example:
      reticket tenant show 1000
    """
    found = instance.directory.tenant(tenant_id)
    if found is None:
        raise NotFound(f"There is no tenant {tenant_id}.")
    show([asdict(found)], (), as_json=True)


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
    show(_rows(instance), ("id", "name", "domain", "is_dev_tenant", "expiry"), as_json)


def _rows(instance: OpenedService) -> Iterator[Mapping[str, Any]]:
    after = INT32.start - 1
    while lines := instance.directory.tenants.page(after):
        for line in lines:
            yield asdict(line) | {"expiry": rfc3339(line.expiry)}
        after = lines[-1].id


COMMANDS = (tenant,)
