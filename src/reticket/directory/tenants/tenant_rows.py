"""A tenant with all that hangs on it, from rows and into rows, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, select

from reticket.core.people import Attribute, Catalog, MasterCatalog, Site, Tenant
from reticket.directory.parts import Parts, read_parts
from reticket.directory.rows import record_of, row_of
from reticket.directory.tables import (
    catalogs,
    master_catalogs,
    site_attributes,
    sites,
    tenant_attributes,
    tenant_parts,
    tenants,
)


def read_tenant(connection: Connection, tenant_id: int, parts: Parts = ()) -> Tenant | None:
    """The whole record, or None."""
    row = connection.execute(select(tenants).where(tenants.c.id == tenant_id)).one_or_none()
    if row is None:
        return None
    return record_of(
        Tenant,
        row,
        attributes=_attributes(_parts(connection, tenant_attributes, tenant_id)),
        master_catalogs=_master_catalogs(connection, tenant_id),
        sites=_sites(connection, tenant_id),
        parts=read_parts(connection, tenant_parts, tenant_id, parts),
    )


def _parts(connection: Connection, table: Table, tenant_id: int) -> Sequence[Row[Any]]:
    statement = select(table).where(table.c.tenant_id == tenant_id).order_by(table.c.position)
    return connection.execute(statement).all()


def _attributes(rows: Iterable[Row[Any]]) -> tuple[Attribute, ...]:
    return tuple(record_of(Attribute, row) for row in rows)


def _master_catalogs(connection: Connection, tenant_id: int) -> tuple[MasterCatalog, ...]:
    inner = [record_of(Catalog, row) for row in _parts(connection, catalogs, tenant_id)]
    return tuple(
        record_of(
            MasterCatalog,
            row,
            supported_locale_codes=tuple(row.supported_locale_codes),
            catalogs=tuple(c for c in inner if c.master_catalog_id == row.id),
        )
        for row in _parts(connection, master_catalogs, tenant_id)
    )


def _sites(connection: Connection, tenant_id: int) -> tuple[Site, ...]:
    inner = _parts(connection, site_attributes, tenant_id)
    return tuple(
        record_of(Site, row, attributes=_attributes(a for a in inner if a.site_id == row.id))
        for row in _parts(connection, sites, tenant_id)
    )


def insert_tenant(connection: Connection, tenant: Tenant) -> None:
    """Write a record whose id is new."""
    connection.execute(insert(tenants), row_of(tenants, tenant))
    _insert(
        connection,
        tenant_attributes,
        _numbered(tenant_attributes, tenant.attributes, tenant_id=tenant.id),
    )
    _insert(connection, master_catalogs, _master_catalog_rows(tenant))
    inner = [catalog for master in tenant.master_catalogs for catalog in master.catalogs]
    _insert(connection, catalogs, _numbered(catalogs, inner))
    _insert(connection, sites, _numbered(sites, tenant.sites))
    for site in tenant.sites:
        owner = {"tenant_id": tenant.id, "site_id": site.id}
        rows = _numbered(site_attributes, site.attributes, **owner)
        _insert(connection, site_attributes, rows)


def _master_catalog_rows(tenant: Tenant) -> list[dict[str, object]]:
    return [
        row_of(
            master_catalogs,
            master,
            position=position,
            supported_locale_codes=list(master.supported_locale_codes),
        )
        for position, master in enumerate(tenant.master_catalogs)
    ]


def _numbered(table: Table, records: Iterable[object], **more: object) -> list[dict[str, object]]:
    return [
        row_of(table, record, position=position, **more) for position, record in enumerate(records)
    ]


def _insert(connection: Connection, table: Table, rows: Sequence[dict[str, object]]) -> None:
    if rows:
        connection.execute(insert(table), rows)
