"""Converts between records and rows: members and columns with the same name correspond."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Row, Table

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")


def credential_version_of(row: Row[Any]) -> int:
    """A number that differs for every secret and registration under that id. A row of an older
    version of reticket has the time of its creation.
    """
    return int(row.credential_version or row.created_at)


def record_of(kind: type[R], row: Row[Any], **more: object) -> R:
    """A record whose members are the row's columns, except for the given ones."""
    columns = row._mapping
    read = {f.name: columns[f.name] for f in fields(kind) if f.name not in more}
    return kind(**read, **more)


def row_of(table: Table, record: object, **more: object) -> dict[str, object]:
    """A row's columns from the record's members, except for the given ones."""
    read = {c.name: getattr(record, c.name) for c in table.columns if c.name not in more}
    return {**read, **more}
