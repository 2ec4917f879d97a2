"""What older versions kept of tenants for Kibo, in tables and columns of its own, as parts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, table, text

COLUMNS = ("domain", "is_dev_tenant", "is_unified", "expiry")
TABLES = ("tenant_attributes", "master_catalogs", "catalogs", "sites", "site_attributes")
"""In the order in which older programs read them."""

KEEP = "INSERT INTO tenant_parts (tenant_id, dialect, value) VALUES (:tenant_id, 'kibo', :value)"

_ATTRIBUTE = ("name", "value", "create_by", "create_date", "update_by", "update_date")
_CATALOG = ("id", "name", "default_locale_code", "default_currency_code")
_MASTER_CATALOG = (*_CATALOG, "supported_locale_codes")
_SITE = (
    "id",
    "name",
    "domain",
    "primary_custom_domain",
    "catalog_id",
    "locale_code",
    "currency_code",
    "country_code",
)
_AS_JSON = ("value", "supported_locale_codes")
_TIMES = ("expiry", "create_date", "update_date")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Row = dict[str, Any]


def carry_over(connection: Connection) -> None:
    """Make a part of each tenant."""
    older = {name: _rows(connection, name) for name in TABLES}
    tenants = connection.execute(text("SELECT * FROM tenants")).mappings().all()
    rows = [
        {"tenant_id": each["id"], "value": json.dumps(_part_of(dict(each), older))}
        for each in tenants
    ]
    if rows:  # all at once: programs wait for the locks
        connection.execute(text(KEEP), rows)


def _rows(connection: Connection, name: str) -> Mapping[int, list[Row]]:
    """The rows of a table in their order, by the tenant."""
    statement = select(text("*")).select_from(table(name)).order_by(text("position"))
    found: dict[int, list[Row]] = defaultdict(list)
    for row in connection.execute(statement).mappings():
        found[row["tenant_id"]].append(dict(row))
    return found


def _part_of(tenant: Row, older: Mapping[str, Mapping[int, list[Row]]]) -> Row:
    mine = {name: rows.get(tenant["id"], []) for name, rows in older.items()}
    flags = {name: bool(tenant[name]) for name in ("is_dev_tenant", "is_unified")}
    return {
        **_said(tenant, ("domain", "expiry")),
        **flags,
        "attributes": [_said(each, _ATTRIBUTE) for each in mine["tenant_attributes"]],
        "master_catalogs": [
            {
                **_said(each, _MASTER_CATALOG),
                "catalogs": [
                    _said(inner, _CATALOG)
                    for inner in _of(mine["catalogs"], master_catalog_id=each["id"])
                ],
            }
            for each in mine["master_catalogs"]
        ],
        "sites": [
            {
                **_said(each, _SITE),
                "attributes": [
                    _said(inner, _ATTRIBUTE)
                    for inner in _of(mine["site_attributes"], site_id=each["id"])
                ],
            }
            for each in mine["sites"]
        ],
    }


def _of(rows: Iterable[Row], **owner: int) -> list[Row]:
    return [row for row in rows if owner.items() <= row.items()]


def _said(row: Row, members: Sequence[str]) -> Row:
    return {member: _value(member, row[member]) for member in members}


def _value(member: str, stored: Any) -> Any:
    if stored is None:
        return None
    if member in _AS_JSON:
        return json.loads(stored)
    return _time(stored) if member in _TIMES else stored


def _time(milliseconds: int) -> str:
    """The time as answers have it."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
