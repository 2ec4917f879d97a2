"""Converts between records and rows: members and columns with the same name correspond. Reads the
rows of many keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Column, Connection, Row, Select, Table, select

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")

AT_ONCE = 500
"""Keys in one statement."""


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


def found_rows(
    connection: Connection, statement: Select[Any], column: Column[Any], keys: Iterable[object]
) -> Iterator[Row[Any]]:
    """The rows of a statement whose column has one of the keys."""
    for some in pieces(sorted(set(keys), key=repr)):
        yield from connection.execute(statement.where(column.in_(some)))


def present(connection: Connection, column: Column[Any], keys: Iterable[object]) -> set[object]:
    """Those keys that the column has."""
    return {row[0] for row in found_rows(connection, select(column), column, keys)}


def pieces(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The keys, as many at a time as one statement takes."""
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
