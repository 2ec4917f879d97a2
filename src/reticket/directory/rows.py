"""Between records and rows: members and columns of the same name are the same thing."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Row, Table

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")


def version_of_secret(secret_hash: str) -> int:
    """Another number with every secret."""
    return int.from_bytes(hashlib.sha256(secret_hash.encode()).digest()[:6], "big")


def record_of(kind: type[R], row: Row[Any], **more: object) -> R:
    """A record whose members are the row's columns, but for those given."""
    columns = row._mapping
    read = {f.name: columns[f.name] for f in fields(kind) if f.name not in more}
    return kind(**read, **more)


def row_of(table: Table, record: object, **more: object) -> dict[str, object]:
    """The columns of a row whose values are the record's members, but for those given."""
    read = {c.name: getattr(record, c.name) for c in table.columns if c.name not in more}
    return {**read, **more}
